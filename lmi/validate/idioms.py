"""Rules that many sources share, each written once as SQL over `{batch}`.

Owns: the SQL of the named idioms that a suite may use in place of a query. Never: runs it, names a source.

Every query returns `obs_key` and `detail`: a row is one figure that breaks the rule. Figures that stand more than once
are counted once. A figure without a value is never taken for zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lmi.contract import literal, quoted
from lmi.tables import DIMENSIONS, TOTAL

#: What makes two observations the same figure within one file.
FIGURE = ("indicator_id", "area_code", "period_start", "period_end", "period_kind", *DIMENSIONS)
_WITH_SNAPSHOTS = "figures as o join snapshots as s using (snapshot_id)"
Params = Mapping[str, Any]
Made = tuple[str, str, tuple[str, ...]]  # query, when it applies, relations it needs
Kinds = Mapping[str, type | tuple[type, ...] | frozenset[str]]  # a set holds the words that are allowed


@dataclass(frozen=True)
class Idiom:
    """How an idiom is made, the parameters it takes, and whether each row it returns is itself at fault."""

    make: Callable[[Params], Made]
    required: Kinds
    optional: Kinds
    rows_at_fault: bool


def parts_add_to_total(params: Params) -> Made:
    """Parts along one dimension add to their total for each area, period and other dimension.

    `parts` is a pattern of codes; `total` the SQL of the code that a part belongs to (default: the total). Where parts
    are missing, those that are there may not exceed the total, and with `missing_at_most` may not fall too far short.
    The slack is half a rounding unit for each figure, plus `tolerance`, plus `share` of the total. `within` is "file",
    or "edition" when parts and totals come in several files.
    """
    dimension = str(params["dimension"])
    scope, parts = _where(params), _matches(dimension, str(params["parts"]))
    needs: tuple[str, ...] = ("snapshots",) if params.get("within") == "edition" else ()
    unit, joined = ("vintage", _WITH_SNAPSHOTS) if needs else ("snapshot_id", "figures")
    same = [unit, *(quoted(c) for c in FIGURE if c != dimension)]
    share, tolerance = float(params.get("share", 0)), float(params.get("tolerance", 0))
    slack = f"p.slack + {_half_unit(params, 't.value')} + {tolerance!r} + {share!r} * abs(t.value)"
    short = "false"
    if "missing_at_most" in params:
        short = f"p.held + p.missing * {float(params['missing_at_most'])!r} < t.value - ({slack})"
    query = f"""
        with figures as ({_once(scope)}),
        known as (select * from {joined}),
        parts as (
            select {", ".join(same)}, {_braced(str(params.get("total", literal(TOTAL))))} as whole,
                count(*) - count(value) as missing, coalesce(sum(value), 0) as held,
                coalesce(sum({_half_unit(params, "value")}) filter (value is not null), 0) as slack
            from known where {parts} group by all
        )
        select t.obs_key, {literal(dimension)} || ' ' || p.whole || ', ' || t.area_code || ', ' || t.period_end
            || ': parts add to ' || p.held || ', the total is ' || t.value
            || case when p.missing > 0 then ' (' || p.missing || ' parts have no value)' else '' end as detail
        from known as t join parts as p
            on t.{quoted(dimension)} = p.whole and {" and ".join(f"t.{c} = p.{c}" for c in same)}
        where t.value is not null and (
            p.held - t.value > {slack}
            or (p.missing = 0 and t.value - p.held > {slack})
            or {short}
        )"""
    return query, _present(f"{scope} and {parts}"), needs


def indicators_add_up(params: Params) -> Made:
    """The indicators `terms` add to the indicator `total` for the same area, period and codes, within `tolerance`."""
    terms, scope = [str(t) for t in params["terms"]], _where(params)
    of_total = f"filter (indicator_id = {literal(str(params['total']))})"
    of_terms = f"filter (indicator_id in ({', '.join(literal(t) for t in terms)}))"
    query = f"""
        with figures as ({_once(scope)}),
        sides as (
            select max(obs_key) {of_total} as obs_key, area_code, period_end, sum(value) {of_terms} as added,
                count(value) {of_terms} as terms, max(value) {of_total} as total
            from figures group by {_key("indicator_id")}
        )
        select obs_key, area_code || ', ' || period_end || ': terms add to ' || added || ', the total is ' || total
            as detail
        from sides where terms = {len(terms)} and abs(added - total) > {float(params.get("tolerance", 0))!r}"""
    return query, _present(f"{scope} and indicator_id = {literal(str(params['total']))}"), ()


def codes_are_present(params: Params) -> Made:
    """Where any code of a breakdown stands, all `count` do: for each area and period, other dimensions in total.

    With `crossed`, for every combination of the other dimensions.
    """
    dimension, count = str(params["dimension"]), int(params["count"])
    scope, codes = _where(params), _matches(dimension, str(params["codes"]))
    if not params.get("crossed", False):
        scope += "".join(f" and {quoted(d)} = {literal(TOTAL)}" for d in DIMENSIONS if d != dimension)
    query = f"""
        select min(obs_key) as obs_key, indicator_id || ', ' || area_code || ', ' || period_end || ': '
            || count(distinct {quoted(dimension)}) || ' of {count} codes' as detail
        from {{batch}} where {scope} and {codes} group by {_key(dimension)}
        having count(distinct {quoted(dimension)}) <> {count}"""
    return query, _present(f"{scope} and {codes}"), ()


def members_are_present(params: Params) -> Made:
    """For each indicator, period and code in scope, every district of relation `members` has a row.

    With `if_any`, only where one of them has: for a source some of whose files are of larger areas only.
    """
    scope = _where(params)
    same = " and ".join(f"f.{quoted(c)} = k.{quoted(c)}" for c in ("snapshot_id", *FIGURE) if c != "area_code")
    some = "having count(*) filter (area_code in (select area_code from members)) > 0" if params.get("if_any") else ""
    query = f"""
        with figures as (select * from {{batch}} where {scope}),
        keys as (select {_key("area_code")}, min(obs_key) as obs_key from figures group by {_key("area_code")} {some}),
        absent as (
            select k.obs_key, k.indicator_id, k.period_end, m.area_code
            from keys as k cross join members as m anti join figures as f on {same} and f.area_code = m.area_code
        )
        select obs_key, indicator_id || ', ' || period_end || ': no row for '
            || string_agg(area_code, ', ' order by area_code) as detail
        from absent group by obs_key, indicator_id, period_end"""
    if params.get("if_any"):
        scope += " and area_code in (select area_code from members)"
    return query, _present(scope), ("members",)


def stands_once(params: Params) -> Made:
    """A figure stands once in a file: returns the later copies that say the same as the first."""
    return _repeats(params, "not t.differs and o.obs_key <> t.first_key")


def has_one_value(params: Params) -> Made:
    """A figure that stands more than once in a file has one value: returns every copy when they differ by `share`."""
    return _repeats(params, "t.differs")


def _repeats(params: Params, at_fault: str) -> Made:
    """Grouped by a hash first: whole keys are compared only where a hash repeats, which is a tenth of the work."""
    scope, key = _where(params), _key()
    largest = "greatest(abs(max(value)), abs(min(value)))"
    query = f"""
        with doubtful as (select hash({key}) as h from {{batch}} where {scope} group by h having count(*) > 1),
        figures as (select * from {{batch}} where {scope} and hash({key}) in (select h from doubtful)),
        twice as (
            select {key}, min(obs_key) as first_key, count(*) as copies,
                count(value) between 1 and count(*) - 1
                or coalesce(max(value) - min(value) > {float(params.get("share", 0))!r} * {largest}, false) as differs
            from figures group by all having count(*) > 1
        )
        select o.obs_key, o.indicator_id || ', ' || o.area_code || ', ' || o.period_end || ': stands ' || t.copies
            || ' times, here as ' || coalesce(cast(o.value as varchar), o.status) as detail
        from figures as o join twice as t using ({key}) where {at_fault}"""
    return query, _present(scope), ()


def rate_is_ratio(params: Params) -> Made:
    """`rate` is `per` times `numerator` over `denominator` for the same area, period and codes, within `tolerance`."""
    scope = _where(params)
    rate, top, bottom = (
        f"max(value) filter (indicator_id = {literal(str(params[k]))})" for k in ("rate", "numerator", "denominator")
    )
    is_rate = f"indicator_id = {literal(str(params['rate']))}"
    query = f"""
        with figures as ({_once(scope)}),
        sides as (
            select max(obs_key) filter ({is_rate}) as obs_key, {rate} as rate,
                {float(params.get("per", 1))!r} * {top} / nullif({bottom}, 0) as ratio
            from figures group by {_key("indicator_id")}
        )
        select obs_key, 'rate ' || rate || ', ratio ' || ratio as detail
        from sides where abs(rate - ratio) > {float(params["tolerance"])!r}"""
    return query, _present(f"{scope} and {is_rate}"), ()


def is_within(params: Params) -> Made:
    """Values in scope lie between `low` and `high`, both allowed."""
    scope = _where(params)
    broken = [f"value {sign} {float(params[k])!r}" for k, sign in (("low", "<"), ("high", ">")) if k in params]
    query = f"""
        select obs_key, indicator_id || ', ' || area_code || ', ' || period_end || ': ' || value as detail
        from {{batch}} where {scope} and ({" or ".join(broken) or "false"})"""
    return query, _present(f"{scope} and value is not null"), ()


def share_is_plausible(params: Params) -> Made:
    """No code of pattern `codes` holds more than `share` of all codes of pattern `of`, where they add to `at_least`."""
    dimension, scope = str(params["dimension"]), _where(params)
    codes = literal(_braced(str(params["codes"])))
    query = f"""
        with figures as ({_once(scope)}),
        shares as (
            select obs_key, area_code, period_end, {quoted(dimension)} as code, value,
                sum(value) over (partition by {_key(dimension)}) as whole
            from figures where {_matches(dimension, str(params["of"]))}
        )
        select obs_key, area_code || ', ' || period_end || ': ' || code || ' is ' || value || ' of ' || whole as detail
        from shares where regexp_full_match(code, {codes}) and value > {float(params["share"])!r} * whole
            and whole >= {float(params.get("at_least", 0))!r}"""
    return query, _present(f"{scope} and {_matches(dimension, str(params['codes']))} and value is not null"), ()


def sum_is_not_above(params: Params) -> Made:
    """Added over `by`, indicator `lower` is not above indicator `upper`."""
    lower, upper = (f"indicator_id = {literal(str(params[k]))}" for k in ("lower", "upper"))
    scope, by = _where(params), ", ".join(quoted(str(c)) for c in params["by"])
    query = f"""
        select min(obs_key) filter ({lower}) as obs_key, concat_ws(', ', {by}) || ': ' || sum(value) filter ({lower})
            || ' above ' || sum(value) filter ({upper}) as detail
        from {{batch}} where {scope} and ({lower} or {upper}) group by snapshot_id, {by}
        having sum(value) filter ({lower}) > sum(value) filter ({upper})"""
    return query, _present(f"{scope} and {lower}"), ()


def step_is_plausible(params: Params) -> Made:
    """A figure moves by no more than `share` between editions, or between periods of one file.

    `along` is "edition" or "period"; figures below `at_least` are left alone; `direction` "down" looks at falls only.
    """
    scope = _where(params)
    needs: tuple[str, ...] = ("snapshots",) if params["along"] == "edition" else ()
    if needs:
        key, order = ", ".join(quoted(c) for c in FIGURE), "released, vintage"
        source, many = _WITH_SNAPSHOTS, "count(distinct snapshot_id)"
    else:
        key, order = _key("period_start", "period_end"), "period_end"
        source, many = "figures", "count(distinct period_end)"
    moved = "before - value" if params.get("direction") == "down" else "abs(value - before)"
    query = f"""
        with figures as ({_once(scope)}),
        steps as (
            select obs_key, indicator_id, area_code, period_end, value,
                lag(value) over (partition by {key} order by {order}) as before
            from {source} where value is not null
        )
        select obs_key, indicator_id || ', ' || area_code || ', ' || period_end || ': ' || before || ' became ' || value
            as detail
        from steps where greatest(abs(before), abs(value)) >= {float(params.get("at_least", 0))!r}
            and {moved} > {float(params["share"])!r} * abs(before)"""
    return query, f"(select {many} from {{batch}} where {scope}) > 1", needs


def _present(where: str) -> str:
    return f"exists (select 1 from {{batch}} where {where})"


def _key(*without: str) -> str:
    return ", ".join(quoted(c) for c in ("snapshot_id", *FIGURE) if c not in without)


def _once(where: str) -> str:
    """Rows in scope, each figure of a file once: the one that stands first."""
    first = f"row_number() over (partition by {_key()} order by obs_key) = 1"
    return f"select * from {{batch}} where {where} qualify {first}"


def _matches(dimension: str, codes: str) -> str:
    return f"regexp_full_match({quoted(dimension)}, {literal(_braced(codes))})"


def _where(params: Params) -> str:
    return f"({_braced(str(params.get('where', 'true')))})"


def _braced(text: str) -> str:
    """Double the braces of SQL or a pattern, since `{batch}` is filled in by formatting."""
    return text.replace("{", "{{").replace("}", "}}")


def _half_unit(params: Params, value: str) -> str:
    """Half the rounding unit of a figure: a number, or steps [from this size, rounded to this]."""
    rounding = params.get("rounding", 0)
    if not isinstance(rounding, list):
        return repr(float(rounding) / 2)
    steps = (f"when abs({value}) >= {float(size)!r} then {float(unit) / 2!r}" for size, unit in reversed(rounding))
    return f"(case {' '.join(steps)} else 0 end)"


_NUMBER = (int, float)
_WHERE: Kinds = {"where": str}

IDIOMS: Mapping[str, Idiom] = {
    "parts_add_to_total": Idiom(
        parts_add_to_total,
        {"dimension": str, "parts": str},
        {**_WHERE, "total": str, "within": frozenset({"file", "edition"}), "rounding": (int, float, list),
         "tolerance": _NUMBER, "share": _NUMBER, "missing_at_most": _NUMBER},
        False,
    ),
    "indicators_add_up": Idiom(
        indicators_add_up, {"terms": list, "total": str}, {**_WHERE, "tolerance": _NUMBER}, False
    ),
    "codes_are_present": Idiom(
        codes_are_present, {"dimension": str, "codes": str, "count": int}, {**_WHERE, "crossed": bool}, False
    ),
    "members_are_present": Idiom(members_are_present, {}, {**_WHERE, "if_any": bool}, False),
    "stands_once": Idiom(stands_once, {}, {**_WHERE, "share": _NUMBER}, True),
    "has_one_value": Idiom(has_one_value, {}, {**_WHERE, "share": _NUMBER}, True),
    "rate_is_ratio": Idiom(
        rate_is_ratio,
        {"rate": str, "numerator": str, "denominator": str, "tolerance": _NUMBER},
        {**_WHERE, "per": _NUMBER},
        True,
    ),
    "is_within": Idiom(is_within, {}, {**_WHERE, "low": _NUMBER, "high": _NUMBER}, True),
    "share_is_plausible": Idiom(
        share_is_plausible,
        {"dimension": str, "codes": str, "of": str, "share": _NUMBER},
        {**_WHERE, "at_least": _NUMBER},
        True,
    ),
    "sum_is_not_above": Idiom(sum_is_not_above, {"lower": str, "upper": str, "by": list}, _WHERE, False),
    "step_is_plausible": Idiom(
        step_is_plausible,
        {"along": frozenset({"edition", "period"}), "share": _NUMBER},
        {**_WHERE, "at_least": _NUMBER, "direction": frozenset({"both", "down"})},
        True,
    ),
}  # fmt: skip
