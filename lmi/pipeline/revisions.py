"""What moved: between the editions of each source, between two dates, or between two builds.

Owns: those questions as read-only SQL. Never: derives the cause of a step between editions; the mart `revisions` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from lmi.contract import literal
from lmi.engine import Connection, connect, fetch
from lmi.errors import LmiError, StoreError
from lmi.pipeline.folders import Folders
from lmi.publish import Build, published_build, published_builds
from lmi.warehouse.moves import differs
from lmi.warehouse.relations import FIGURE_COLUMNS

#: Causes in which a figure that was known has another value; the others come or go.
REVISING = ("publisher revised", "correction", "boundary")
_FIGURE = ", ".join(FIGURE_COLUMNS)
_MOVED = (
    f"source_id, {_FIGURE}, vintage_before, vintage_after, value_before, value_after, difference, status_before, "
    "status_after, cause, evidence"
)


@dataclass(frozen=True)
class Moved:
    """`figures` has one row a figure that moved; `summary` one for each source, edition, indicator and cause."""

    between: str
    figures: pa.Table
    summary: pa.Table


def moved(data: Path, before: str = "", after: str = "") -> Moved:
    """Return what moved from `before` to `after`.

    Two days: the steps between editions released after the first and by the second (empty: to the end). Two builds: what
    another build (empty: the published one) knows otherwise. Nothing: every step that the published build knows. Raises
    LmiError when a day is compared with a build, StoreError for a build that is not kept.
    """
    days = [_day(text) for text in (before, after)]
    builds = [text for text, day in zip((before, after), days, strict=True) if text and day is None]
    if builds and any(days):
        raise LmiError(
            "a day cannot be compared with a build.", found=f"{before} and {after}", do="give two days, or two builds."
        )
    curated = Folders(data).curated
    if builds:
        pair = _kept(curated, before), _kept(curated, after) if after else published_build(curated)
        return _between_builds(*pair)
    return _between_days(published_build(curated), *days)


def revised_by_newest(con: Connection) -> dict[str, int]:
    """Return by source how many known figures its newest edition in the build changed."""
    causes = ", ".join(literal(cause) for cause in REVISING)
    rows = con.execute(
        f"""select source_id, count(*) filter (where cause in ({causes})) from revisions
            where (source_id, released_after) in (select source_id, max(released_after) from revisions group by 1)
            group by 1 order by 1"""
    ).fetchall()
    return {str(source_id): int(count) for source_id, count in rows if count}


def _between_days(build: Build, before: date | None, after: date | None) -> Moved:
    where = [f"released_after > {literal(before.isoformat())}::date"] if before else []
    where += [f"released_after <= {literal(after.isoformat())}::date"] if after else []
    with connect(build.database, read_only=True) as con:
        found = fetch(con, f"select {_MOVED} from revisions where {' and '.join(where) or 'true'} order by all")
    said = f"editions released after {before or 'the first'} and by {after or 'the last'}, in {build.build_id}"
    return Moved(said, found, _summary(found))


def _between_builds(earlier: Build, later: Build) -> Moved:
    """Return the figures that the two builds know otherwise; the cause is that of the last step between their cells."""
    on = " and ".join(f"a.{c} = b.{c}" for c in FIGURE_COLUMNS)
    with connect() as con:
        for name, build in (("earlier", earlier), ("later", later)):
            con.execute(f"attach {literal(str(build.database))} as {name} (read_only)")
        found = fetch(
            con,
            f"""
            with steps as (
                -- the last key of a step is its cell after, or of a figure that went its cell before
                select r.*, m.obs_key_before, m.obs_key_after from later.revisions as r
                join later.moves as m using (source_id, vintage_after, {_FIGURE})
            ),
            known as (
                select coalesce(a.source_id, b.source_id) as source_id,
                       {", ".join(f"coalesce(a.{c}, b.{c}) as {c}" for c in FIGURE_COLUMNS)},
                       b.vintage as vintage_before, a.vintage as vintage_after, b.value as value_before,
                       a.value as value_after, a.value - b.value as difference, b.status as status_before,
                       a.status as status_after, b.obs_key as key_before, a.obs_key as key_after
                from later.known as a full join earlier.known as b on {on}
                where {differs("a.value", "b.value")} or a.status is distinct from b.status
            )
            select {", ".join(f"k.{c.strip()}" for c in _MOVED.split(",") if c.strip() not in ("cause", "evidence"))},
                   coalesce(came.cause, went.cause, case
                       when k.key_before = k.key_after then 'our declarations changed'
                       when k.key_before is null then 'first edition'
                       when k.key_after is null then 'no longer in the build'
                       else 'another file serves'
                   end) as cause,
                   coalesce(came.evidence, went.evidence, '') as evidence
            from known as k
            left join steps as came on came.obs_key_after = k.key_after and k.key_before is distinct from k.key_after
                and (came.obs_key_before is null) = (k.key_before is null)
            left join steps as went on went.obs_key_before = k.key_before and went.obs_key_after is null
                and k.key_after is null
            order by all
            """,
        )
    return Moved(f"{earlier.build_id} and {later.build_id}", found, _summary(found))


def _summary(figures: pa.Table) -> pa.Table:
    with connect() as con:
        con.register("figures", figures)
        return fetch(
            con,
            """select source_id, vintage_before, vintage_after, indicator_id, cause, count(*) as figures,
                      count(*) filter (where difference > 0) as rose, count(*) filter (where difference < 0) as fell,
                      max(difference) filter (where difference > 0) as largest_rise,
                      min(difference) filter (where difference < 0) as largest_fall
               from figures group by all order by all""",
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _kept(curated: Path, build_id: str) -> Build:
    builds = {build.build_id: build for build in published_builds(curated)}
    if build_id not in builds:
        raise StoreError(
            f"there is no build {build_id!r}.",
            place=str(curated),
            expected=", ".join(builds) or "a published build",
            do="name one of these, or a day like 2026-01-31.",
        )
    return builds[build_id]
