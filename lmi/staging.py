"""Cells to observations: what each label means, by the source's declaration.

Owns: ignore rules, measures, code look-up, periods, scaling, symbols, and the account of every cell.
Never: guesses. A label, symbol or period that no declaration knows is quarantined and stops the source.

A label is resolved once per distinct text; rows carry only its place in a dictionary. Files pass through in batches, in
their own order, so that a file of 10^7 records needs the memory of one batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lmi.engine import connect, fetch, parquet_writer, replacing
from lmi.errors import UnknownCode
from lmi.figures import Read, held_values, named, read_figures, statuses_of
from lmi.labels import Resolved, combined, resolved
from lmi.lookups import CodeBook
from lmi.periods import PeriodValue, read_period
from lmi.raw.manifest import Snapshot
from lmi.registry import Dimension, Layout, Measure, Period, PeriodRule, Source
from lmi.sources.cells import batches, place_sql, relation
from lmi.tables import DIMENSIONS, OBSERVATIONS, QUARANTINE, TOTAL

#: How many labels an error shows: enough to see the pattern, short enough to read.
_SHOWN = 5
_KEY_SPAN = 2**32
#: Between the labels that decide a measure: a character that no publisher prints.
_BAR = "\x1f"


#: A rule's name, which rows break it, and what each row shows: in words only once a row does break it.
Broken: TypeAlias = tuple[str, pa.Array, Callable[[], pa.Array]]

_CODED = pa.dictionary(pa.int32(), pa.string())
#: The contract of observations with texts as dictionaries: what is written has the same columns.
_STAGED = pa.schema(
    [pa.field(f.name, _CODED if f.type == pa.string() else f.type, f.nullable) for f in OBSERVATIONS.arrow_schema()]
)


@dataclass(frozen=True)
class Account:
    """Every cell of a file, once: found = observed + missing + quarantined + ignored."""

    found: int = 0
    observed: int = 0
    missing: int = 0
    quarantined: int = 0
    ignored: Mapping[str, int] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """True when no cell is unaccounted for."""
        return self.found == self.observed + self.missing + self.quarantined + sum(self.ignored.values())


def stage(
    snapshot: Snapshot,
    source: Source,
    layout: Layout,
    cells: Path,
    codebook: CodeBook,
    observations: Path,
    quarantine: Path,
) -> Account:
    """Write the observations and the quarantined rows of one snapshot and return the account of its cells.

    Observations keep the order of the file, which is the order of their keys. Raises UnknownCode naming the labels,
    symbols or periods that no declaration knows; the quarantine file is written first, so that the refused rows and
    their rule can be seen.
    """
    stager = _Stager(snapshot, source, layout, codebook)
    with ExitStack() as stack:
        part = stack.enter_context(replacing(observations, durable=False))
        writer = stack.enter_context(parquet_writer(part, _STAGED, "obs_key", store_schema=False))
        beside = stack.enter_context(ThreadPoolExecutor(1))
        written: Future[None] | None = None
        for batch in batches(cells, layout.options):
            table = stager.read(batch)  # while the batch before is being written
            if written is not None:
                written.result()
            written = beside.submit(writer.write_table, table)
        if written is not None:
            written.result()
    refused = pa.concat_tables([QUARANTINE.arrow_schema().empty_table(), *stager.refused])
    with replacing(quarantine, durable=False) as part:
        pq.write_table(refused, part, compression="zstd")
    stager.raise_unknown(refused)
    return stager.account


def located(cells: Path, layout: Layout, snapshot_id: int, refused: pa.Table) -> pa.Table:
    """Return refused rows (tables.QUARANTINE without place and text) with where each stands and what is printed there."""
    with connect() as con:
        con.register("refused", refused)
        return fetch(
            con,
            f"select r.obs_key, r.snapshot_id, r.source_id, r.rule, r.reason, {place_sql('c')} as place, c.text "
            f"from refused as r join {relation(cells, layout.options)} as c "
            f"on r.obs_key = {snapshot_id}::bigint * {_KEY_SPAN} + c.ordinal order by r.obs_key, r.rule",
        )


class _Stager:
    """The rules of one snapshot's layout, applied to one batch of cells after the other."""

    def __init__(self, snapshot: Snapshot, source: Source, layout: Layout, codebook: CodeBook) -> None:
        self.snapshot, self.source, self.layout, self.codebook = snapshot, source, layout, codebook
        self.constants = {"vintage": snapshot.vintage, "part": snapshot.part, **snapshot.labels}
        self.account = Account()
        self.refused: list[pa.Table] = []
        self.memory: dict[str, dict[str, object]] = {}  # rule -> label -> its meaning, read once a file

    def read(self, cells: pa.Table) -> pa.Table:
        """Return the observations of one batch of cells, and add to the account and to the refused rows."""
        reasons = self._ignored(cells)
        kept = cells if reasons is None else cells.filter(pc.is_null(reasons))
        columns, broken = self._columns(kept)
        rule, shown = _first_broken(broken, kept.num_rows)
        good = pc.is_null(rule)
        bad = kept.num_rows - pc.sum(good).as_py() if kept.num_rows else 0
        table = pa.table(columns)
        if bad:
            self.refused.append(self._refuse(kept, rule, shown))
            table = table.filter(good)
        self._count(cells.num_rows, table, bad, reasons)
        return table.select(list(OBSERVATIONS.names)).cast(_STAGED)

    def raise_unknown(self, refused: pa.Table) -> None:
        """Raise UnknownCode for the rule that most rows broke, naming the first place and the commonest labels."""
        if not refused.num_rows:
            return
        counts = refused.group_by(["rule", "reason"]).aggregate([("obs_key", "count"), ("place", "min")]).to_pylist()
        counts.sort(key=lambda r: (-r["obs_key_count"], r["rule"], r["reason"]))
        mine = [r for r in counts if r["rule"] == counts[0]["rule"]]
        more = f" and {len(mine) - _SHOWN} more" if len(mine) > _SHOWN else ""
        first = refused.filter(pc.equal(refused["rule"], mine[0]["rule"]))["place"][0].as_py()
        raise UnknownCode(
            f"{sum(r['obs_key_count'] for r in mine)} cells break the rule {mine[0]['rule']}.",
            source=self.source.source_id,
            place=f"{self.snapshot.file_name}, {first}",
            expected="labels, symbols and periods that the declaration knows, none later than the release",
            found="; ".join(r["reason"] for r in mine[:_SHOWN]) + more,
            do=f"see lmi status --refused, then add what is new to lmi/sources/{self.source.source_id}.toml.",
        )

    def _columns(self, cells: pa.Table) -> tuple[dict[str, pa.Array], list[Broken]]:
        """Return the observation columns, and for each rule which rows break it and what they show."""
        broken: list[Broken] = []
        size = cells.num_rows
        measure = self._measure(cells, broken)
        columns: dict[str, pa.Array] = {
            "obs_key": pc.add(cells["ordinal"], self.snapshot.snapshot_id * _KEY_SPAN),
            "snapshot_id": pa.repeat(pa.scalar(self.snapshot.snapshot_id, pa.int64()), size),
            "indicator_id": measure.column(lambda m: m[0]),
            "maturity": measure.column(lambda m: m[2]),
            "correction_id": _nothing(size),
        }
        for name in ("area", *DIMENSIONS):
            columns["area_code" if name == "area" else name] = self._dimension(name, cells, broken)
        period = self._period(cells, broken)
        columns["period_start"] = period.column(lambda p: p.start, pa.date32())
        columns["period_end"] = period.column(lambda p: p.end, pa.date32())
        columns["period_kind"] = period.column(lambda p: p.kind)
        self._not_begun(period, measure, broken)
        columns |= self._value(cells, measure.column(lambda m: m[1], pa.float64()), broken)
        return columns, broken

    # One method per kind of rule.

    def _ignored(self, cells: pa.Table) -> pa.Array | None:
        """Return the reason for which each cell is ignored, or null; None when nothing is ever ignored."""
        found: pa.Array | None = None
        by_label: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        for rule in self.layout.ignore:
            by_label.setdefault(rule.label, []).append((re.compile(rule.pattern), rule.reason))
        for label, rules in by_label.items():
            reason = self._resolve(f"ignore {label}", label, cells, partial(_reason, rules)).column(str)
            decoded = reason.cast(pa.string())
            found = decoded if found is None else pc.coalesce(found, decoded)
        return found

    def _measure(self, cells: pa.Table, broken: list[Broken]) -> Resolved:
        labels = sorted({label for m in self.layout.measures for label in _labels_of(m)})
        read = partial(_measure_of, self.layout.measures, labels)
        if not labels:
            return resolved(_constant("", cells.num_rows), read, self._known("measure"))
        joined = combined([self._label(label, cells) for label in labels], _BAR)
        found = resolved(joined, read, self._known("measure"))
        broken.append(("no_measure", found.unknown, lambda: found.shown("the measure")))
        return found

    def _dimension(self, name: str, cells: pa.Table, broken: list[Broken]) -> pa.Array:
        rule = self.layout.dimensions.get(name)
        if rule is None or rule.label is None:
            return _constant(TOTAL if rule is None or rule.const is None else rule.const, cells.num_rows)
        found = self._resolve(name, rule.label, cells, partial(_code_of, rule, self.codebook))
        broken.append((f"unknown_{name}", found.unknown, lambda: found.shown(f"the {name}")))
        return found.column(str)

    def _period(self, cells: pa.Table, broken: list[Broken]) -> Resolved:
        rule = self.layout.period
        if rule is None:
            raise UnknownCode("the layout has no period.", source=self.source.source_id)
        if rule.label is None:
            return resolved(
                _constant(rule.const or "", cells.num_rows), partial(_read_by_rule, rule), self._known("period")
            )
        found = self._resolve("period", rule.label, cells, partial(_read_by_rule, rule))
        broken.append(("unknown_period", found.unknown, lambda: found.shown("the period")))
        return found

    def _not_begun(self, period: Resolved, measure: Resolved, broken: list[Broken]) -> None:
        """What is no projection is of no period that began after the file was released: its dates would be shifted."""
        day = self.snapshot.released
        later = pa.array([m is not None and m.start > day for m in period.meanings], pa.bool_())
        if pc.any(later, min_count=0).as_py():
            counted = pa.array([m is None or m[2] != "projected_by_publisher" for m in measure.meanings], pa.bool_())
            rows = pc.and_(later.take(period.places), counted.take(measure.places))
            broken.append(("period_not_begun", rows, lambda: period.shown(f"released on {day}, the period")))

    def _value(self, cells: pa.Table, scale: pa.Array, broken: list[Broken]) -> dict[str, pa.Array]:
        """A number is a number; anything else must be a declared symbol, and its reason is kept."""
        text = _whole(cells["text"])
        figure = read_figures(text, self.layout.symbols, thousands=self.layout.thousands)
        broken.append(("unknown_symbol", figure.unknown, lambda: _quoted("the symbol", text)))
        weak: list[Read] = []
        half_width = pa.nulls(cells.num_rows, pa.float64())
        for name, symbols in (("conf", self.layout.conf_symbols), ("flag", self.layout.flag_symbols)):
            beside = _whole(cells[f"{name}_text"])
            if beside.null_count == len(beside):
                continue
            said = read_figures(beside, symbols, are_numbers=name == "conf", thousands=self.layout.thousands)
            stands = pc.and_(said.unknown, pc.not_equal(pc.utf8_trim_whitespace(pc.fill_null(beside, "")), ""))
            if name == "conf":
                half_width = said.numbers
            broken.append((f"unknown_{name}", stands, partial(_quoted, f"the {name}", beside)))
            weak.insert(0, said)
        status = statuses_of(figure, weak)
        return {
            "value": held_values(pc.multiply(figure.numbers, scale), status),
            "ci_half_width": pc.multiply(half_width, scale),
            "status": named(status),
        }

    def _resolve(self, rule: str, label: str, cells: pa.Table, read: Callable[[str], object]) -> Resolved:
        return resolved(self._label(label, cells), read, self._known(rule))

    def _known(self, rule: str) -> dict[str, object]:
        return self.memory.setdefault(rule, {})

    def _label(self, label: str, cells: pa.Table) -> pa.DictionaryArray:
        """Return a label as a dictionary array; `a|b` is two labels with a bar between."""
        parts = []
        for name in label.split("|"):
            if name in cells.column_names:
                parts.append(_whole(cells[name]))
            elif name in self.constants:
                parts.append(_constant(self.constants[name], cells.num_rows))
            else:
                raise UnknownCode(
                    f"the file has no column {name!r} that its declaration reads.",
                    source=self.source.source_id,
                    place=self.snapshot.file_name,
                    expected=label,
                    found=", ".join(cells.column_names),
                    do="see what the publisher renamed or dropped, then change the declaration.",
                )
        return combined(parts)

    def _refuse(self, cells: pa.Table, rule: pa.Array, shown: pa.Array) -> pa.Table:
        bad = pc.is_valid(rule)
        rows = cells.filter(bad)
        where = [_place_of(*at) for at in zip(*(rows[n].to_pylist() for n in ("sheet", "row", "column")), strict=True)]
        return QUARANTINE.conform(
            pa.table(
                {
                    "obs_key": pc.add(rows["ordinal"], self.snapshot.snapshot_id * _KEY_SPAN),
                    "snapshot_id": pa.repeat(pa.scalar(self.snapshot.snapshot_id, pa.int64()), rows.num_rows),
                    "source_id": pa.repeat(self.source.source_id, rows.num_rows),
                    "rule": rule.filter(bad),
                    "reason": pc.binary_join_element_wise("no declaration knows", shown.filter(bad), " "),
                    "place": pa.array(where, pa.string()),
                    "text": _whole(rows["text"]).cast(pa.string()),
                }
            )
        )

    def _count(self, found: int, table: pa.Table, bad: int, reasons: pa.Array | None) -> None:
        ignored = dict(self.account.ignored)
        if reasons is not None:
            for row in reasons.drop_null().value_counts().to_pylist():
                ignored[row["values"]] = ignored.get(row["values"], 0) + row["counts"]
        held = table.num_rows - table["value"].null_count
        now = self.account
        self.account = Account(
            now.found + found, now.observed + held, now.missing + table.num_rows - held, now.quarantined + bad, ignored
        )


def _first_broken(broken: Sequence[Broken], size: int) -> tuple[pa.Array, pa.Array]:
    """Return for each row the first rule that it breaks and what it shows, or nulls."""
    rule, shown = pa.nulls(size, pa.string()), pa.nulls(size, pa.string())
    for name, rows, words in broken:
        if pc.any(rows, min_count=0).as_py():
            new = pc.and_(pc.is_null(rule), rows)
            rule = pc.if_else(new, name, rule)
            shown = pc.if_else(new, words(), shown)
    return rule, shown


def _reason(rules: Sequence[tuple[re.Pattern[str], str]], label: str) -> str | None:
    for pattern, reason in rules:
        if pattern.fullmatch(label):
            return reason
    return None


def _labels_of(measure: Measure) -> set[str]:
    return set(measure.when) | {key.partition("~")[0] for key in measure.maturity_when}


def _measure_of(measures: Sequence[Measure], names: Sequence[str], text: str) -> tuple[str, float, str] | None:
    labels = dict(zip(names, text.split(_BAR), strict=True)) if names else {}
    for measure in measures:
        if all(_matches(pattern, labels[label]) for label, pattern in measure.when.items()):
            for key, maturity in measure.maturity_when.items():
                label, _, pattern = key.partition("~")
                if _matches(pattern, labels[label]):
                    return measure.indicator, measure.scale, maturity
            return measure.indicator, measure.scale, measure.maturity
    return None


#: A source has hundreds of measures and dimensions: Python's own memory of patterns is small and slow for so many.
_pattern = cache(re.compile)


@lru_cache(2**16)
def _matches(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


def _code_of(rule: Dimension, codebook: CodeBook, label: str) -> str | None:
    if label in rule.map:
        return rule.map[label]
    for step in rule.rules:
        match = _pattern(step.pattern).fullmatch(label)
        if match:
            picked = next((group for group in match.groups() if group is not None), label)
            return step.value if step.by == "const" else codebook.resolve(picked, step)
    return None


def _read(text: str, rule: Period | PeriodRule, part_pattern: str | None) -> PeriodValue:
    return read_period(text, rule.form, pattern=rule.pattern, part_pattern=part_pattern, template=rule.template)


def _read_by_rule(rule: Period, text: str) -> PeriodValue | None:
    """Return the period by the first of the rule's forms whose pattern matches, else by its general form."""
    try:
        for step in rule.rules:
            if re.fullmatch(step.pattern, text.strip()):
                return _read(text, step, rule.part_pattern)
        return _read(text, rule, rule.part_pattern)
    except UnknownCode:
        return None


def _quoted(what: str, text: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(what, pc.binary_join_element_wise("'", pc.fill_null(text, ""), "'", ""), " ")


def _constant(value: str, size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(_zeros(size), pa.array([value], pa.string()))


@lru_cache(maxsize=2)
def _zeros(size: int) -> pa.Array:
    """Return the places of a constant, made once a batch: most columns of most files are constants."""
    return pa.repeat(pa.scalar(0, pa.int32()), size)


def _nothing(size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.nulls(size, pa.int32()), pa.array([], pa.string()))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) and whole.num_chunks == 1 else whole


def _place_of(sheet: str | None, row: int, column: str) -> str:
    return f"{sheet}!{column}{row}" if sheet else f"record {row}, column {column}"


__all__ = ["Account", "located", "stage"]
