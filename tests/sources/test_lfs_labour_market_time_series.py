"""Labour market series: rates and levels that follow from each other, averages dated by their middle month.

The small table restates the North West and the country, March to May 2026, and jobs of March 2026; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.ons_kit import UK, assert_accounted, good, remarks, staged_series

SOURCE = "ons/lfs_labour_market_time_series"
NORTH_WEST = "E12000002"
SURVEY = {
    "LF3D": ("LFS: Economic activity rate: North West (GOR): Aged 16-64: All: %: SA", 78.4),
    "LF5A": ("LFS: Economic inactivity rate: North West: Aged 16-64: All: %: SA", 21.6),
    "LF3Q": ("LFS: Employment rate: North West (GOR): Aged 16-64: All: %: SA", 74.6),
    "YCHQ": ("LFS: Economically active: North West (GOR): All: Thousands: SA", 3985),
    "YCIQ": ("LFS: Economically active: North West (GOR): Male: Thousands: SA", 2050),
    "YCJD": ("LFS: Economically active: North West (GOR): Female: Thousands: SA", 1935),
    "YCJQ": ("LFS: In employment: North West (GOR): All: Thousands: SA", 3794),
    "YCKQ": ("LFS: In employment: North West (GOR): Male: Thousands: SA", 1928),
    "YCLQ": ("LFS: In employment: North West (GOR): Female: Thousands: SA", 1866),
    "YCMQ": ("LFS: ILO unemployed: North West (GOR): All: Thousands: SA", 191),
    "YCNQ": ("LFS: ILO unemployed: North West (GOR): Male: Thousands: SA", 122),
    "YCOQ": ("LFS: ILO unemployed: North West (GOR): Female: Thousands: SA", 69),
    "YCND": ("LFS: ILO unemployment rate: North West (GOR): All: %: SA", 4.8),
    "LF22": ("LFS: Economic activity rate: UK: All: Aged 16-64 (%): SA", 79.1),
    "YCAG": ("LFS: Economic activity rate: UK: All: Aged 16-17: %: SA", 29.7),
    "MGWG": ("LFS: Economic activity rate: UK: All: All aged 16 and over: %: SA", 63.9),
    "YCVC": ("LFS: Employment rate: Aged 16-24: UK: All: %: NSA", 50.0),
}
SECTIONS = {
    "A": 355, "B": 55, "C": 2482, "D": 147, "E": 244, "F": 2321, "G": 4629, "H": 1918, "I": 2614, "J": 1577, "K": 1112,
    "L": 728, "M": 3492, "N": 2995, "O": 1794, "P": 3137, "Q": 5090, "R": 1104, "S": 980, "T": 61,
}  # fmt: skip
REGIONS = {
    "North East": 1236, "North West": 3984, "Yorkshire & the Humber": 2872, "East Midlands": 2515, "West Midlands": 3000,
    "East of England": 3339, "London": 6466, "South East": 5063, "South West": 3103, "England": 31578,
}  # fmt: skip
Names = dict[str, tuple[str, float]]


def jobs() -> Names:
    made: Names = {f"S{c}": (f"UK Workforce Jobs SA : {c} Section {c} (thousands)", n) for c, n in SECTIONS.items()}
    made |= {name: (f"Workforce jobs SA : {name} (thousands)", n) for name, n in REGIONS.items()}
    made["DYDC"] = ("UK Workforce Jobs SA : Total (thousands)", 36834)
    return made


def staged(survey: Names, quarterly: Names, folder: Path) -> Staged:
    april, first_quarter = date(2026, 4, 1), date(2026, 1, 1)
    rows = [(code, name, figure, "m", april) for code, (name, figure) in survey.items()]
    rows += [(code, name, figure, "q", first_quarter) for code, (name, figure) in quarterly.items()]
    rows.append(("LF3D", SURVEY["LF3D"][0], 78.0, "a", first_quarter))
    return staged_series("LMS", rows, folder)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged(SURVEY, jobs(), tmp_path_factory.mktemp("file"))


def test_an_average_dated_april_is_of_march_to_may(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select indicator_id, age, value, period_start, period_end from figures "
        f"where area_code = '{NORTH_WEST}' and sex = '_T' and ends_with(indicator_id, '_rate') order by 1",
    )
    spring = (date(2026, 3, 1), date(2026, 5, 31))
    assert [tuple(r.values()) for r in rows] == [
        ("lfs_activity_rate", "16-64", 78.4, *spring),
        ("lfs_employment_rate", "16-64", 74.6, *spring),
        ("lfs_inactivity_rate", "16-64", 21.6, *spring),
        ("lfs_unemployment_rate", "_T", 4.8, *spring),
    ]


def test_levels_are_people_and_rates_of_all_ages_the_total(file: Staged) -> None:
    sql = f"select value from figures where area_code = '{NORTH_WEST}' and sex = '{{}}' and indicator_id = '{{}}'"
    assert file.one(SOURCE, sql.format("_T", "lfs_economically_active")) == (3794 + 191) * 1000
    assert file.one(SOURCE, sql.format("F", "lfs_in_employment")) == (3794 - 1928) * 1000
    uk = f"select age, value from figures where area_code = '{UK}' and indicator_id = 'lfs_activity_rate' order by 1"
    assert [tuple(r.values()) for r in file.ask(SOURCE, uk)] == [("16-17", 29.7), ("16-64", 79.1), ("_T", 63.9)]


def test_jobs_of_sections_and_of_regions_add_up_within_rounding(file: Staged) -> None:
    sql = "select sum(value) from figures where indicator_id = 'workforce_jobs' and {}"
    goods, services = 355 + 55 + 2482 + 147 + 244 + 2321, 31230  # services as the publisher prints them
    assert file.one(SOURCE, sql.format("length(industry) = 1")) == (goods + services + 1) * 1000
    assert file.one(SOURCE, sql.format(f"area_code = '{UK}' and industry = '_T'")) == (goods + services) * 1000
    assert file.one(SOURCE, sql.format("area_code like 'E12%'")) == 31_578_000


def test_other_series_and_frequencies_are_ignored(file: Staged) -> None:
    (account,) = file.accounts(SOURCE).values()
    assert sorted(account["ignored"].values()) == [1, 1]
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.parametrize(
    ("code", "figure", "rule"),
    [
        ("LF5A", 28.4, "active_and_inactive.are_all"),
        ("YCMQ", 291, "employed_and_unemployed.are_active"),
        ("YCND", 8.4, "unemployment_rate.follows_from_levels"),
        ("YCKQ", 1828, "men_and_women.are_all_people"),
        ("YCLQ", 1866.5, "levels.are_whole_thousands"),
    ],
)
def test_a_fault_in_the_survey_is_told(tmp_path: Path, code: str, figure: float, rule: str) -> None:
    survey = {**SURVEY, code: (SURVEY[code][0], figure)}
    assert rule in remarks(staged(survey, jobs(), tmp_path), SOURCE)


@pytest.mark.parametrize(
    ("code", "figure", "rule"),
    [("SQ", 509, "sections.add_to_all_jobs"), ("London", 646, "regions.add_to_england")],
)
def test_a_fault_in_jobs_stops_the_file(tmp_path: Path, code: str, figure: float, rule: str) -> None:
    quarterly = jobs()
    quarterly[code] = (quarterly[code][0], figure)
    assert rule in remarks(staged(SURVEY, quarterly, tmp_path), SOURCE)


def test_an_age_that_nobody_declared_is_no_total(tmp_path: Path) -> None:
    survey = {**SURVEY, "XXXX": ("LFS: Employment rate: UK: All: Aged 55-64: %: SA", 66.0)}
    (outcome,) = staged(survey, jobs(), tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped" and "Aged 55-64" in outcome.error


# --- the publisher's file


@pytest.mark.data
def test_the_file_is_accounted_for_and_passes(holdings: Holdings) -> None:
    real = holdings.of(SOURCE)
    used = 142_715 + 5_873  # records of the 374 names: months of the survey, quarters of workforce jobs
    assert_accounted(real, SOURCE, {"2026-07~series": (837_121, used, 0, 837_121 - used)})
    assert good(real, SOURCE) == set()
    sql = (
        "select value from figures where indicator_id = '{}' and area_code = '{}' and age = '{}' and sex = '_T' "
        "and industry = '{}' and period_end = date '{}'"
    )
    for *key, figure in (
        ("lfs_activity_rate", NORTH_WEST, "16-64", "_T", "2026-05-31", 78.4),  # record 836077
        ("lfs_activity_rate", UK, "50-64", "_T", "2026-05-31", 74.5),  # record 836042
        ("lfs_unemployed", NORTH_WEST, "_T", "_T", "2026-05-31", 191_000),  # record 836873
        ("workforce_jobs", NORTH_WEST, "_T", "_T", "2026-03-31", 3_984_000),  # record 267214
        ("workforce_jobs", UK, "_T", "C", "2026-03-31", 2_482_000),  # record 267195
    ):
        assert real.one(SOURCE, sql.format(*key)) == figure
    months = "select count(*) from figures where indicator_id = 'lfs_activity_rate' and area_code = '{}'"
    assert real.one(SOURCE, months.format(NORTH_WEST)) == 409  # March 1992 to May 2026 without a gap
