"""What moved between the vintages of a source: the facts, from which the mart `revisions` derives causes.

Owns: the rows of the relation `moves`. Never: says why a figure moved, decides which vintage counts (`known` does).

Two prints of one figure are compared step by step, in the order of release. Where a source supersedes by cell, a step
is from a figure's newest earlier print, and a figure that a newer file leaves out has not moved. Where it supersedes by
edition, a step is from the edition before, and a figure that the next edition lacks is withdrawn. The first edition of a
source for an area has nothing before it, so its figures are no moves.
"""

from __future__ import annotations

from lmi.engine import Connection
from lmi.tables import DIMENSIONS, TOTAL
from lmi.warehouse.relations import FIGURE_COLUMNS, MOVES

_FIGURE = ", ".join(FIGURE_COLUMNS)
_SIDES = {
    "value": "value",
    "status": "status",
    "maturity": "maturity",
    "correction": "correction_id",
    "published_code": "published_code",
    "obs_key": "obs_key",
}


#: Numbers in workbooks are sums that a machine made: below this share of a figure two of them differ by its rounding only.
_NOISE = 1e-9


def differs(one: str, other: str) -> str:
    """Return the SQL condition that two values differ by more than a machine's rounding, or that one is missing."""
    apart = f"abs({one} - {other}) > {_NOISE} * greatest(abs({one}), abs({other}))"
    return f"case when {one} is null or {other} is null then {one} is distinct from {other} else {apart} end"


def load_moves(con: Connection) -> None:
    """Fill `moves` from the relations `observations`, `area_aliases`, `parameters`, `codes` and `dimension_schemes`."""
    con.execute(_PRINTS)
    # Tables of their own, so that the database knows how many rows there are before it plans the joins. An outer join has
    # one equality and nothing beside it: anything more is a comparison of every row with every other.
    con.execute(_FOLLOWING)
    con.execute(_NEIGHBOURS)
    con.execute(_STEPS)
    con.execute(_INSERT)
    con.execute("drop table prints; drop table following; drop table neighbours; drop table steps")


def _of_dimensions(text: str) -> str:
    """Return `text`, written for a dimension {d} and its code list {s}, joined over the dimensions that are in use."""
    parts = (f"case when o.{d} <> '{TOTAL}' then {text.format(d=d, s=f'of_{d}.scheme')} end" for d in DIMENSIONS)
    return f"concat_ws(', ', {', '.join(parts)})"


_SCHEMES = "\n".join(
    f"left join schemes as of_{d} on of_{d}.snapshot_id = o.snapshot_id and of_{d}.dimension = '{d}' and of_{d}.code = o.{d}"
    for d in DIMENSIONS
)
_OF_OBSERVATION = ", ".join(f"o.{name}" for name in FIGURE_COLUMNS if name != "area_code")
#: One row for each figure of each vintage, of the sources that have more than one.
_PRINTS = f"""
create temp table prints as
with several as (
    select source_id from observations cross join parameters where released <= as_of
    group by source_id having count(distinct vintage) > 1
),
schemes as (
    select d.snapshot_id, d.dimension, c.code, string_agg(distinct d.scheme, '/' order by d.scheme) as scheme
    from dimension_schemes as d join codes as c on c.scheme = d.scheme group by all
),
editions as (
    select source_id, vintage, max(released) as edition_released from observations cross join parameters
    where released <= as_of group by all
)
select
    o.source_id, o.vintage, e.edition_released as released, o.supersede, a.area_code, {_OF_OBSERVATION},
    o.value, o.status, o.maturity, o.correction_id, a.published_code, o.obs_key,
    {_of_dimensions("'{d}'")} as shape,
    {_of_dimensions("'{d} ' || coalesce({s}, 'uncoded')")} as schemes
from observations as o
semi join several using (source_id)
join editions as e using (source_id, vintage)
join area_aliases as a on a.published_code = o.area_code
cross join parameters
{_SCHEMES}
where o.released <= parameters.as_of
qualify row_number() over (
    partition by o.source_id, o.vintage, a.area_code, {_OF_OBSERVATION}
    order by a.published_code = a.area_code desc, o.obs_key desc
) = 1
"""

_BOTH = ", ".join(f"b.{column} as {name}_before, a.{column} as {name}_after" for name, column in _SIDES.items())
_ONE_FIGURE = f"source_id, {_FIGURE}"
#: The editions of a source for an area, each beside the one before.
_FOLLOWING = """
create temp table following as
with ranked as (
    select source_id, area_code, vintage, released,
           row_number() over (partition by source_id, area_code order by released, vintage) as rank
    from (select distinct source_id, area_code, vintage, released from prints)
)
select later.source_id, later.area_code, earlier.vintage as vintage_before, later.vintage as vintage_after,
       earlier.released as released_before, later.released as released_after
from ranked as later
join ranked as earlier on earlier.source_id = later.source_id and earlier.area_code = later.area_code
where earlier.rank = later.rank - 1
"""
#: Each print beside the one before and after of the same figure.
_NEIGHBOURS = f"""
create temp table neighbours as
select obs_key, lag(obs_key) over figure as earlier_key, lag(vintage) over figure as earlier_vintage,
       lead(vintage) over figure as next_vintage
from prints
window figure as (partition by {_ONE_FIGURE} order by released, vintage)
"""
#: One row for each figure and step between editions in which it moved, came or went.
_STEPS = f"""
create temp table steps as
select f.source_id, coalesce(b.vintage, f.vintage_before) as vintage_before, f.vintage_after,
       coalesce(b.released, f.released_before) as released_before, f.released_after,
       {", ".join(f"a.{name}" for name in FIGURE_COLUMNS)}, a.shape, a.schemes, {_BOTH}
from neighbours as n
join prints as a on a.obs_key = n.obs_key
join following as f on f.source_id = a.source_id and f.area_code = a.area_code and f.vintage_after = a.vintage
left join prints as b
    on b.obs_key = case when a.supersede = 'cell' or n.earlier_vintage = f.vintage_before then n.earlier_key end
where b.obs_key is null or {differs("a.value", "b.value")} or a.status <> b.status
union all by name
select f.source_id, f.vintage_before, f.vintage_after, f.released_before, f.released_after,
       {", ".join(f"b.{name}" for name in FIGURE_COLUMNS)}, b.shape, b.schemes,
       {", ".join(f"b.{column} as {name}_before" for name, column in _SIDES.items())}
from neighbours as n
join prints as b on b.obs_key = n.obs_key
join following as f on f.source_id = b.source_id and f.area_code = b.area_code and f.vintage_before = b.vintage
where b.supersede = 'edition' and n.next_vintage is distinct from f.vintage_after
"""
_SAME_TABLE = ("source_id", "indicator_id", "area_code", "period_start", "period_end", "period_kind", "shape")
_INSERT = f"""
insert into moves
with periods as (
    select source_id, indicator_id, area_code, period_kind, vintage, released, max(period_end) as period_end
    from prints group by all
),
known_to as (
    select p.source_id, p.indicator_id, p.area_code, p.period_kind, s.vintage_after, max(p.period_end) as period_known_to
    from periods as p
    join (select distinct source_id, indicator_id, area_code, period_kind, vintage_after, released_after from steps) as s
        using (source_id, indicator_id, area_code, period_kind)
    where (p.released, p.vintage) < (s.released_after, s.vintage_after)
    group by all
),
tables as (
    select distinct {", ".join(_SAME_TABLE)}, vintage, released, schemes from prints where shape <> ''
),
one_sided as (
    select distinct {", ".join(_SAME_TABLE)}, vintage_after, released_after, obs_key_after is null as gone, schemes
    from steps where shape <> '' and (obs_key_before is null or obs_key_after is null)
),
beside as (
    -- the same breakdown, area and period in the editions before (of a figure that came) or after (of one that went)
    select {", ".join(f"o.{name}" for name in _SAME_TABLE)}, o.vintage_after, o.gone, o.schemes,
           min(t.schemes) as schemes_beside
    from one_sided as o
    join tables as t using ({", ".join(_SAME_TABLE)})
    where case when o.gone then t.vintage = o.vintage_after
               else (t.released, t.vintage) < (o.released_after, o.vintage_after) end
    group by all
    having not bool_or(t.schemes = o.schemes)
)
select {", ".join(f"s.{name}" for name in MOVES.names if name not in ("period_known_to", "schemes_beside"))},
       k.period_known_to, b.schemes_beside
from steps as s
left join known_to as k using (source_id, indicator_id, area_code, period_kind, vintage_after)
left join beside as b
    on {" and ".join(f"b.{name} = s.{name}" for name in (*_SAME_TABLE, "vintage_after", "schemes"))}
    and b.gone = (s.obs_key_after is null)
    and (s.obs_key_before is null or s.obs_key_after is null)
order by {", ".join(f"s.{name}" for name in MOVES.key)}
"""
