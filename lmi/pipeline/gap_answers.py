"""Where supply falls short of demand: the gap of the area, of a district or of a priority sector, as a readable table.

Owns: which mart a question about the gap is for, and what may be published of every row. Never: writes, works out a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lmi.contract import literal
from lmi.engine import Connection, fetch
from lmi.errors import LmiError
from lmi.lineage import citation_sql
from lmi.marts.run import grain_of
from lmi.pipeline.answers import Answer, check_known, opened

_READ = "People a year; openings less inflow, so above zero is a shortfall. 80% interval from p10 to p90."
_CLASSES = (
    "Class A: publish; B: indicative; C: not for publication: `publish` names the smallest cell around it that may be."
)
_OVERLAP = "Sectors overlap and are never added. A sector has the openings and the inflow of its routes, shared."


@dataclass(frozen=True)
class Seen:
    """One mart of gaps, and how its rows are told: `shown` before the figures, and what may be published of a row.

    `joined` holds what the SQL reads beside the mart `g`; `publish` and `figure` are SQL for what may be published and
    its central figure, in people a year; `order` is the order of the rows.
    """

    mart: str
    shown: str
    joined: str
    publish: str
    figure: str
    order: str


_ROUTES = "g.route = '_T', g.route = 'not_assigned', g.route, g.level = '_T', g.level, g.year"
_NAMED = "left join dim_route as r on r.route = g.route"
_AREA = Seen(
    "skills_gap",
    "coalesce(r.name, g.route) as route, g.level, g.year",
    f"{_NAMED} left join skills_gap as o on o.area_code = g.area_code and o.route = g.openings_route "
    "and o.level = g.openings_level and o.year = g.year and o.scenario = g.scenario "
    "left join skills_gap as p on p.area_code = g.area_code and p.route = g.publishable_route "
    "and p.level = g.publishable_level and p.year = g.year and p.scenario = g.scenario",
    """case when g.quality_class <> 'C' then 'gap'
            when g.publishable_route = g.route then 'gap of all levels'
            when g.publishable_route is not null then 'gap of all routes'
            when g.openings_route = g.route and g.openings_level = g.level then 'openings'
            when g.openings_route = g.route then 'openings of all levels'
            when g.openings_route is not null then 'openings of all routes' else 'nothing' end""",
    "case when p.route is not null then p.gap_p50 else o.openings_p50 end",
    _ROUTES,
)
_DISTRICT = Seen(
    "district_skills_gap",
    "coalesce(a.name, g.area_code) as district, coalesce(r.name, g.route) as route, g.level, g.year",
    f"{_NAMED} left join dim_area as a on a.area_code = g.area_code "
    "left join dim_area as c on c.area_code = coalesce(g.publishable_area, g.openings_area) "
    "left join skills_gap as p on p.area_code = coalesce(g.publishable_area, g.openings_area) and p.route = g.route "
    "and p.level = g.level and p.year = g.year and p.scenario = g.scenario "
    "left join demand_by_route as o on o.area_code = g.openings_area and o.route = g.route and o.level = g.openings_level "
    "and o.year = g.year and o.scenario = g.scenario",
    """case when g.quality_class <> 'C' then 'gap'
            when g.publishable_area is not null then 'gap of ' || coalesce(c.name, g.publishable_area)
            when g.openings_area is null then 'nothing'
            else case when g.openings_level = g.level then 'openings' else 'openings of all levels, in jobs' end
                || case when g.openings_area <> g.area_code then ' of ' || coalesce(c.name, g.openings_area) else '' end end""",
    """case when g.quality_class <> 'C' then g.gap_p50 when g.publishable_area is not null then p.gap_p50
            when g.openings_area = g.area_code and g.openings_level = g.level then g.openings_p50
            when g.openings_level = g.level then p.openings_p50 else o.openings_p50 end""",
    f"a.name, {_ROUTES}",
)
_SECTOR = Seen(
    "sector_skills_gap",
    "coalesce(s.title, g.sector_id) as sector, g.level, g.year",
    "left join dim_sector as s on s.sector_id = g.sector_id "
    "left join skills_gap as o on o.area_code = g.area_code and o.route = '_T' "
    "and o.level = g.level and o.year = g.year and o.scenario = g.scenario",
    """case when g.quality_class <> 'C' then 'gap' when g.openings_class <> 'C' then 'openings'
            when o.openings_class <> 'C' then 'openings of all jobs' else 'nothing' end""",
    """case when g.quality_class <> 'C' then g.gap_p50 when g.openings_class <> 'C' then g.openings_p50
            when o.openings_class <> 'C' then o.openings_p50 end""",
    "s.title, g.level, g.year",
)


def gap(
    data: Path, *, route: str | None, level: str | None, year: int | None, scenario: str, today: date,
    district: str | None = None, sector: str | None = None,
) -> Answer:  # fmt: skip
    """Return the gap for one year: interval, verdict, quality class, what may be published, and citation.

    Of the area by route and level; with `district` (a name, a code or `all`) of that district; with `sector` (an id or
    `all`) of that priority sector by level. Without a year, this year's. Raises LmiError naming the known words when a
    filter matches nothing, and for filters that no mart has together.
    """
    if sector is not None and (district is not None or route is not None):
        raise LmiError(
            "a sector's gap is worked out by level, summed over routes and for the whole area.",
            expected="--sector without --route or --district", do="ask for the one or the other.",
        )  # fmt: skip
    seen = _SECTOR if sector is not None else _DISTRICT if district is not None else _AREA
    with opened(data) as con:
        wanted: dict[str, object] = {
            "scenario": scenario,
            "level": level,
            "year": year or nearest_year(con, today.year),
        }
        if seen is _SECTOR:
            wanted["sector_id"] = None if sector == "all" else sector
        else:
            wanted["route"] = route
        if district is not None and district != "all":
            wanted["area_code"] = _district(con, district)
        for column, value in wanted.items():
            check_known(con, column, value, seen.mart)
        return _answer(con, seen, wanted)


def nearest_year(con: Connection, year: int) -> int:
    """Return the year with gaps that is nearest to `year`. Raises LmiError when the build has none."""
    found = con.execute("select year from skills_gap order by abs(year - ?), year limit 1", [year]).fetchall()
    if not found:
        raise LmiError("the published build has no gaps.", do="run lmi refresh and see lmi status.")
    return int(found[0][0])


def _answer(con: Connection, seen: Seen, wanted: Mapping[str, object]) -> Answer:
    where = " and ".join(f"g.{c} = {literal(str(v))}" for c, v in wanted.items() if v is not None)
    grain = [g.strip('"') for g in grain_of(con, seen.mart)]
    cited = citation_sql(grain, seen.mart, "gap_p50").replace("cast(", "cast(g.")
    rows = fetch(
        con,
        f"""select {seen.shown}, round(g.openings_p50) as openings, round(g.inflow_p50) as inflow,
                   round(g.gap_p10) as gap_p10, round(g.gap_p50) as gap, round(g.gap_p90) as gap_p90,
                   round(g.probability_of_shortfall, 2) as probability, g.verdict, g.quality_class as class,
                   {seen.publish} as publish, round({seen.figure}) as figure, {cited} as citation
            from {seen.mart} as g {seen.joined} where {where} order by {seen.order}""",
    )
    reasons = con.execute(
        f"select quality_reason, count(*) as n from {seen.mart} as g where {where} and quality_class = 'C' "
        "group by 1 order by n desc, 1 limit 3"
    ).fetchall()
    said = ["", _READ, _CLASSES, *([_OVERLAP] if seen is _SECTOR else [])]
    return Answer(rows, (*said, *(f"C ({n} cells): {reason}" for reason, n in reasons)))


def _district(con: Connection, name: str) -> str:
    """Return the code of a district given by its name or code. Raises LmiError naming those that are known."""
    known = con.execute(
        "select distinct d.area_code, coalesce(a.name, d.area_code) from district_skills_gap as d "
        "left join dim_area as a on a.area_code = d.area_code order by 2"
    ).fetchall()
    for code, called in known:
        if name.casefold() in (str(code).casefold(), str(called).casefold()):
            return str(code)
    raise LmiError(
        f"there is no district {name!r} in the marts.",
        expected=", ".join(str(called) for _, called in known) or "a build with gaps of districts",
        do="use one of these, or all.",
    )
