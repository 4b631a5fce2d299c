"""The datasets of Nomis that our queries ask for, small, with the publisher's own descriptions of codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

from tests.pipeline.files import DISTRICTS
from tests.replay.nomis import Codes, Dataset

AREAS = (*DISTRICTS, "E12000002", "E92000001", "K02000001")
WITH_WHOLE = (*AREAS, "Lancashire")
VALUE = {"20100": "Value"}
PAIR = {"20100": "Value", "20701": "Confidence"}
#: What a figure is, from the descriptions of its codes and its measure.
Figure = Callable[[tuple[str, ...]], str]


def dataset(
    dimensions: Mapping[str, Codes],
    times: Mapping[str, str],
    figure: Figure,
    areas: tuple[str, ...] = AREAS,
    measures: Codes = VALUE,
    time_dimension: str = "date",
) -> Dataset:
    """Return a dataset in which every area and time has the same figures."""
    figures = {
        (area, time, *names, measure): figure((*names, measure))
        for area, time, names, measure in product(
            areas, times, list(product(*(d.values() for d in dimensions.values()))), measures.values()
        )
    }
    return Dataset(dimensions, figures, times, measures, time_dimension=time_dimension)


def numbered(*descriptions: str, first: int = 0) -> Codes:
    return {str(first + i): text for i, text in enumerate(descriptions)}


def survey() -> Dataset:
    """10,000 people in each cell, plus or minus 1,100; industries that no table asks for are there too."""
    cells = numbered(
        "T01:22 (Aged 16-64 - All : All People )",
        "T01:23 (Aged 16-64 - All : Males )",
        "T01:25 (Aged 16-64 - Economically active : All People )",
        "T01:28 (Aged 16-64 - In employment : All People )",
        "T01:31 (Aged 16-64 - Employees : All People )",
        "T01:34 (Aged 16-64 - Self Employed : All People )",
        "T01:37 (Aged 16-64 - Unemployed : All People )",
        "T01:40 (Aged 16-64 - Inactive : All People )",
        *(f"T09b:{1 + 3 * i} (All people - {name} (SOC2020) : All people )" for i, name in enumerate(OCCUPATIONS)),
        "T09b:2 (All people - Corporate Managers and Directors (SOC2020) : Full-time )",
        *(f"T13a:{1 + 3 * i} ({name} (SIC 2007) : All people )" for i, name in enumerate(INDUSTRIES)),
        "T13a:8 (C Manufacturing (SIC 2007) : Males )",
        "T19a:1 (Total - All people aged 16-64 : RQF4 )",
        "T19a:2 (Total - All people aged 16-64 : RQF3 )",
        "T19a:3 (Total - Males aged 16-64 : RQF3 )",
        first=402720769,
    )
    times = {
        f"{y}-{m:02d}": f"{_ROLLING[m]}".format(y - (m != 12), y) for y in range(2022, 2026) for m in (3, 6, 9, 12)
    }
    made = dataset({"cell": cells}, times, lambda n: "1100" if n[-1] == "Confidence" else "10000", WITH_WHOLE, PAIR)
    small = ("E07000124", "2025-12", "T01:37 (Aged 16-64 - Unemployed : All People )")
    unknown = "Estimate and confidence interval not available since the group sample size is zero or disclosive (0-2)"
    for measure in PAIR.values():
        made.figures[*small, measure] = ""  # type: ignore[index]
        made.statuses[*small, measure] = unknown  # type: ignore[index]
    return made


OCCUPATIONS = (
    "Corporate Managers and Directors",
    "Other Managers and Proprietors",
    "Science, Research, Engineering and Technology Professionals",
    "Health Professionals",
    "Teaching and Other Educational Professionals",
    "Business, Media and Public Service Professionals",
    "Science, Engineering and Technology Associate Professionals",
    "Health and Social Care Associate Professionals",
    "Protective Service Occupations",
    "Culture, Media and Sports Occupations",
    "Business and Public Service Associate Professionals",
    "Administrative Occupations",
    "Secretarial and Related Occupations",
    "Skilled Agricultural and Related Trades",
    "Skilled Metal, Electrical and Electronic Trades",
    "Skilled Construction and Building Trades",
    "Textiles, Printing and Other Skilled Trades",
    "Caring Personal Service Occupations",
    "Leisure, Travel and Related Personal Service Occupations",
    "Community And Civil Enforcement Occupations",
    "Sales Occupations",
    "Customer Service Occupations",
    "Process, Plant and Machine Operatives",
    "Transport and Mobile Machine Drivers and Operatives",
    "Elementary Trades and Related Occupations",
    "Elementary Administration and Service Occupations",
)
INDUSTRIES = (
    "A Agricuture & fishing",
    "B,D,E Energy & water",
    "C Manufacturing",
    "F Construction",
    "G,I Distribution, hotels & restaurants",
    "H,J Transport & Communication",
    "K-N Banking finance & insurance etc.",
    "O-Q Public admin education & health",
    "R-U Other services",
    "G-Q Total services",
)
#: The divisions of SIC 2007: what lies between these numbers is not used.
_GAPS = (4, 34, 40, 44, 48, 54, 57, 67, 76, 83, 89)
DIVISIONS = tuple(n for n in range(1, 100) if n not in _GAPS)
_ROLLING = {3: "Apr {}-Mar {}", 6: "Jul {}-Jun {}", 9: "Oct {}-Sep {}", 12: "Jan {}-Dec {}"}


def jobs() -> Dataset:
    """500 jobs in each division; the list holds a section and a broad group as well."""
    industries = numbered(
        "A : Agriculture, forestry and fishing",
        "10 : Information & communication (J)",
        *(f"{n:02d} : Division {n}" for n in DIVISIONS),
        first=146800641,
    )
    dimensions = {"employment_status": {"4": "Employment"}, "measure": {"1": "Count"}, "industry": industries}
    return dataset(dimensions, years(2019, 2024), lambda n: "500", WITH_WHOLE)


def years(first: int, last: int) -> dict[str, str]:
    return {str(y): str(y) for y in range(first, last + 1)}


def pay(weekly: str, yearly: str) -> Dataset:
    """So many pounds a week and a year, with a coefficient of variation of 4.5 per cent."""
    dimensions = {
        "sex": {"7": "Total", "8": "Full Time Workers"},
        "item": {"2": "Median", "4": "Mean"},
        "pay": {"1": "Weekly pay - gross", "7": "Annual pay - gross"},
    }

    def figure(names: tuple[str, ...]) -> str:
        return "4.5" if names[-1] == "Confidence" else weekly if names[2].startswith("Weekly") else yearly

    return dataset(dimensions, years(2023, 2026), figure, measures=PAIR)


def enterprises() -> Dataset:
    """5,000 enterprises in each of two industries, 4,500 of them micro and 500 small."""
    sizes = {
        "0": "Total",
        "10": "Micro (0 to 9)",
        "20": "Small (10 to 49)",
        "30": "Medium-sized (50 to 249)",
        "40": "Large (250+)",
    }
    industries = numbered(
        "Total",
        "3 : Manufacturing (C)",
        "5 : Motor trades (Part G)",
        "10 : Manufacture of food products",
        first=37748736,
    )
    counts = {"Total": "5000", "Micro (0 to 9)": "4500", "Small (10 to 49)": "500"}
    dimensions = {"legal_status": {"0": "Total"}, "industry": industries, "employment_sizeband": sizes}
    return dataset(dimensions, years(2020, 2026), lambda n: counts.get(n[2], "0"))


def density() -> Dataset:
    """40,000 jobs, 0.8 for each resident of working age: 50,000 residents."""
    items = {"1": "Total jobs", "2": "Numerator", "3": "Jobs density"}
    return dataset({"item": items}, years(2019, 2024), lambda n: "0.8" if n[0] == "Jobs density" else "40000")


def people(projected: bool = False) -> Dataset:
    """2,000 people of each of 90 single years and of 90 and over, half of them men: 182,000."""
    ages = {
        "200": "All Ages",
        "203": "Aged 16 to 64",
        **{str(101 + n): f"Age {n}" for n in range(90)},
        "191": "Aged 90+",
    }
    genders = {"0": "Total", "1": "Male", "2": "Female"}

    def figure(names: tuple[str, ...]) -> str:
        size = 182_000 if names[1] == "All Ages" else 2_000
        return str(size if names[0] == "Total" else size // 2)

    times = years(2025, 2040) if projected else years(2022, 2025)
    kind = "projected_year" if projected else "date"
    return dataset({"gender": genders, "c_age": ages}, times, figure, time_dimension=kind)


def census(dimension: str, *descriptions: str, codes: Codes | None = None) -> Dataset:
    """50,000 residents of each category."""
    return dataset({dimension: codes or numbered(*descriptions)}, {"2021": "2021"}, lambda n: "50000")


_WORKERS = "Total: All usual residents aged 16 years and over in employment the week before the census"


def datasets() -> dict[str, Dataset]:
    """Return the datasets by their ids, without that of claimants."""
    activity = {
        "0": "Total: All usual residents aged 16 years and over",
        "1001": "Economically active",
        "7": "Unemployed",
    }
    return {
        "NM_17_1": survey(),
        "NM_189_1": jobs(),
        "NM_30_1": pay("600.0", "31000"),
        "NM_99_1": pay("580.0", "30000"),
        "NM_142_1": enterprises(),
        "NM_57_1": density(),
        "NM_2002_1": people(),
        "NM_2006_1": people(projected=True),
        "NM_2077_1": census("c2021_ind_88", _WORKERS, "10 Manufacture of food products", "C Manufacturing"),
        "NM_2080_1": census("c2021_occ_10", _WORKERS, "1. Managers, directors and senior officials"),
        "NM_2083_1": census("c2021_eastat_20", codes=activity),
        "NM_2084_1": census("c2021_hiqual_8", "Total: All usual residents aged 16 years and over", "No qualifications"),
    }
