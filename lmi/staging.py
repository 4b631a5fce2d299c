"""Cells to observations: what each label means, by the source's declaration.

Owns: ignore rules, measures, code look-up, periods, scaling, symbols, and the account of every cell.
Never: guesses. A label, symbol or period that no declaration knows is quarantined and stops the source.

Labels are resolved once per distinct value; the rows themselves never leave DuckDB.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lmi.contract import literal, quoted
from lmi.engine import Connection, connect, fetch, replacing
from lmi.errors import UnknownCode
from lmi.lookups import CodeBook
from lmi.periods import PeriodValue, read_period
from lmi.raw.manifest import Snapshot
from lmi.registry import Dimension, Layout, Measure, Period, Source
from lmi.tables import CELL_FIELDS, DIMENSIONS, TOTAL

_PLACE = "case when sheet is null then 'record ' || row || ', column ' || \"column\" else sheet || '!' || \"column\" || row end"
#: How many labels an error shows: enough to see the pattern, short enough to read.
_SHOWN = 5


@dataclass(frozen=True)
class Account:
    """Every cell of a file, once: found = observed + missing + quarantined + ignored."""

    found: int
    observed: int
    missing: int
    quarantined: int
    ignored: Mapping[str, int]

    @property
    def balanced(self) -> bool:
        """True when no cell is unaccounted for."""
        return self.found == self.observed + self.missing + self.quarantined + sum(self.ignored.values())


def stage(
    snapshot: Snapshot, source: Source, layout: Layout, cells: Path, codebook: CodeBook, observations: Path, quarantine: Path
) -> Account:
    """Write the observations and the quarantined rows of one snapshot and return the account of its cells.

    Raises UnknownCode naming the labels, symbols or periods that no declaration knows; the quarantine file is written
    first, so that the refused rows and their rule can be seen.
    """
    with connect(preserve_insertion_order=False) as con:
        stager = _Stager(con, snapshot, source, layout, codebook)
        stager.open_cells(cells)
        stager.resolve()
        account = stager.write(observations, quarantine)
        stager.raise_unknown()
    return account


def located(cells: Path, snapshot_id: int, refused: pa.Table) -> pa.Table:
    """Return refused rows (tables.QUARANTINE without place and text) with where each stands and what is printed there."""
    with connect() as con:
        con.register("refused", refused)
        return fetch(
            con,
            f"select r.obs_key, r.snapshot_id, r.source_id, r.rule, r.reason, {_PLACE} as place, c.text "
            f"from refused as r join read_parquet({literal(str(cells))}) as c "
            f"on r.obs_key = {snapshot_id}::bigint * 4294967296 + c.ordinal order by r.obs_key, r.rule",
        )


class _Stager:
    """The working state of one snapshot's staging: label maps registered beside the cells."""

    def __init__(self, con: Connection, snapshot: Snapshot, source: Source, layout: Layout, codebook: CodeBook) -> None:
        self.con, self.snapshot, self.source, self.layout, self.codebook = con, snapshot, source, layout, codebook
        self.expr: dict[str, str] = {}  # dimension, or period -> SQL that yields it
        self.joins: list[str] = []
        self.ignored: list[str] = []
        self.unknown: dict[str, str] = {}  # rule -> SQL condition that a row breaks it
        self.why: dict[str, str] = {}  # rule -> the expression that shows what was found
        self.held: list[pa.Table] = []

    def open_cells(self, cells: Path) -> None:
        """Make the relation `cells`, with the snapshot's constant labels as columns where they are needed."""
        constants = {"vintage": self.snapshot.vintage, "part": self.snapshot.part, **self.snapshot.labels}
        have = fetch(self.con, f"select * from read_parquet({literal(str(cells))}) limit 0").column_names
        extra = "".join(f", {literal(v)} as {quoted(k)}" for k, v in constants.items() if k not in have)
        self.con.execute(f"create view cells as select *{extra} from read_parquet({literal(str(cells))})")
        self.labels = set(have) - set(CELL_FIELDS.names) | set(constants)

    def resolve(self) -> None:
        """Register one small table per rule, from distinct labels to what they mean."""
        self._resolve_ignored()
        self._resolve_measures()
        for name in ("area", *DIMENSIONS):
            self._resolve_dimension(name, self.layout.dimensions.get(name))
        self._resolve_period()
        self._resolve_symbols()

    def write(self, observations: Path, quarantine: Path) -> Account:
        """Write both files and count every cell."""
        from_rows = "from cells as c " + " ".join(self.joins)
        drop = " or ".join(self.ignored) or "false"
        broken = " or ".join(f"({condition})" for condition in self.unknown.values()) or "false"
        kept = f"not ({drop}) and not ({broken})"
        self._copy(f"select {self._columns()} {from_rows} where {kept} order by obs_key", observations)
        rule = "case " + " ".join(f"when {cond} then {literal(name)}" for name, cond in self.unknown.items()) + " end"
        found = "case " + " ".join(f"when {self.unknown[n]} then {expr}" for n, expr in self.why.items()) + " end"
        self._copy(
            f"select {self._key()} as obs_key, {self.snapshot.snapshot_id}::bigint as snapshot_id, "
            f"{literal(self.source.source_id)} as source_id, {rule} as rule, "
            f"'no declaration knows ' || coalesce({found}, 'it') as reason, {_PLACE.replace('row', 'c.row')} as place, c.text as text "
            f"{from_rows} where not ({drop}) and ({broken}) order by obs_key",
            quarantine,
        )
        return self._count(observations, quarantine, from_rows, drop)

    def raise_unknown(self) -> None:
        """Raise UnknownCode for the first rule that any row broke."""
        for rule, rows in self.broken.items():
            first = rows[0]
            raise UnknownCode(
                f"{sum(r['n'] for r in rows)} cells break the rule {rule}.",
                source=self.source.source_id,
                place=f"{self.snapshot.file_name}, {first['place']}",
                expected="labels, symbols and periods that the declaration knows",
                found="; ".join(r["reason"] for r in rows[:_SHOWN]) + (f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""),
                do=f"see the quarantined rows (lmi status), then add what is new to lmi/sources/{self.source.source_id}.toml.",
            )

    def _copy(self, sql: str, path: Path) -> None:
        with replacing(path) as part:
            self.con.execute(f"copy ({sql}) to {literal(str(part))} (format parquet, compression zstd)")

    def _key(self) -> str:
        return f"({self.snapshot.snapshot_id}::bigint * 4294967296 + c.ordinal)"

    def _columns(self) -> str:
        dimensions = ", ".join(f"{self.expr[name]} as {name}" for name in DIMENSIONS)
        return (
            f"{self._key()} as obs_key, {self.snapshot.snapshot_id}::bigint as snapshot_id, m.indicator_id, "
            f"{self.expr['area']} as area_code, {self.expr['period']}, {dimensions}, "
            f"case when {self.status} in ('ok', 'unreliable') then v.number * m.scale end as value, "
            f"try_cast(c.conf_text as double) * m.scale as ci_half_width, {self.status} as status, "
            "m.maturity, cast(null as varchar) as correction_id"
        )

    def _count(self, observations: Path, quarantine: Path, from_rows: str, drop: str) -> Account:
        number = "select count(*) as n, count(value) as held"
        made = fetch(self.con, f"{number} from read_parquet({literal(str(observations))})").to_pylist()[0]
        refused = fetch(
            self.con,
            "select rule, reason, count(*) as n, min(place) as place "
            f"from read_parquet({literal(str(quarantine))}) group by rule, reason order by rule, n desc, reason",
        ).to_pylist()
        self.broken: dict[str, list[dict]] = {}
        for row in refused:
            self.broken.setdefault(row["rule"], []).append(row)
        reasons = "coalesce(" + ", ".join([*self.reasons, "'no reason'"]) + ")"
        dropped = (
            fetch(self.con, f"select {reasons} as reason, count(*) as n {from_rows} where {drop} group by 1 order by 1").to_pylist()
            if self.ignored
            else []
        )
        found = fetch(self.con, "select count(*) as n from cells")["n"][0].as_py()
        return Account(
            found=found,
            observed=made["held"],
            missing=made["n"] - made["held"],
            quarantined=sum(r["n"] for r in refused),
            ignored={r["reason"]: r["n"] for r in dropped},
        )

    # One method per kind of rule. Each adds a join, and what makes a row ignored or unknown.

    def _resolve_ignored(self) -> None:
        self.reasons: list[str] = []
        by_label: dict[str, list[tuple[str, str]]] = {}
        for rule in self.layout.ignore:
            by_label.setdefault(rule.label, []).append((rule.pattern, rule.reason))
        for i, (label, rules) in enumerate(by_label.items()):
            compiled = [(re.compile(pattern), reason) for pattern, reason in rules]

            def reason_of(value: str, compiled: list[tuple[re.Pattern[str], str]] = compiled) -> str | None:
                return next((reason for pattern, reason in compiled if pattern.fullmatch(value)), None)

            self._join(f"ignore_{i}", label, {"reason": reason_of})
            self.ignored.append(f"ignore_{i}.reason is not null")
            self.reasons.append(f"ignore_{i}.reason")

    def _resolve_measures(self) -> None:
        labels = sorted({label for m in self.layout.measures for label in self._labels_of(m)})
        if not labels:
            only = self.layout.measures[0]
            self.joins.append(
                f"cross join (select {literal(only.indicator)} as indicator_id, {only.scale!r}::double as scale, "
                f"{literal(only.maturity)} as maturity) as m"
            )
            return
        combos = self._distinct(labels)
        made = [self._measure_of(dict(zip(labels, combo, strict=True))) for combo in combos]
        table = pa.table(
            {
                **{f"l{i}": pa.array([c[i] for c in combos], pa.string()) for i in range(len(labels))},
                "indicator_id": pa.array([m and m[0] for m in made], pa.string()),
                "scale": pa.array([m and m[1] for m in made], pa.float64()),
                "maturity": pa.array([m and m[2] for m in made], pa.string()),
            }
        )
        self._register("measures", table)
        on = " and ".join(f"m.l{i} = {self._text(label)}" for i, label in enumerate(labels))
        self.joins.append(f"left join measures as m on {on}")
        shown = " || ' / ' || ".join(self._text(label) for label in labels)
        self._broken("no_measure", "m.indicator_id is null", f"the measure ' || {shown} || '")

    def _labels_of(self, measure: Measure) -> set[str]:
        return set(measure.when) | {key.partition("~")[0] for key in measure.maturity_when}

    def _measure_of(self, labels: Mapping[str, str]) -> tuple[str, float, str] | None:
        for measure in self.layout.measures:
            if all(re.fullmatch(pattern, labels[label]) for label, pattern in measure.when.items()):
                maturity: str = measure.maturity
                for key, stage_name in measure.maturity_when.items():
                    label, _, pattern = key.partition("~")
                    if re.fullmatch(pattern, labels[label]):
                        maturity = stage_name
                        break
                return measure.indicator, measure.scale, maturity
        return None

    def _resolve_dimension(self, name: str, rule: Dimension | None) -> None:
        if rule is None or rule.const is not None or rule.label is None:
            self.expr[name] = literal(rule.const if rule is not None and rule.const is not None else TOTAL)
            return
        self._join(f"dim_{name}", rule.label, {"code": lambda value: self._code_of(value, rule)})
        self.expr[name] = f"dim_{name}.code"
        self._broken(f"unknown_{name}", f"dim_{name}.code is null", f"the {name} ' || {self._text(rule.label)} || '")

    def _code_of(self, label: str, rule: Dimension) -> str | None:
        if label in rule.map:
            return rule.map[label]
        for step in rule.rules:
            match = re.fullmatch(step.pattern, label)
            if match:
                if step.by == "const":
                    return step.value
                found = self.codebook.resolve(next((g for g in match.groups() if g is not None), label), step)
                return None if found is None else found
        return None

    def _resolve_period(self) -> None:
        rule = self.layout.period
        if rule is None:
            raise UnknownCode("the layout has no period.", source=self.source.source_id)

        def part(which: str) -> Callable[[str], str | None]:
            def read(value: str) -> str | None:
                try:
                    return str(getattr(_read_by_rule(value, rule), which))
                except UnknownCode:
                    return None

            return read

        if rule.label is None:
            fixed = _read_by_rule(rule.const or "", rule)
            self.expr["period"] = (
                f"date '{fixed.start}' as period_start, date '{fixed.end}' as period_end, {literal(fixed.kind)} as period_kind"
            )
            return
        self._join("period", rule.label, {which: part(which) for which in ("start", "end", "kind")})
        self.expr["period"] = (
            'period."start"::date as period_start, period."end"::date as period_end, period.kind as period_kind'
        )
        self._broken("unknown_period", "period.kind is null", f"the period ' || {self._text(rule.label)} || '")

    def _resolve_symbols(self) -> None:
        """A number is a number; anything else must be a declared symbol, and its reason is kept."""
        finite = "case when isfinite(try_cast(c.text as double)) then try_cast(c.text as double) end"
        self.joins.append(f"cross join lateral (select {finite} as number) as v")
        for name, symbols in (("symbol", self.layout.symbols), ("conf", self.layout.conf_symbols), ("flag", self.layout.flag_symbols)):
            self._register(
                f"{name}s", pa.table({"text": pa.array(list(symbols), pa.string()), "status": pa.array(list(symbols.values()), pa.string())})
            )
            column = {"symbol": "c.text", "conf": "c.conf_text", "flag": "c.flag_text"}[name]
            self.joins.append(f"left join {name}s on {name}s.text = coalesce(trim({column}), '')")
        self.status = "case when v.number is null then symbols.status else coalesce(flags.status, confs.status, 'ok') end"
        self._broken("unknown_symbol", "v.number is null and symbols.status is null", "the symbol ''' || coalesce(c.text, '') || '''")
        for name, column in (("conf", "c.conf_text"), ("flag", "c.flag_text")):
            numeric = f" and try_cast({column} as double) is null" if name == "conf" else ""
            self._broken(
                f"unknown_{name}", f"coalesce(trim({column}), '') <> '' and {name}s.status is null{numeric}", f"the {name} ''' || {column} || '''"
            )

    def _broken(self, rule: str, condition: str, shown: str) -> None:
        self.unknown[rule] = condition
        self.why[rule] = f"'{shown}'"

    def _join(self, name: str, label: str, columns: Mapping[str, Callable[[str], str | None]]) -> None:
        values = [row[0] for row in self._distinct([label])]
        made = {column: pa.array([read(v) for v in values], pa.string()) for column, read in columns.items()}
        self._register(f"{name}_map", pa.table({"label": pa.array(values, pa.string()), **made}))
        self.joins.append(f"left join {name}_map as {name} on {name}.label = {self._text(label)}")

    def _distinct(self, labels: list[str]) -> list[tuple[str, ...]]:
        shown = ", ".join(f"{self._text(label)} as l{i}" for i, label in enumerate(labels))
        rows = fetch(self.con, f"select distinct {shown} from cells as c order by all")
        return list(zip(*(rows[f"l{i}"].to_pylist() for i in range(len(labels))), strict=True))

    def _text(self, label: str) -> str:
        """Return SQL for a label; `a|b` is two labels with a bar between."""
        parts = label.split("|")
        for part in parts:
            if part not in self.labels and part not in ("text", "column", "sheet"):
                raise UnknownCode(
                    f"the file has no column {part!r} that its declaration reads.",
                    source=self.source.source_id,
                    place=self.snapshot.file_name,
                    expected=label,
                    found=", ".join(sorted(self.labels)),
                    do="see what the publisher renamed or dropped, then change the declaration.",
                )
        return "(" + " || '|' || ".join(f"coalesce(c.{quoted(part)}, '')" for part in parts) + ")"

    def _register(self, name: str, table: pa.Table) -> None:
        self.held.append(table)
        self.con.register(name, table)


def _read_by_rule(text: str, rule: Period) -> PeriodValue:
    """Return the period by the first of the rule's forms whose pattern matches, else by its general form."""
    for step in rule.rules:
        if re.fullmatch(step.pattern, text.strip()):
            return read_period(text, step.form, pattern=step.pattern, part_pattern=rule.part_pattern)
    return read_period(text, rule.form, pattern=rule.pattern, part_pattern=rule.part_pattern)
