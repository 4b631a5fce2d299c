"""The views that marts read: one indicator each, its free dimensions at one level of their code lists.

Owns: the SQL of a view, and which views the declared indicators make. Never: holds a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from lmi.contract import literal, quoted
from lmi.engine import Connection, fetch
from lmi.errors import DeclarationError
from lmi.registry import Indicator
from lmi.tables import DIMENSIONS, TOTAL

#: Written in a view's declaration for a dimension whose every code but the total is wanted.
ANY_CODE = ("*", "*")


@dataclass(frozen=True)
class SeriesView:
    """One view: an indicator, and for each free dimension the scheme and the level of its codes."""

    name: str
    indicator_id: str
    comment: str
    levels: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = set(self.levels) - set(DIMENSIONS)
        if unknown:
            raise DeclarationError(
                f"view {self.name} has the unknown dimension {sorted(unknown)}.", expected=", ".join(DIMENSIONS)
            )

    def sql(self) -> str:
        """Return `create view` and its comment: free dimensions at one level, every other dimension at its total."""
        free = [d for d in DIMENSIONS if d in self.levels]
        columns = ["area_code", "period_start", "period_end", "period_kind", "year(known.period_end) as year", *free]
        columns += ["value", "ci_half_width", "status", "maturity", "vintage", "source_id", "obs_key"]
        where = [f"known.indicator_id = {literal(self.indicator_id)}"]
        where += [f"known.{d} = {literal(TOTAL)}" for d in DIMENSIONS if d not in self.levels]
        where += [_at_level(d, *self.levels[d]) for d in free]
        select = ", ".join(c if " " in c else f"known.{c}" for c in columns)
        name = quoted(self.name)
        return (
            f"create view {name} as select {select} from known where {' and '.join(where)};\n"
            f"comment on view {name} is {literal(self.comment)};"
        )


def series_views(indicators: Iterable[Indicator]) -> tuple[SeriesView, ...]:
    """Return the views that the indicators declare, sorted by name: `<indicator>_<view>`."""
    made = []
    for indicator in indicators:
        for breakdown, dimensions in indicator.views.items():
            levels = {d: _level(declared, indicator.indicator_id, breakdown) for d, declared in dimensions.items()}
            words = ", ".join(f"{d} at {declared}" for d, declared in dimensions.items()) or "total"
            comment = f"{indicator.unit} | {indicator.title}; {words}"
            made.append(SeriesView(f"{indicator.indicator_id}_{breakdown}", indicator.indicator_id, comment, levels))
    return tuple(sorted(made, key=lambda view: view.name))


def rows_in_no_view(con: Connection, views: Iterable[SeriesView]) -> pa.Table:
    """Return the figures that are known but that no view shows, counted by indicator and by dimensions in use.

    A figure that no view shows cannot reach a mart, so the build report lists this table: absence is not success.
    """
    shown = (
        " union all ".join(f"select obs_key from {quoted(v.name)}" for v in views) or "select 0 as obs_key where false"
    )
    used = ", ".join(f"case when {d} <> {literal(TOTAL)} then '{d}' end" for d in DIMENSIONS)
    return fetch(
        con,
        f"""select indicator_id, concat_ws(', ', {used}) as dimensions, count(*) as figures, min(obs_key) as example
            from known where obs_key not in ({shown}) group by all order by all""",
    )


def _at_level(dimension: str, scheme: str, level: str) -> str:
    if (scheme, level) == ANY_CODE:
        return f"known.{dimension} <> {literal(TOTAL)}"
    of_level = f"select code from codes where scheme = {literal(scheme)} and level = {literal(level)}"
    return f"known.{dimension} in ({of_level})"


def _level(declared: str, indicator_id: str, breakdown: str) -> tuple[str, str]:
    if declared == "*":
        return ANY_CODE
    scheme, colon, level = declared.partition(":")
    if not (scheme and colon and level):
        raise DeclarationError(
            "a view names a code level badly.",
            place=f"declared/indicators.toml, key {indicator_id}.views.{breakdown}",
            expected='"scheme:level" or "*"',
            found=repr(declared),
        )
    return scheme, level
