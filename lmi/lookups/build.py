"""A look-up's cells to codes, crosswalks and members, as its declaration says.

Owns: `build_lookup_tables`, `merge_lookups`, and the checks on weights. Never: knows a code, drops a label unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from lmi.errors import ContractError, LmiError, ParseError
from lmi.lookups.codebook import CodeBook
from lmi.lookups.names import slug
from lmi.lookups.tables import CONTRACTS, first_of_each
from lmi.registry import ColumnSpec, Layout, Produce, Rule, Source
from lmi.tables import CROSSWALKS

Made = TypeVar("Made")
_IDS = ("crosswalk_id", "from_code")
_KEY = (*_IDS, "to_code")


def build_lookup_tables(
    cells: pa.Table, source: Source, layout: Layout, snapshot_id: int, codebook: CodeBook
) -> dict[str, pa.Table]:
    """Return the tables that the layout produces, by name, each in its contract's columns and unique on its key.

    The names are those of `CONTRACTS`; `crosswalk_inputs` comes with weights that are worked out from amounts.
    Of rows with one key the first cell stands. Raises UnknownCode for a label that no code list knows, ParseError for a
    column or a kind of row that the file lacks, and ContractError for a value that is no number, for a weight outside
    0 to 1, for one pair with two weights, or for a complete mapping whose weights from one code do not add to one.
    """
    reader = _Reader(cells, source.source_id, snapshot_id, codebook)
    made: dict[str, list[pa.Table]] = {}
    complete: dict[str, float] = {}
    for produce in layout.produces:
        parts = reader.tables(produce)
        for name, rows in parts.items():
            made.setdefault(name, []).append(rows)
        if produce.complete:
            ids = parts[CROSSWALKS.name]["crosswalk_id"].unique().to_pylist()
            complete |= {str(crosswalk_id): produce.tolerance for crosswalk_id in ids}
    merged = {name: pa.concat_tables(rows) for name, rows in made.items()}
    if CROSSWALKS.name in merged:
        _check_weights(merged[CROSSWALKS.name], source.source_id)
    tables = {name: first_of_each(rows, CONTRACTS[name].key) for name, rows in merged.items()}
    for crosswalk_id, tolerance in complete.items():
        check_complete(tables[CROSSWALKS.name], crosswalk_id, tolerance, source.source_id)
    return tables


def merge_lookups(lookups: Mapping[str, Sequence[pa.Table]]) -> dict[str, pa.Table]:
    """Return one table a name from the tables of many sources; of rows with one key the first stands."""
    return {
        name: first_of_each(
            pa.concat_tables([contract.arrow_schema().empty_table(), *map(contract.conform, lookups.get(name, ()))]),
            contract.key,
        )
        for name, contract in CONTRACTS.items()
    }


def check_complete(crosswalks: pa.Table, crosswalk_id: str, tolerance: float, source: str) -> None:
    """Raise ContractError when the weights from any code of one mapping miss one by more than `tolerance`."""
    mine = crosswalks.filter(pc.equal(crosswalks["crosswalk_id"], pa.scalar(crosswalk_id)))
    sums = mine.group_by(list(_IDS)).aggregate([("weight", "sum")])
    off = sums.filter(pc.greater(pc.abs(pc.subtract(sums["weight_sum"], pa.scalar(1.0))), pa.scalar(tolerance)))
    if off.num_rows:
        worst = off.sort_by([(name, "ascending") for name in _IDS]).slice(0, 1).to_pylist()[0]
        raise ContractError(
            f"the weights of {off.num_rows} codes of a complete mapping do not add to one.",
            source=source,
            place=f"{worst['crosswalk_id']}, from {worst['from_code']}",
            expected=f"a sum of 1, or within {tolerance:g} of it",
            found=f"{worst['weight_sum']:.9g}",
            do="ask the publisher, or declare the mapping as not complete.",
        )


def _check_weights(crosswalks: pa.Table, source: str) -> None:
    spread = crosswalks.group_by(list(_KEY)).aggregate([("weight", "min"), ("weight", "max")])
    low, high = spread["weight_min"], spread["weight_max"]
    wrong = pc.or_(pc.or_(pc.less(low, pa.scalar(0.0)), pc.greater(high, pa.scalar(1.0))), pc.not_equal(low, high))
    bad = spread.filter(wrong)
    if bad.num_rows:
        first = bad.slice(0, 1).to_pylist()[0]
        raise ContractError(
            "a pair of codes has two weights, or one that is no share.",
            source=source,
            place=f"{first['crosswalk_id']}, from {first['from_code']} to {first['to_code']}",
            expected="one weight from 0 to 1",
            found=f"{first['weight_min']:g} to {first['weight_max']:g}",
            do="see whether the file repeats the pair, then narrow `where` in the declaration.",
        )


class _Reader:
    """One look-up file: its cells, and where an error in them is."""

    def __init__(self, cells: pa.Table, source: str, snapshot_id: int, codebook: CodeBook) -> None:
        self.source, self.codebook = source, codebook
        kinds = [pa.string() if pa.types.is_dictionary(f.type) else f.type for f in cells.schema]
        self.cells = cells.cast(pa.schema([pa.field(f.name, k) for f, k in zip(cells.schema, kinds, strict=True)]))
        keys = pc.add(self.cells["ordinal"], pa.scalar(snapshot_id * 2**32, pa.int64()))
        self.cells = self.cells.append_column("obs_key", keys)

    def tables(self, produce: Produce) -> dict[str, pa.Table]:
        """Return the rows of one declared table, and the inputs of its weights when these are worked out."""
        contract = CONTRACTS[produce.table]
        rows = self._where(produce)
        columns = {"obs_key": rows["obs_key"].combine_chunks()}
        for column in contract.columns:
            spec = produce.columns.get(column.name)
            if spec is not None:
                text = self._text(rows, spec)
                columns[column.name] = self._number(rows, spec, text) if column.type == "number" else text
            elif column.nullable:
                columns[column.name] = pa.nulls(rows.num_rows, pa.string())
        extra = (set(produce.columns) | set(columns)) ^ set(contract.names)
        if extra:
            raise ContractError(
                f"the declaration of {produce.table} does not give its columns.",
                source=self.source,
                expected=", ".join(contract.names),
                found=f"missing or unknown: {', '.join(sorted(extra))}",
                do="mend `columns` of the layout's `produces`.",
            )
        made = pa.table({name: columns[name] for name in contract.names})
        for column in contract.columns:
            if not column.nullable:
                made = made.filter(pc.is_valid(made[column.name]))
        return _shares(made) if produce.share else {produce.table: contract.conform(made)}

    def _where(self, produce: Produce) -> pa.Table:
        rows = self.cells
        for label, pattern in produce.where.items():
            compiled = re.compile(pattern)
            hit = self._each(rows, label, lambda text, c=compiled: c.fullmatch(text) is not None, pa.bool_())  # type: ignore[misc]
            rows = rows.filter(hit)
        if rows.num_rows == 0:
            raise ParseError(
                f"no record is a row of {produce.table}.",
                source=self.source,
                expected=", ".join(f"{k} like {v!r}" for k, v in produce.where.items()) or "at least one record",
                found="none",
                do="see what the publisher changed, then change the declaration.",
            )
        return rows

    def _each(self, rows: pa.Table, label: str, read: Callable[[str], Made | None], kind: pa.DataType) -> pa.Array:
        """Return `read` of each row's label, called once for each different text; null text reads as ""."""
        if label not in rows.column_names:
            raise ParseError(
                f"the file has no column {label!r}.",
                source=self.source,
                expected=label,
                found=", ".join(rows.column_names),
                do="see what the publisher renamed, then change the declaration.",
            )
        column: Any = rows[label]
        texts = pc.call_function("utf8_trim_whitespace", [column.fill_null("")]).combine_chunks().dictionary_encode()
        return pa.array([read(text) for text in texts.dictionary.to_pylist()], kind).take(texts.indices)

    def _text(self, rows: pa.Table, spec: ColumnSpec) -> pa.Array:
        if spec.const is not None:
            return pa.array([spec.const] * rows.num_rows, pa.string())
        if spec.parts:
            parts = [self._text(rows, part) for part in spec.parts]
            return pc.binary_join_element_wise(*parts, pa.scalar(spec.sep))  # type: ignore[call-overload]
        label = spec.number or spec.label or ""
        made = self._each(rows, label, lambda text: self._read(text, spec), pa.string())
        if made.null_count and not spec.optional:
            at = pc.index(pc.is_null(made), True).as_py()
            raise self._no_value(rows.slice(at, 1).to_pylist()[0], label, spec)
        return made

    def _read(self, text: str, spec: ColumnSpec) -> str | None:
        """Return what a column makes of one text, or None when it makes nothing of it."""
        if text in spec.map:
            return spec.map[text]
        if not text or (spec.map and not (spec.pattern or spec.slug or spec.scheme)):
            return None
        if spec.pattern is not None:
            match = re.fullmatch(spec.pattern, text)
            if match is None:
                return None
            text = next((g for g in match.groups() if g is not None), match[0])
        if spec.remove:
            text = text.replace(spec.remove, "")
        text = text.ljust(spec.pad_right, "0").rjust(spec.pad, "0")
        text = text.lower() if spec.lower else text
        if spec.slug:
            text = slug(text)
        if spec.scheme is not None:
            code = self.codebook.resolve(text, Rule(scheme=spec.scheme, level=spec.level))
            return None if code is None else spec.prefix + code
        return spec.prefix + text

    def _number(self, rows: pa.Table, spec: ColumnSpec, text: pa.Array) -> pa.Array:
        try:
            return text.cast(pa.float64())
        except pa.ArrowInvalid as error:
            raise ContractError(
                "a weight is not a number.",
                source=self.source,
                place=f"column {spec.number or spec.label}",
                found=str(error),
            ) from error

    def _no_value(self, row: Mapping[str, object], label: str, spec: ColumnSpec) -> LmiError:
        text = str(row[label] or "").strip()
        sheet = row["sheet"]
        place = f"{sheet}!{row['column']}{row['row']}" if sheet else f"record {row['row']}, column {label}"
        if spec.scheme is not None and text:
            return self.codebook.unknown(
                text, Rule(scheme=spec.scheme, level=spec.level), source=self.source, place=place
            )
        return ContractError(
            f"nothing can be made of the {label} {text!r}.",
            source=self.source,
            place=place,
            expected=f"one of {', '.join(spec.map)}" if spec.map else f"text like {spec.pattern or 'anything'!r}",
            found=repr(text),
            do="see what the publisher changed, then change the declaration.",
        )


def _shares(amounts: pa.Table) -> dict[str, pa.Table]:
    """Return crosswalks whose weight is a pair's amount over its from-code's amount, and every cell behind each.

    A from-code whose amounts add to nothing has no shares. A row's own key is that of the first cell added up.
    """
    pairs = amounts.group_by(list(_KEY), use_threads=False).aggregate(
        [("weight", "sum"), ("obs_key", "min"), ("note", "first")]
    )
    wholes = (
        amounts.group_by(list(_IDS), use_threads=False)
        .aggregate([("weight", "sum")])
        .rename_columns({"weight_sum": "whole"})
    )
    joined = pairs.join(wholes, list(_IDS)).sort_by([(name, "ascending") for name in _KEY])
    joined = joined.filter(pc.greater(joined["weight_sum"], pa.scalar(0.0)))
    shares: dict[str, Any] = {
        **{name: joined[name] for name in _KEY},
        "weight": pc.divide(joined["weight_sum"], joined["whole"]),
        "note": joined["note_first"],
        "obs_key": joined["obs_key_min"],
    }
    pairs, cells = joined.select(list(_KEY)), amounts.select([*_KEY, "obs_key"])
    whole = pairs.join(cells.rename_columns({"to_code": "other"}), list(_IDS)).drop_columns(["other"])
    roles = {"part": pairs.join(cells, list(_KEY)), "whole": whole}
    inputs = pa.concat_tables(
        [t.append_column("role", pa.array([r] * t.num_rows, pa.string())) for r, t in roles.items()]
    )
    inputs = inputs.rename_columns({"obs_key": "input_key"})
    contract = CONTRACTS["crosswalk_inputs"]
    tidy = inputs.select(list(contract.names)).sort_by([(name, "ascending") for name in contract.key])
    return {CROSSWALKS.name: CROSSWALKS.conform(pa.table(shares)), contract.name: contract.conform(tidy)}
