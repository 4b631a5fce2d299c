"""What the Nomis queries bring, figure by figure: sums are the replay publisher's own round numbers, added by hand."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from lmi.contract import literal
from lmi.engine import connect, fetch
from lmi.registry import load
from tests.replay.bench import LiveBench, registry
from tests.replay.faults import only_data
from tests.replay.publisher import Publisher, Reply

NOMIS = [(s.source_id, n) for s in load().sources.values() for n, q in s.queries.items() if q.end == "nomis"]


def taken(bench: LiveBench, source_id: str, name: str, sql: str, *, check: bool = False) -> list[dict[str, Any]]:
    """Return the rows of `sql` over the figures that one query brings."""
    (asked,) = bench.ask(source_id, {name: registry().sources[source_id].queries[name]})
    assert asked.outcome == "new", asked.message
    ingest, (outcome,) = bench.take_in(source_id, check=check)
    path = ingest.plan.folders.staged(outcome.snapshot_id) / "corrected.parquet"
    with connect() as con:
        con.execute(f"create view figures as select * from read_parquet({literal(str(path))})")
        return fetch(con, sql).to_pylist()


def test_the_survey_gives_values_with_their_half_widths_and_keeps_why_one_is_missing(bench: LiveBench) -> None:
    rows = taken(
        bench,
        "ons/nomis_aps",
        "activity",
        "select area_code, detail, value, ci_half_width, status, cast(period_start as varchar) as start from figures "
        "where area_code in ('E07000124', 'E37000019') and detail in ('unemployed', '_T') and period_end = '2025-12-31' "
        "order by area_code, detail",
    )
    missing = {
        "area_code": "E07000124",
        "detail": "unemployed",
        "value": None,
        "ci_half_width": None,
        "status": "suppressed",
    }
    assert {**missing, "start": "2025-01-01"} in rows
    for code in ("E07000124", "E37000019"):  # a district, and the estimate for the area made of its districts
        whole = {"area_code": code, "detail": "_T", "value": 10000.0, "ci_half_width": 1100.0, "status": "ok"}
        assert {**whole, "start": "2025-01-01"} in rows
    assert len(rows) == 4


def test_years_of_qualifications_are_asked_for_by_name_since_other_quarters_do_not_ask(
    bench: LiveBench, publisher: Publisher
) -> None:
    rows = taken(
        bench, "ons/nomis_aps", "qualifications", "select distinct qualification, period_kind from figures order by 1"
    )
    assert rows == [{"qualification": c, "period_kind": "rolling_year"} for c in ("RQF3", "RQF4")]
    asked = next(a for a in publisher.asked if a.path.endswith(".data.csv"))
    assert asked.params["date"] == "2022-12,2023-12,2024-12,2025-12"
    assert asked.params["measures"] == "20100,20701"


def test_divisions_are_told_from_sections_and_broad_groups_of_the_same_number(bench: LiveBench) -> None:
    rows = taken(
        bench, "ons/nomis_bres", "divisions", "select industry, sum(value) as jobs from figures group by 1 order by 1"
    )
    areas, years = 14 + 2 + 1, 5  # districts, the region and England, the area as a whole
    assert len(rows) == 88 and {r["jobs"] for r in rows} == {500.0 * areas * years}
    assert {r["industry"] for r in rows} >= {"01", "10", "72", "99"}


def test_pay_is_of_full_time_workers_and_its_reliability_is_a_figure_of_its_own(bench: LiveBench) -> None:
    rows = taken(
        bench,
        "ons/nomis_ashe",
        "workplace",
        "select indicator_id, detail, value, cast(period_end as varchar) as until, ci_half_width from figures "
        "where area_code = 'E07000117' and period_end >= '2026-01-01' order by 1, 2",
    )
    told = [(r["indicator_id"], r["detail"], r["value"], r["until"], r["ci_half_width"]) for r in rows]
    assert told == [
        ("workplace_annual_pay_full_time", "median", 30000.0, "2026-03-31", None),
        ("workplace_pay_full_time_variation", "annual", 4.5, "2026-03-31", None),
        ("workplace_pay_full_time_variation", "weekly", 4.5, "2026-04-30", None),
        ("workplace_weekly_pay_full_time", "median", 580.0, "2026-04-30", None),
    ]


def test_enterprises_stand_in_march_by_broad_group_and_size(bench: LiveBench) -> None:
    rows = taken(
        bench,
        "ons/nomis_business_counts",
        "enterprises",
        "select industry, detail, value, cast(period_start as varchar) as month from figures "
        "where area_code = 'E07000117' and period_end = '2026-03-31' and value > 0 order by 1, 2",
    )
    assert {r["month"] for r in rows} == {"2026-03-01"}
    per_industry = [("0-9", 4500.0), ("10-49", 500.0), ("_T", 5000.0)]
    told = [(r["industry"], r["detail"], r["value"]) for r in rows]
    assert told == [(i, d, v) for i in ("BIG-03", "BIG-05", "_T") for d, v in per_industry]


def test_projected_years_are_asked_for_by_their_own_dimension(bench: LiveBench, publisher: Publisher) -> None:
    rows = taken(
        bench,
        "ons/nomis_population",
        "projections",
        "select year(period_end) as year, sum(value) as people, any_value(maturity) as maturity from figures "
        "where age = '_T' and area_code like 'E07%' group by 1 order by 1",
    )
    assert rows == [
        {"year": y, "people": 12 * 182_000.0, "maturity": "projected_by_publisher"} for y in (2025, 2030, 2035, 2040)
    ]
    asked = next(a for a in publisher.asked if a.path.endswith(".data.csv"))
    assert asked.params["projected_year"] == "2025,2030,2035,2040" and "date" not in asked.params


def test_the_census_is_of_one_day(bench: LiveBench) -> None:
    rows = taken(
        bench,
        "ons/nomis_census_2021",
        "activity",
        "select distinct detail, cast(period_end as varchar) as day from figures",
    )
    assert {r["detail"] for r in rows} == {"_T", "EA-1001", "EA-7"} and {r["day"] for r in rows} == {"2021-03-21"}


@pytest.mark.parametrize(("source_id", "name"), NOMIS, ids=lambda v: str(v))
def test_figures_a_thousand_times_too_large_stop_the_file(
    bench: LiveBench, publisher: Publisher, source_id: str, name: str
) -> None:
    def times(reply: Reply) -> Reply:
        rows = list(csv.reader(io.StringIO(reply.body.decode())))
        at = rows[0].index("OBS_VALUE")
        for row in rows[1:]:
            row[at] = f"{float(row[at]) * 1000:g}" if row[at] else ""
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerows(rows)
        return reply.having(body=out.getvalue().encode())

    publisher.fault = only_data(times)
    (asked,) = bench.ask(source_id, {name: registry().sources[source_id].queries[name]})
    assert asked.outcome == "new", asked.message
    _, (outcome,) = bench.take_in(source_id)
    assert outcome.state == "stopped", (source_id, name)
