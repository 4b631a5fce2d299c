"""DfE's data hub as an oracle: where it prints what we also read at its source, the two agree for all areas that they share."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from lmi.contract import literal
from lmi.engine import connect, fetch
from tests.sources.conftest import Holdings, Staged

pytestmark = pytest.mark.data
HUB = "dfe/local_skills_data_hub"
#: The columns that name a figure beside its indicator.
FIGURE = (
    "area_code", "period_start", "period_end", "industry", "occupation", "qualification", "subject", "sex", "age", "provider",
    "detail",
)  # fmt: skip


@pytest.fixture(scope="module")
def files(holdings: Holdings) -> Staged:
    return holdings.of(HUB, *sorted({source for source, *_ in (*PAIRS, *DESTINATIONS, *NOTHING_SHARED)}))


def figures(files: Staged, source_id: str) -> str:
    """Return SQL: the source's figures as known when the hub was printed, the newest release of each."""
    (hub,) = {s.released for s in files.ingest.plan.of_source(HUB)}
    parts = [
        f"select *, date {literal(s.released.isoformat())} as released from read_parquet("
        f"{literal(str(files.ingest.plan.folders.staged(s.snapshot_id) / 'corrected.parquet'))})"
        for o in files.outcomes(source_id)
        for s in files.ingest.plan.of_source(source_id)
        if s.snapshot_id == o.snapshot_id and s.released <= hub
    ]
    assert all(o.state == "ok" for o in files.outcomes(source_id))
    return (
        f"select * from ({' union all '.join(parts)}) qualify row_number() over "
        f"(partition by indicator_id, {', '.join(FIGURE)} order by released desc, obs_key desc) = 1"
    )


def told(files: Staged, sql: str, **sources: str) -> list[dict[str, Any]]:
    with connect() as con:
        for name, source_id in sources.items():
            con.execute(f"create view {name} as {figures(files, source_id)}")
        members = files.ingest.lookups["area_members"]
        con.register("members_0", members[0])
        parts = []
        for number, table in enumerate(members):
            con.register(f"members_{number}", table)
            parts.append(f"select area_code, member_code, lookup from members_{number}")
        con.execute("create view members as " + " union all ".join(parts))
        return fetch(con, sql).to_pylist()


#: (original source, its indicator, the hub's indicator, how far the two may differ, figures compared at least). Half a unit
#: is the hub's rounding of what the workbook holds unrounded.
PAIRS = (
    ("dfe/skills_imperative_2035", "projected_jobs", "dfe_hub_projected_jobs", 0.51, 5000),
    ("ons/aps_qualifications_by_age_gender", "residents_aged_16_64", "dfe_hub_residents_by_qualification", 0.0, 10000),
    ("ons/ubc_enterprises_by_size", "enterprises", "enterprises", 0.0, 1000),
    ("ons/ubc_enterprises_by_industry_size", "enterprises", "enterprises", 0.0, 1000),
    ("ons/business_demography", "enterprise_births", "enterprise_births", 0.0, 1000),
    ("ons/business_demography", "enterprise_deaths", "enterprise_deaths", 0.0, 1000),
    ("ons/business_demography", "enterprises_active", "enterprises_active", 0.0, 1000),
)


@pytest.mark.parametrize(("source", "ours", "theirs", "within", "least"), PAIRS, ids=[f"{s}-{i}" for s, i, *_ in PAIRS])
def test_the_hub_prints_what_the_original_source_prints(
    files: Staged, source: str, ours: str, theirs: str, within: float, least: int
) -> None:
    rows = told(
        files,
        f"""select h.*, o.value as original, h.value as hub, o.status as original_status
            from hub as h join original as o using ({", ".join(FIGURE)})
            where o.indicator_id = {literal(ours)} and h.indicator_id = {literal(theirs)}""",
        hub=HUB,
        original=source,
    )
    both = [r for r in rows if r["original"] is not None and r["hub"] is not None]
    off = [r for r in both if abs(r["original"] - r["hub"]) > within]
    one_only = [r for r in rows if (r["original"] is None) != (r["hub"] is None)]
    areas = {r["area_code"] for r in both}
    print(
        f"\n{source} {ours}: {len(both)} figures of {len(areas)} areas compared, {len(off)} differ, {len(one_only)} in one only"
    )
    for r in off[:5]:
        print(
            "  ",
            r["area_code"],
            r["period_end"],
            r["industry"],
            r["qualification"],
            r["detail"],
            r["original"],
            r["hub"],
        )
    assert len(both) >= least
    assert not off
    assert not one_only


#: (original source, its counts, the hub's rate, figures that differ by the last day of their year, and why).
LATER = "our counts are of the edition of October 2024; the hub of September 2025 prints the year again, and every rate higher"
DESTINATIONS = (
    ("dfe/ks4_destinations", "ks4_leavers", "destination_rate_ks4", {date(2023, 7, 31): (282, LATER)}),
    ("dfe/destinations_16_18", "leavers_16_18", "destination_rate_16_18", {date(2023, 7, 31): (3, LATER)}),
)


@pytest.mark.parametrize(("source", "ours", "theirs", "declared"), DESTINATIONS, ids=[s for s, *_ in DESTINATIONS])
def test_a_rate_of_destinations_is_that_of_the_districts_counts(
    files: Staged, source: str, ours: str, theirs: str, declared: dict[date, tuple[int, str]]
) -> None:
    rows = told(
        files,
        f"""with counts as (
                select area_code, period_end, sum(case when detail = '_T' then value end) as whole,
                    sum(case when detail in ('education', 'apprenticeships', 'employment') then value end) as sustained
                from original where indicator_id = {literal(ours)} and qualification = '_T' group by all
            ),
            plans as (
                select area_code, member_code, count(*) over (partition by area_code) as districts
                from (select distinct area_code, member_code from members where lookup = 'lad_to_lsip')
            ),
            summed as (
                select p.area_code, c.period_end, sum(c.sustained) / sum(c.whole) as rate, count(*) as districts
                from plans as p join counts as c on c.area_code = p.member_code
                group by p.area_code, c.period_end having count(*) = max(p.districts)
                union all
                select area_code, period_end, sustained / whole as rate, 1 as districts from counts
            )
            select s.*, h.value as hub from summed as s join hub as h using (area_code, period_end)
            where h.indicator_id = {literal(theirs)} and h.detail = '_T' and h.qualification = '_T' and h.value is not null""",
        hub=HUB,
        original=source,
    )
    off = [r for r in rows if abs(r["rate"] - r["hub"]) > 1e-9]
    many = [r for r in rows if r["districts"] > 1]
    print(f"\n{source}: {len(rows)} rates compared, {len(many)} of areas of several districts, {len(off)} differ")
    by_period = Counter(r["period_end"] for r in off)
    for period, count in sorted(by_period.items()):
        print(f"  {period}: {count} differ: {declared[period][1] if period in declared else 'not declared'}")
    assert len(rows) > 1000
    assert len(many) > 50
    assert by_period == {period: count for period, (count, _) in declared.items()}
    assert all(r["hub"] > r["rate"] for r in off)


#: Employment by occupation and industry: the hub prints years to March, the files at hand end in June and December.
NOTHING_SHARED = (
    ("ons/aps_employment_by_occupation", "residents_in_employment", "dfe_hub_residents_in_employment"),
    ("ons/aps_employment_by_industry", "residents_in_work", "dfe_hub_residents_in_employment"),
    ("ons/aps_employment_rate", "residents_economic_activity", "dfe_hub_residents_economic_activity"),
)


@pytest.mark.parametrize(("source", "ours", "theirs"), NOTHING_SHARED, ids=[s for s, *_ in NOTHING_SHARED])
def test_employment_has_no_year_in_common_yet(files: Staged, source: str, ours: str, theirs: str) -> None:
    """Fails when a file of a shared year is landed: then the pair belongs among PAIRS."""
    rows = told(
        files,
        f"""select 'ours' as who, period_end, count(*) as figures from original where indicator_id = {literal(ours)} group by all
            union all
            select 'hub' as who, period_end, count(*) as figures from hub where indicator_id = {literal(theirs)} group by all""",
        hub=HUB,
        original=source,
    )
    years = {who: sorted({str(r["period_end"]) for r in rows if r["who"] == who}) for who in ("ours", "hub")}
    print(f"\n{source} {ours}: 0 compared, years of ours end {years['ours']}, of the hub's {years['hub']}")
    assert years["ours"]
    assert years["hub"]
    assert not set(years["ours"]) & set(years["hub"])
