"""National series: known by identifier and name, three frequencies of which months count, averages dated by their middle.

The small table restates May 2026; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.ons_kit import UK, assert_accounted, good, remarks, staged_series

SOURCE = "ons/claimant_count_vacancies_uk"
REGIONS = {
    "DPCF": ("E12000001 North East", 63.1),
    "IBWB": ("E12000002 North West", 198.8),
    "BCKB": ("E12000003 Yorkshire and The Humber", 143.2),
    "BCKC": ("E12000004 East Midlands", 108.6),
    "BCKG": ("E12000005 West Midlands", 199.2),
    "DPCI": ("E12000006 East", 130.2),
    "DPCJ": ("E12000007 London", 347.6),
    "DPCK": ("E12000008 South East", 183.9),
    "BCKF": ("E12000009 South West ", 97.2),
    "BCKI": ("W92000004 Wales ", 64.1),
    "BCKJ": ("S92000003 Scotland", 108.1),
    "BCKK": ("N92000002 Northern Ireland", 33.2),
}
SECTIONS = {
    "JP9H": 1, "JP9I": 48, "JP9J": 3, "JP9K": 7, "JP9L": 34, "JP9M": 87, "JP9N": 32, "JP9O": 71, "JP9P": 41, "JP9Q": 32,
    "JP9R": 10, "JP9S": 70, "JP9T": 52, "JP9U": 29, "JP9V": 47, "JP9W": 121, "JP9X": 14, "JP9Y": 14,
}  # fmt: skip
SIZES = {"ALY5": 98, "ALY6": 101, "ALY7": 105, "ALY8": 168, "ALY9": 240}
Series = dict[str, tuple[str, float]]


def series() -> Series:
    """Return identifier -> name and figure of May 2026."""
    made: Series = {
        code: (f"Claimant Count : {area} : People : NSA : Thousands", n) for code, (area, n) in REGIONS.items()
    }
    for code, sex, figure in (("BCJA", "People", 1677.3), ("DPAA", "Men", 946.1), ("DPAB", "Women", 731.2)):
        made[code] = (f"Claimant Count : K02000001 UK : {sex} : NSA : Thousands", figure)
    made["GEZR"] = (
        "Claimant Count : K02000001 UK : Women : All ages : Computerised claims only : NSA : Thousands",
        731,
    )
    made["MGSC"] = ("LFS: Unemployed: UK: All: Aged 16+: 000s: SA: Annual = 4 quarter average", 1800)
    made |= {code: (f"UK Job Vacancies (thousands) - {code}", figure) for code, figure in SECTIONS.items()}
    made |= {code: (f"UK Vacancies by size of enterprise - {code} (thousands)", n) for code, n in SIZES.items()}
    made["JP9Z"] = ("UK Job Vacancies (thousands) - Total Services", 620)
    made["AP2Y"] = ("UK Vacancies (thousands) - Total", 712)
    made["JPA3"] = ("UK Job Vacancies ratio per 100 emp jobs - Manufacturing", 2.0)
    made["JPC5"] = ("Number of unemployed people per vacancy (UK exc Agriculture, Forestry & Fishing)", 2.5)
    return made


def staged(held: Series, folder: Path) -> Staged:
    month = date(2026, 5, 1)
    rows = [(code, name, figure, "m", month) for code, (name, figure) in held.items()]
    quarter = ("AP2Y", "UK Vacancies (thousands) - Total", 713.0, "q", month)
    return staged_series("UNEM", [*rows, quarter], folder)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged(series(), tmp_path_factory.mktemp("file"))


def test_vacancies_by_section_and_by_size_are_told_apart_and_add_up(file: Staged) -> None:
    sql = "select sum(value) from figures where indicator_id = 'vacancies' and {}"
    assert file.one(SOURCE, sql.format("detail <> '_T'")) == (98 + 101 + 105 + 168 + 240) * 1000
    assert file.one(SOURCE, sql.format("industry = '_T' and detail = '_T'")) == 712_000
    assert file.one(SOURCE, sql.format("length(industry) = 1")) == 713_000  # each rounded to a thousand
    assert file.one(SOURCE, sql.format("industry between 'G' and 'S' and length(industry) = 1")) == 620_000


def test_a_month_is_a_month_for_claimants_and_the_middle_of_three_for_vacancies(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select indicator_id, value, period_start, period_end from figures where industry = '_T' and detail = '_T' "
        f"and sex = '_T' and area_code = '{UK}' order by 1",
    )
    spring = (date(2026, 4, 1), date(2026, 6, 30))
    assert [tuple(r.values()) for r in rows] == [
        ("region_claimants", pytest.approx(1_677_300), date(2026, 5, 1), date(2026, 5, 31)),
        ("unemployed_per_vacancy", 2.5, *spring),
        ("vacancies", 712_000, *spring),
    ]


def test_other_series_and_frequencies_are_ignored_each_for_its_reason(file: Staged) -> None:
    (account,) = file.accounts(SOURCE).values()
    assert sorted(account["ignored"].values()) == [1, 1, 1]
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.parametrize(
    ("code", "figure", "rule"),
    [
        ("JP9W", 12.1, "sections.add_to_all_vacancies"),
        ("ALY9", 140.0, "sizes.add_to_all_vacancies"),
        ("IBWB", 98.8, "regions_and_countries.are_the_kingdom"),
        ("DPAA", 731.2, "men_and_women.are_all_claimants"),
    ],
)
def test_a_fault_stops_the_file(tmp_path: Path, code: str, figure: float, rule: str) -> None:
    held = series()
    held[code] = (held[code][0], figure)
    assert rule in remarks(staged(held, tmp_path), SOURCE)


@pytest.mark.parametrize(
    "name", ["Redundancies : UK : Thousands", "UK Job Vacancies (thousands) - Households as employers"]
)
def test_a_series_that_nobody_declared_stops_the_file(tmp_path: Path, name: str) -> None:
    (outcome,) = staged({**series(), "XXXX": (name, 100.0)}, tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped" and name in outcome.error


# --- the publisher's file


@pytest.mark.data
def test_the_file_is_accounted_for_and_passes(holdings: Holdings) -> None:
    real = holdings.of(SOURCE)
    ignored = 9348 + 38276 + 34728 + 663  # years, quarters, other claimants, unemployment of the survey
    assert_accounted(real, SOURCE, {"2026-07~series": (168_561, 168_561 - ignored, 0, ignored)})
    assert good(real, SOURCE) == set()
    sql = "select value from figures where indicator_id = '{}' and period_start = date '{}' and sex = '{}' and industry = '{}'"
    figure = pytest.approx(1_697_200)
    assert (
        real.one(SOURCE, sql.format("region_claimants", "2026-06-01", "_T", "_T") + f" and area_code = '{UK}'")
        == figure
    )
    assert real.one(SOURCE, sql.format("vacancies", "2026-03-01", "_T", "C")) == 51_000  # record 168120
    assert real.one(SOURCE, sql.format("vacancy_ratio", "2026-04-01", "_T", "C")) == 2.0  # record 168336
    assert real.one(SOURCE, sql.format("unemployed_per_vacancy", "2026-03-01", "_T", "_T")) == 2.5  # record 168157
    women = sql.format("region_claimants", "2026-06-01", "F", "_T") + f" and area_code = '{UK}'"
    assert real.one(SOURCE, women) == pytest.approx(740_100)  # record 168433
