"""Jobs are not subtracted from people, and workplace is not divided by residence, in any mart."""

from __future__ import annotations

import pytest

from lmi.marts import read_marts
from lmi.registry import load
from lmi.warehouse import series_views
from tests.marts.definitions import faults
from tests.marts.test_mart_rows import SCHEMAS

TABLES = {name: schema.names for name, schema in SCHEMAS.items()}
INDICATORS = load().indicators
VIEWS = {view.name: INDICATORS[view.indicator_id] for view in series_views(INDICATORS.values())}
#: core_indicators reads all its series as one long relation; its divisions are declared, and test_core_indicators.py
#: holds each to one unit and basis.
DECLARED = {"core_indicators"}
MARTS = [mart for mart in read_marts() if mart.name not in DECLARED]


@pytest.mark.parametrize("mart", MARTS, ids=lambda m: m.name)
def test_a_mart_mixes_no_definitions(mart) -> None:  # type: ignore[no-untyped-def]
    assert sorted(set(faults(mart.sql, TABLES, VIEWS))) == []


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "with c as (select area_code, value as people from claimants_total), "
            "j as (select area_code, sum(value) as jobs from bres_employment_by_division group by area_code) "
            "select c.people / nullif(j.jobs, 0) as rate from c join j on j.area_code = c.area_code",
            "claimants (residence) is divided by bres_employment (workplace)",
        ),
        (
            "with both_kinds as (select 'a' as m, area_code, value from claimants_total "
            "union all select 'b' as m, area_code, value from projected_jobs_total), "
            "wide as (select area_code, max(case when m = 'a' then value end) as a, max(case when m = 'b' then value end) as b "
            "from both_kinds group by area_code) select b - a as gap from wide",
            "claimants (people) is subtracted from projected_jobs (jobs)",
        ),
    ],
)
def test_a_mixture_is_found_through_the_queries_that_it_passes(sql: str, told: str) -> None:
    assert told in set(faults(sql, TABLES, VIEWS))
