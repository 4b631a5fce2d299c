"""Runs the back-test over every area whose history has been landed, and writes its results into the repository.

Owns: the declared trials, the files under declared/backtest. Never: scores a forecast itself, names an area.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.contract import literal
from lmi.engine import Connection, connect, fetch, replacing
from lmi.errors import CoverageError, DeclarationError
from lmi.pipeline.build_tables import assumptions_table
from lmi.pipeline.folders import Folders
from lmi.publish import published_build
from lmi.registry import load, repository_root

FOLDER = Path("lmi") / "declared" / "backtest"
TRIALS, SCORES, WIDTHS, WEIGHTS, INPUTS = "trials.toml", "scores.csv", "widths.csv", "weights.csv", "inputs.csv"
_DIGITS = 6  # significant digits that are kept of a score: more would tell machines apart, not rules
#: A survey year from April to March is read three quarters of a year before the mid-year of the year in which it ends.
_SURVEY_LEAD = 3 / 4


@dataclass(frozen=True)
class Results:
    """What a back-test leaves: one table each for scores, half widths and fitted weights, and the files it read."""

    scores: pa.Table
    widths: pa.Table
    weights: pa.Table
    inputs: pa.Table
    notes: tuple[str, ...]


def refit(data: Path) -> Results:
    """Return the results of every declared trial over the areas at hand.

    Needs a published build (for the code lists) and the curated figures of every area: raises CoverageError when only
    one area's history is at hand, which is the case with the baseline alone.
    """
    from lmi.project.check import bring_to_dates, score_official
    from lmi.project.inputs import Assumptions
    from lmi.project.scores import fit_for_publication, fit_half_widths, roll, score, trial_of

    declared = read_trials()
    scores, widths, weights, notes = [], [], [], []
    with _reading(data) as con:
        con.execute("create temp table used (snapshot_id bigint)")
        assumptions = Assumptions(assumptions_table(load()))
        for trial in declared["trial"]:
            panel, lost = _panel(con, trial, trial["indicator"], trial["last_year"])
            if len(panel.areas) < 2:
                raise CoverageError(
                    "a back-test needs the histories of several areas.", place=trial["indicator"],
                    found=", ".join(panel.areas), do="land the file that prints every area, refresh, and try again.",
                )  # fmt: skip
            notes += [f"{trial['outturn']}, {trial['breakdown']}: without {area}, a figure is missing" for area in lost]
            how = trial_of(assumptions, int(panel.years[0]))
            rolled = roll(panel, how)
            scores.append(score(rolled, trial["outturn"]))
            widths.append(_widths(rolled, trial, fit_half_widths(rolled, "fitted")))
            weights.append((trial["outturn"], trial["breakdown"], *fit_for_publication(panel, how)))
        shares = (assumptions["growth_weight_area"], assumptions["growth_weight_comparator"])
        for check in declared.get("check", ()):
            actual, lost = _panel(con, check, check["actual"], None, check["first_year"])
            notes += [f"{check['outturn']}, {check['breakdown']}: without {area}, a figure is missing" for area in lost]
            path, _ = _panel(con, check, check["official"], int(actual.years[-1]), int(actual.years[0]) - 1)
            official = bring_to_dates(path, _SURVEY_LEAD).only(actual.areas)
            scores.append(score_official(actual, official, shares, check["outturn"]))
        inputs = _inputs(con)
    table = pa.concat_tables(scores).sort_by([(n, "ascending") for n in _KEY])
    names = ("outturn", "breakdown", "weight_own", "weight_comparator")
    fitted = pa.table({n: [w[i] for w in weights] for i, n in enumerate(names)})
    return Results(table, pa.concat_tables(widths), fitted, inputs, tuple(notes))


_KEY = ("outturn", "breakdown", "area_code", "horizon", "rule")


def read_trials(root: Path | None = None) -> Mapping[str, Any]:
    """Return the declared trials. Raises DeclarationError when the file is missing or is not TOML."""
    path = (root or repository_root()) / FOLDER / TRIALS
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise DeclarationError(
            "the trials of the back-test cannot be read.", place=path.name, found=str(error), do="restore the file."
        ) from error


def write_results(results: Results, root: Path | None = None) -> tuple[str, ...]:
    """Write the results beside their declaration and return what was written."""
    folder = (root or repository_root()) / FOLDER
    lines = []
    for name, table in (
        (SCORES, results.scores), (WIDTHS, results.widths), (WEIGHTS, results.weights), (INPUTS, results.inputs)
    ):  # fmt: skip
        with replacing(folder / name) as part:
            part.write_bytes(_csv(table))
        lines.append(f"{FOLDER / name}: {table.num_rows} rows")
    return tuple(lines)


def _csv(table: pa.Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow([f"{v:.{_DIGITS}g}" if isinstance(v, float) else "" if v is None else v for v in row.values()])
    return text.getvalue().encode()


@contextmanager
def _reading(data: Path) -> Iterator[Connection]:
    """Open the published build, with every curated figure of every area beside it as `curated`."""
    folders = Folders(data)
    files = sorted((folders.curated / "observations").rglob("*.parquet"))
    con = connect(memory_limit_mb=load().house.memory_mb)
    try:
        con.execute(f"attach {literal(str(published_build(folders.curated).database))} as build (read_only)")
        con.execute("use build")
        listed = ", ".join(literal(str(f)) for f in files)
        con.execute(f"create view memory.main.curated as select * from read_parquet([{listed}])")
        yield con
    finally:
        con.close()


def _panel(
    con: Connection, trial: Mapping[str, Any], indicator: str, last: int | None, first: int | None = None
) -> Any:
    from lmi.project.panel import make_panel

    dimension = trial["dimension"]
    wide = trial["comparator"]
    levels = [trial["area_level"], *([wide] if wide != "sum" else [])]
    others = [d for d in ("industry", "occupation", "qualification") if d != dimension]
    code, join = "f.code", ""
    if "through" in trial:
        code = "x.to_code"
        join = f"join crosswalks as x on x.crosswalk_id = {literal(trial['through'])} and x.from_code = f.code"
    years = (f" and year(o.period_end) <= {last}" if last else "") + (
        f" and year(o.period_end) >= {first}" if first else ""
    )
    left_out = ", ".join(literal(c) for c in trial.get("leave_out", ())) or "''"
    con.execute(f"""
        create or replace temp table figures as
        with parent as (
            select to_code as printed, min(from_code) as code from crosswalks
            where crosswalk_id = {literal(trial.get("parent", {}).get("crosswalk", ""))}
            group by to_code having count(*) = 1
        )
        select o.snapshot_id, o.area_code, coalesce(p.code, o.{dimension}) as code, year(o.period_end) as year, o.value
        from memory.main.curated as o
        join snapshots as s using (snapshot_id)
        join codes as a on a.code = o.area_code and a.level in ({", ".join(literal(level) for level in levels)})
        left join parent as p on p.printed = o.{dimension}
        join codes as c on c.code = coalesce(p.code, o.{dimension}) and c.scheme = {literal(trial["scheme"])}
            and c.level = {literal(trial["level"])}
        where o.indicator_id = {literal(indicator)} and {" and ".join(f"o.{d} = '_T'" for d in others)}
        and c.code not in ({left_out}){years}
        qualify row_number() over (partition by o.area_code, c.code, o.period_end order by s.released desc, o.obs_key) = 1""")
    con.execute("insert into used select distinct snapshot_id from figures")
    table = fetch(
        con,
        f"""select f.area_code, {code} as code, f.year, case when count(*) = count(f.value) then sum(f.value) end as value
            from figures as f {join} group by all order by all""",
    )
    return make_panel(trial["breakdown"], table, _wide_code(con, wide))


def _wide_code(con: Connection, comparator: str) -> str | None:
    """Return the code of the wider area of the build, or None where the trial adds up its areas."""
    if comparator == "sum":
        return None
    found = con.execute(
        "select a.area_code from areas as a join codes as c on c.code = a.area_code and c.level = ? "
        "where a.kind = 'comparator'",
        [comparator],
    ).fetchall()
    return str(found[0][0])


def _widths(rolled: Any, trial: Mapping[str, Any], half: Any) -> pa.Table:
    rows = [
        {
            "outturn": trial["outturn"], "breakdown": trial["breakdown"], "band": band + 1, "horizon": horizon + 1,
            "half_width": float(half[band, horizon]), "forecasts": rolled.count(band, horizon),
        }
        for band in range(half.shape[0])
        for horizon in range(half.shape[1])
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def _inputs(con: Connection) -> pa.Table:
    """Return the published files that the trials read: what the committed results rest on."""
    return fetch(
        con,
        "select distinct s.source_id, s.vintage, s.part, s.file_name, s.sha256, cast(s.released as varchar) as released "
        "from used join snapshots as s using (snapshot_id) order by all",
    )
