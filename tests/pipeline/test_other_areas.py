"""Areas that are made of other things than Lancashire is: what rolling out to them would meet."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from lmi.marts.run import mart_names
from lmi.pipeline import make_plan
from lmi.pipeline.plan import Plan
from tests.pipeline.builds import AREA, Built, refresh, staged_like


@pytest.fixture(scope="module")
def without_county(baseline_build: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A build from the baseline of an area that declares no county, as areas of metropolitan districts do not."""

    def planned(*arguments: Any) -> Plan:
        plan = make_plan(*arguments)
        return replace(plan, area=plan.area.model_copy(update={"counties": ()}))

    data = staged_like(baseline_build, tmp_path_factory.mktemp("districts alone"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["lmi.pipeline.run"], "make_plan", planned)
        return Built(data, refresh(data))


def test_an_area_of_districts_alone_is_published_with_every_mart(without_county: Built) -> None:
    assert (without_county.report.error, without_county.report.published) == ("", True)
    assert tuple(sorted(without_county.report.marts)) == mart_names()
    assert without_county.one("select count(*) from areas where kind = 'part' and parent is not null") == 0


def test_what_districts_add_up_to_does_not_depend_on_a_county(without_county: Built, baseline_build: Built) -> None:
    july = "select claimants from labour_slack where area_code = ? and period_start = '2023-07-01' and claimants is not null"
    assert without_county.one(july, [AREA]) == baseline_build.one(july, [AREA]) == 37_655
    for sql in (
        f"select sum(jobs_p50) from demand_by_industry where area_code = '{AREA}' and code_level = 'industry22'",
        f"select route, level, year, gap_p50 from skills_gap where area_code = '{AREA}' order by all",
    ):
        assert without_county.ask(sql) == baseline_build.ask(sql) != []


def test_a_rate_that_is_published_for_a_county_alone_is_said_to_be_missing(
    without_county: Built, baseline_build: Built
) -> None:
    # Who is not in education or work is told by counties and unitary authorities: without the county, two districts of
    # fourteen have a rate, and the area must not be given one.
    sql = f"""select count(*), count(value) from young_people
        where area_code = '{AREA}' and indicator = 'not_in_education_or_work_or_not_known_16_17'"""
    rows, told = without_county.ask(sql)[0]
    assert told == 0
    assert rows <= baseline_build.ask(sql)[0][0]
