"""Every row of the method's external checks against the committed baseline's build, with the tolerance stated there.

A row that the figures at hand cannot answer says which figure is missing, and its test fails on the day that figure is
there: so no row is passed over for good. Rows that we do not meet are listed with the reason and are tested to be unmet.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pipeline.builds import AREA, Built
from tests.test_published import DEMAND, GROUPS, LEVEL_4_UP, MEASURES

LEVEL, SPAN = 0.03, 0.05  # "tolerance 3%", "within 5%", as the table says
DIVISIONS = {"Other transport equipment (aerospace) jobs": "30", "Food products manufacture jobs": "10",
             "Fabricated metal jobs": "25"}  # fmt: skip


def jobs_total(built: Built, year: int) -> float:
    return built.one(
        """select jobs_p50 from demand_by_industry where area_code = ? and code_level = 'total' and scenario = 'rebased'
           and year = ?""",
        [AREA, year],
    )


def register(built: Built, year: int, *divisions: str) -> float:
    """Register employment of divisions, or of all, whose codes begin so."""
    wanted = " or ".join(f"starts_with(industry, '{d}')" for d in divisions) or "true"
    return built.one(
        f"select sum(value) from bres_employment_by_division where area_code = ? and year = ? and ({wanted})",
        [AREA, year],
    )


def lifted(built: Built, year: int) -> float:
    """Register jobs times the lift of each industry, which adds the self-employed (D1); farms as officially projected."""
    lift = built.ask("select max(year) from bres_employment_by_division where area_code = ?", [AREA])[0][0]
    base = register(built, lift)
    return register(built, year) * jobs_total(built, lift) / base


def official(built: Built, words: str, first: int, last: int) -> float:
    measure, _, group = words.partition(": ")
    breakdown, code = GROUPS[group]
    mart, column = DEMAND[breakdown]
    return built.one(
        f"""select sum(official_{MEASURES[measure]}) from {mart} where area_code = ? and scenario = 'rebased'
            and code_level = ? and {column} = ? and year between ? and ?""",
        [AREA, breakdown, code, first, last],
    )


def rank_among_sectors(built: Built, words: str) -> tuple[float, int]:
    """The official change of a sector over the span, and its rank among the six, largest first."""
    names = [n for n, (b, _) in GROUPS.items() if b == "sector6"]
    found = {n: official(built, f"Net change 2020-35: {n}", 2021, 2035) for n in names}
    mine = words.partition(": ")[2]
    return found[mine], sorted(found, key=lambda n: -found[n]).index(mine)


RANKS = ["Non-marketed services", "Trade, accomod. and transport", "Business and other services", "Construction",
         "Primary sector and utilities", "Manufacturing"]  # fmt: skip


@dataclass(frozen=True)
class Row:
    measure: str
    period: str
    value: str
    area: str
    how: str


def level_check(row: Row, built: Built) -> None:
    year, printed = int(row.period), float(row.value)
    latest = built.one("select max(year) from bres_employment_by_division where area_code = ?", [AREA])
    first = built.one("select min(year) from bres_employment_by_division where area_code = ?", [AREA])
    if year >= latest:
        assert jobs_total(built, year) == pytest.approx(printed, rel=LEVEL)
    elif year >= first:
        assert lifted(built, year) == pytest.approx(printed, rel=LEVEL)
    else:  # before the register: the official history alone can answer
        found = built.one(
            """select jobs from official_projection where area_code = ? and measure = 'jobs' and breakdown = 'total'
               and year(period_start) = ?""",
            [AREA, year],
        )
        assert found == pytest.approx(printed, rel=LEVEL)


def span_check(row: Row, built: Built) -> None:
    assert official(built, row.measure, 2021, 2035) == pytest.approx(float(row.value), rel=SPAN)


def sign_and_rank(row: Row, built: Built) -> None:
    found, rank = rank_among_sectors(built, row.measure)
    assert (found > 0) == (float(row.value) > 0)
    assert RANKS[rank] == row.measure.partition(": ")[2]


def held_share(row: Row, built: Built) -> None:
    jobs = dict(built.ask(
        """select code, jobs from official_projection where area_code = ? and breakdown = 'qualification'
           and measure = 'jobs' and year(period_start) = ?""", [AREA, int(row.period)],
    ))  # fmt: skip
    share = 100 * sum(jobs[c] for c in LEVEL_4_UP) / sum(jobs.values())
    assert share == pytest.approx(float(row.value), abs=0.05)


def manufacturing_share(row: Row, built: Built) -> None:
    """Printed for 2023; the register at hand ends in 2021, so a point either way is allowed."""
    made = [str(d) for d in range(10, 34)]
    assert 100 * register(built, 2021, *made) / register(built, 2021) == pytest.approx(float(row.value), abs=1)


def producer_services_share(row: Row, built: Built) -> None:
    """Information and communication, professional, finance: sections J, M and K; printed for 2023, a point allowed."""
    codes = [str(d) for d in (*range(58, 64), *range(64, 67), *range(69, 76))]
    assert 100 * register(built, 2021, *codes) / register(built, 2021) == pytest.approx(float(row.value), abs=1)


def manufacturing_2014(row: Row, built: Built) -> None:
    """The register at hand begins a year later and on a wider frame: a tenth is allowed."""
    assert register(built, 2015, *[str(d) for d in range(10, 34)]) == pytest.approx(float(row.value), rel=0.1)


def division_2014(row: Row, built: Built) -> None:
    assert register(built, 2015, DIVISIONS[row.measure]) == pytest.approx(float(row.value), rel=0.1)


def aerospace(row: Row, built: Built) -> None:
    found = built.one(
        "select jobs from sector_profile where area_code = ? and sector_id = 'aerospace' and year = 2015", [AREA]
    )
    assert found == pytest.approx(float(row.value), rel=0.1)


def food_and_drink(row: Row, built: Built) -> None:
    assert register(built, 2015, "10", "11") == pytest.approx(float(row.value), rel=0.1)


def replacement_of_the_round_before(row: Row, built: Built) -> None:
    """Order of magnitude only: ten years of ours, between a third and three times the older round."""
    found = built.one(
        """select sum(replacement) from demand_by_sector where area_code = ? and sector_id = 'advanced_manufacturing'
           and scenario = 'rebased' and year between 2022 and 2031""",
        [AREA],
    )
    assert float(row.value) / 3 < found < float(row.value) * 3


def energy_cannot_be_rebuilt(row: Row, built: Built) -> None:
    """Unmet, as METHODOLOGY 11.5 says: no industry codes add to the 40,000 claimed; sections D and E hold about 7,400."""
    found = built.one(
        "select jobs from sector_profile where area_code = ? and sector_id = 'energy_and_environment' and year = 2015",
        [AREA],
    )
    assert 7_000 < found < float(row.value) / 4


def creative_industries(row: Row, built: Built) -> None:
    """36,500 is the creative economy, with creative people elsewhere; the industries are said to be up to 22,000."""
    found = built.one(
        "select jobs from sector_profile where area_code = ? and sector_id = 'creative_industries' and year = 2015",
        [AREA],
    )
    assert 22_000 / 2 < found < 22_000


def workplace_is_not_residence(row: Row, built: Built) -> None:
    assert abs(jobs_total(built, 2021) / float(row.value) - 1) > 0.1


def over_700_000_jobs(row: Row, built: Built) -> None:
    assert jobs_total(built, 2023) > 700_000
    assert "over 700,000" in row.value


def has_no_register_of_2023(row: Row, built: Built) -> None:
    """The register at hand ends before 2023. When it does not, compare here: employees rounded, working owners exact."""
    assert built.one("select max(year) from bres_employment_by_division where area_code = ?", [AREA]) < 2023


def has_no_district_register(row: Row, built: Built) -> None:
    """No register by district is at hand. When one is, compare its employees of 2023 with the printed figure here."""
    assert not built.ask("select 1 from bres_employment_by_division where starts_with(area_code, 'E0') limit 1")


def another_measure_of_value_added(row: Row, built: Built) -> None:
    """Unmet: 3.9bn (15.8 per cent) is the income measure of 2015; today's balanced measure holds a third more, 19 per cent."""
    districts = "starts_with(area_code, 'E0') and year = 2013"
    made = built.one(f"select sum(value) from gva_by_section where {districts} and industry = 'C'")
    whole = built.one(f"select sum(value) from gva_total where {districts}")
    assert 1.3 < made / 1_000 / float(row.value) < 1.4
    assert 100 * made / whole == pytest.approx(19.2, abs=0.1)


def unemployed_of_2017(row: Row, built: Built) -> None:
    """The survey was weighted again since the figure was printed: within the interval the publisher states must do."""
    people = {
        activity: (value, half)
        for activity, value, half in built.ask(
            """select detail, value, ci_half_width from residents_economic_activity_by_activity
               where area_code = ? and year = 2017 and period_kind = 'rolling_year'""",
            [AREA],
        )
    }
    unemployed, half = people["unemployed"]
    active = unemployed + people["in_employment"][0]
    assert 100 * unemployed / active == pytest.approx(float(row.value), abs=100 * half / active)


def has_no_survey_of_2014(row: Row, built: Built) -> None:
    """The baseline's survey of the area begins in 2017. When it holds 2014, compare the rise in employment here."""
    assert built.one(
        "select min(year) from residents_economic_activity_total where area_code = ?", [AREA]
    ) == 2017  # fmt: skip


Check = Callable[[Row, Built], None]
#: The first words of a row's measure, and how it is evaluated.
CHECKS: tuple[tuple[str, Check], ...] = (
    ("Total employment", level_check),
    ("Net change 2020-35:", sign_and_rank),
    ("Net change 2020-35", span_check),
    ("Replacement demand 2020-35", span_check),
    ("Total requirement 2020-35", span_check),
    ("Share of employment held", held_share),
    ("Employees, BRES", has_no_register_of_2023),
    ("Working owners, BRES", has_no_register_of_2023),
    ("Employees: ", has_no_district_register),
    ("Manufacturing share of employees", manufacturing_share),
    ("ICT + professional + finance share", producer_services_share),
    ("Manufacturing employment", manufacturing_2014),
    *((name, division_2014) for name in DIVISIONS),
    ("Manufacturing GVA", another_measure_of_value_added),
    ("Advanced manufacturing: aerospace", aerospace),
    ("Advanced manufacturing: food and drink", food_and_drink),
    ("Advanced manufacturing replacement demand", replacement_of_the_round_before),
    ("Energy and environmental technologies", energy_cannot_be_rebuilt),
    ("Creative economy employment", creative_industries),
    ("Increase in people in employment", has_no_survey_of_2014),
    ("Unemployment rate", unemployed_of_2017),
    ("Employed residents aged 16+", workplace_is_not_residence),
    ("Population; businesses; jobs; GVA", over_700_000_jobs),
)


def check_for(measure: str) -> Check:
    return next(check for words, check in CHECKS if measure.startswith(words))


@pytest.mark.data
def test_every_external_check_is_met_or_says_what_it_lacks(shared_method: Path, baseline_build: Built) -> None:
    with (shared_method / "external_checks.csv").open(newline="", encoding="utf-8") as file:
        rows = [Row(r["measure"], r["period"], r["value"], r["area"], r["how_to_use"]) for r in csv.DictReader(file)]
    assert len(rows) == 52
    failed = []
    for row in rows:
        try:
            check_for(row.measure)(row, baseline_build)
        except AssertionError as error:
            failed.append(f"{row.measure} ({row.period}, {row.area}): {str(error).splitlines()[0]}")
    assert not failed, "\n".join(failed)
    used = {check_for(row.measure) for row in rows}
    assert used == {check for _, check in CHECKS}
