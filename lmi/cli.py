"""The `lmi` command: each verb is one library call, and its answer as a table, CSV or JSON.

Owns: words, options and exit status (0 done, 1 a stated failure, 2 wrong use). Never: computes a figure.
Libraries are imported inside the verbs, so that `lmi --help` is instant.
"""

from __future__ import annotations

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pyarrow as pa

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Labour market intelligence for a skills panel.",
)


class Format(StrEnum):
    """How a list is printed."""

    table = "table"
    csv = "csv"
    json = "json"


_state: dict[str, Any] = {"debug": False, "data": Path("data")}
AreaOption = Annotated[
    str, typer.Option("--area", help="Area, as in lmi/declared/areas (default: the declared one).", envvar="LMI_AREA")
]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="As known on this day (default: today).")]
FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json.")]


@app.callback()
def options(
    data: Annotated[Path, typer.Option("--data", help="Data folder.", envvar="LMI_DATA")] = Path("data"),
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
) -> None:
    """Build marts from published figures and trace every one of them."""
    _state.update(data=data, debug=debug)


areas = typer.Typer(no_args_is_help=True, help="Scaffold and check the declaration of an area.")
sources = typer.Typer(no_args_is_help=True, help="Scaffold and check the declaration of a source.")
app.add_typer(areas, name="area")
app.add_typer(sources, name="source")


@app.command()
def refresh(
    area: AreaOption = "",
    as_of: AsOf = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Take in only this source; repeat for more.")
    ] = None,
    direct: Annotated[bool, typer.Option("--direct", help="Run the same stages without Prefect.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask the publishers for newer figures first.")] = False,
) -> None:
    """Build the marts from the newest figures at hand, check them and publish."""
    from lmi.pipeline import Settings

    if live and as_of:
        raise typer.BadParameter("--live asks for today's figures, --as-of for those of another day")
    settings = Settings(_state["data"].resolve(), area, _day(as_of), tuple(source or ()))
    if direct:
        from lmi.pipeline.progress import Progress

        with Progress() as progress:
            if live:
                from flows.live import live_now
                from lmi.pipeline.live import refresh_live

                report = refresh_live(settings, progress.call, live_now())
            else:
                from lmi.pipeline import run

                report = run(settings, progress.call)
    else:
        from flows.refresh import refresh_flow

        report = refresh_flow(settings, live)
    _say(report.summary())
    if not report.published:
        raise typer.Exit(1)


@app.command()
def land(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders downloaded by hand.")],
    vintage: Annotated[str | None, typer.Option(help="Name of the edition, when the file does not say.")] = None,
    released: Annotated[str | None, typer.Option(metavar="DATE", help="Day the publisher released it.")] = None,
    format: FormatOption = Format.table,
) -> None:
    """Recognise each file by its content and keep it, or say why it was refused."""
    from lmi.pipeline.land import land as land_files
    from lmi.pipeline.tables import table_of
    from lmi.registry import load

    day = _day(released) if released else None
    rows = land_files(paths, _state["data"].resolve(), load(), date.today(), vintage=vintage, released=day)
    shown = ["file", "outcome", "source_id", "vintage", "part", "released", "basis"]
    if rows:
        _print(table_of(rows).select(shown), format)
    refused = [row for row in rows if row.outcome == "refused"]
    for row in refused:
        _say(f"\n{row.message}", error=True)
    count = {name: sum(row.outcome == name for row in rows) for name in ("new", "known", "refused")}
    _say(f"\n{count['new']} new, {count['known']} already kept, {count['refused']} refused.", error=True)
    if refused:
        raise typer.Exit(1)


@app.command()
def status(
    format: FormatOption = Format.table,
    refused: Annotated[bool, typer.Option("--refused", help="Show what was refused, and why.")] = False,
    as_of: AsOf = None,
) -> None:
    """Show each source: vintage used, next release, rows, what was refused or stopped, what the publisher last said."""
    from lmi.pipeline.status import SHOWN, read_live, read_status, refusals, status_table
    from lmi.registry import load

    data = _state["data"].resolve()
    state = read_status(data)
    table = refusals(state) if refused else status_table(state, load(), _day(as_of), read_live(data))
    _print(table.select(SHOWN) if format is Format.table and not refused else table, format)
    for line in state.remarks():
        _say(line, error=True)


@app.command()
def schedule(
    area: AreaOption = "",
    live: Annotated[bool, typer.Option(help="Ask the publishers at each run, or take only what was landed.")] = True,
    show: Annotated[bool, typer.Option("--show", help="Only list the releases that are expected.")] = False,
    days: Annotated[int, typer.Option(min=1, help="With --show: how many days ahead.")] = 92,
    as_of: AsOf = None,
    format: FormatOption = Format.table,
) -> None:
    """Serve the refresh on the release calendar, through Prefect, until it is interrupted."""
    if show:
        from lmi.pipeline.status import upcoming
        from lmi.registry import load

        _print(upcoming(load(), _day(as_of), days), format)
        return
    from flows.schedule import serve_schedule

    _say("Serving the refresh on the release calendar (lmi schedule --show). End with Ctrl-C.", error=True)
    serve_schedule(_state["data"].resolve(), area, live)


@app.command()
def marts(format: FormatOption = Format.table) -> None:
    """List the marts of the published build, with grain and rows."""
    from lmi.pipeline.answers import list_marts

    _print(list_marts(_state["data"].resolve()), format)


@app.command()
def describe(mart: str, format: FormatOption = Format.table) -> None:
    """Describe a mart: its purpose, grain, columns, units and meaning; or a series view."""
    from lmi.pipeline.answers import describe_mart

    told = describe_mart(_state["data"].resolve(), mart)
    if format is Format.table:
        _say(f"{mart}: {told.purpose}" + (f"\ngrain: {', '.join(told.grain)}\n" if told.grain else "\n"))
    _print(told.columns, format)


@app.command()
def query(sql: str, format: FormatOption = Format.table) -> None:
    """Run read-only SQL over the published build; it can reach no file and no network."""
    from lmi.pipeline.answers import run_query

    _print(run_query(_state["data"].resolve(), sql), format)


@app.command()
def gap(
    route: Annotated[
        str | None, typer.Option(help="Technical route, for instance engineering_and_manufacturing.")
    ] = None,
    level: Annotated[str | None, typer.Option(help="Level band: below_2, 2, 3, 4-5, 6, 7+ or _T.")] = None,
    year: Annotated[
        int | None, typer.Option(help="Calendar year (default: the first projected year from now on).")
    ] = None,
    district: Annotated[str | None, typer.Option(help="A district, by name or code, or all of them: all.")] = None,
    sector: Annotated[str | None, typer.Option(help="A priority sector, for instance aerospace, or all.")] = None,
    scenario: Annotated[str, typer.Option(help="Path of jobs that the gap follows: rebased is ours.")] = "rebased",
    format: FormatOption = Format.table,
) -> None:
    """Show where supply falls short of demand, with interval, verdict, what may be published, and citation."""
    from lmi.pipeline.gap_answers import gap as gap_of

    answer = gap_of(
        _state["data"].resolve(), route=route, level=level, year=year, scenario=scenario, today=date.today(),
        district=district, sector=sector,
    )  # fmt: skip
    _print(answer.rows, format)
    for line in answer.notes:
        _say(line, error=True)


@app.command()
def accuracy(
    breakdown: Annotated[str | None, typer.Option(help="Breakdown, for instance industry22.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Years ahead: 1, 3 or 5.")] = None,
    refit: Annotated[
        bool,
        typer.Option("--refit", help="Try the rules again on every landed area and rewrite the committed results."),
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Show how wrong each rule of projection has been before, against no change, for the area and over all areas."""
    if refit:
        from lmi.pipeline.backtests import refit as refit_on
        from lmi.pipeline.backtests import write_results

        results = refit_on(_state["data"].resolve())
        for line in (*results.notes, *write_results(results)):
            _say(line)
        return
    from lmi.pipeline.answers import accuracy as accuracy_of

    answer = accuracy_of(_state["data"].resolve(), breakdown=breakdown, horizon=horizon)
    _print(answer.rows, format)
    for line in answer.notes:
        _say(line, error=True)


@app.command()
def scenario(
    file: Annotated[str, typer.Argument(help="A scenario's file, or the name of one in lmi/declared/scenarios.")],
    year: Annotated[int | None, typer.Option(help="Calendar year (default: the last one projected).")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Largest differences to show of each measure and breakdown.")] = 8,
    every: Annotated[bool, typer.Option("--every", help="Every figure of every year, not the largest ones.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Run a what-if on the published build and show the difference from the baseline with its interval."""
    from lmi.pipeline.scenarios import find_scenario, largest, run_scenario

    outcome = run_scenario(_state["data"].resolve(), find_scenario(file))
    _print(outcome.differences if every else largest(outcome.differences, year, rows), format)
    for line in outcome.notes:
        _say(line, error=True)


@app.command()
def explain(citation: str, format: FormatOption = Format.table) -> None:
    """Walk one figure back: formula, inputs, assumptions and the publishers' cells behind it."""
    from lmi.pipeline.answers import explain as explain_figure

    told = explain_figure(_state["data"].resolve(), citation)
    if format is Format.table:
        _say(told.text())
    else:
        _print(told.cells, format)


@app.command()
def evidence(
    out: Annotated[Path | None, typer.Option(help="Folder to write (default: evidence in the data folder).")] = None,
    format: Annotated[
        str, typer.Option("--format", help="Of html, xlsx, docx, pdf and csv, with commas.")
    ] = "html,csv",
    since: Annotated[str | None, typer.Option(metavar="BUILD", help="Say what moved since this build.")] = None,
) -> None:
    """Write the evidence pack: pages, tables and charts in which every figure has its citation."""
    from lmi.pipeline.packs import evidence as write_evidence

    formats = [part.strip() for part in format.split(",") if part.strip()]
    done = write_evidence(_state["data"].resolve(), out, formats, since)
    _say(f"{done.folder}: {done.pages} pages, {done.files} files, {done.bytes / 1e6:.1f} MB.")
    _say(f"{done.figures:,} figures, each in citations.json; {done.gaps} gaps stated.")


@app.command()
def revisions(
    before: Annotated[str, typer.Argument(help="A day like 2026-01-31, or a kept build.")] = "",
    after: Annotated[str, typer.Argument(help="A later day or build (default: the last, the published one).")] = "",
    figures: Annotated[bool, typer.Option("--figures", help="List every figure, not their numbers by cause.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Show what moved between editions, two days or two builds, and the cause of each change."""
    from lmi.pipeline.revisions import moved

    told = moved(_state["data"].resolve(), before, after)
    _print(told.figures if figures else told.summary, format)
    _say(f"\n{told.figures.num_rows:,} figures moved between {told.between}.", error=True)


@app.command()
def export(
    marts: Annotated[list[str] | None, typer.Argument(help="Marts to write (default: all).")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("export"),
    form: Annotated[str, typer.Option("--as", help="parquet or csv.")] = "parquet",
) -> None:
    """Write marts as Parquet or CSV with a Data Package (and CSVW for CSV), for Power BI, Excel, R."""
    from lmi.pipeline.export import export as export_marts

    for path in export_marts(_state["data"].resolve(), out, form, tuple(marts or ())):
        _say(str(path))


@app.command()
def baseline(
    area: AreaOption = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write (default: data/raw/baseline of the repository).")
    ] = None,
) -> None:
    """Rewrite the committed baseline from landed snapshots: the area's cells, restated, with their papers."""
    from lmi.pipeline.baseline import write_baseline

    for line in write_baseline(_state["data"].resolve(), area, out, date.today()):
        _say(line)


@areas.command("new")
def new_area(area: str, code: Annotated[str, typer.Option(help="A code whose districts a look-up lists.")]) -> None:
    """Write an area's declaration, its districts taken from the look-ups, with marks where you must decide."""
    from lmi.pipeline.declare import new_area as write_area

    _say(
        f"{write_area(area, code, _state['data'].resolve(), date.today())}\nFill its marks, then: lmi area check {area}"
    )


@areas.command("check")
def check_area(area: str, format: FormatOption = Format.table) -> None:
    """Check an area's declaration against the look-ups."""
    from lmi.pipeline.declare import check_area as findings_of

    _tell(findings_of(area, _state["data"].resolve(), date.today()), format)


@sources.command("new")
def new_source(
    source: Annotated[str, typer.Argument(help="Department and name, as in ons/notified_vacancies.")],
    file: Annotated[Path | None, typer.Option(help="A file of the source, to take its header from.")] = None,
) -> None:
    """Write a source's declaration and expectations with marks where you must decide."""
    from lmi.pipeline.declare import new_source as write_source

    for path in write_source(source, file):
        _say(str(path))
    _say(f"Fill their marks, then: lmi source check {source} --file FILE")


@sources.command("check")
def check_source(
    source: str,
    file: Annotated[Path | None, typer.Option(help="A file of the source, to read by the declaration.")] = None,
    format: FormatOption = Format.table,
) -> None:
    """Check a source's declaration, and read a file by it."""
    from lmi.pipeline.declare import check_source as findings_of

    _tell(findings_of(source, file, date.today()), format)


def main() -> None:
    """Run the command and turn a stated failure into one paragraph and exit status 1."""
    from lmi.errors import LmiError

    try:
        app()
    except LmiError as error:
        if _state["debug"]:
            raise
        _say(str(error), error=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day like 2026-01-31") from error


def _tell(findings: list[Any], format: Format) -> None:
    """Print the findings of a check, and end with status 1 when one is a fault."""
    from lmi.pipeline.tables import table_of

    _print(table_of(findings), format)
    if any(finding.weight == "fault" for finding in findings):
        raise typer.Exit(1)


def _say(text: str, *, error: bool = False) -> None:
    typer.echo(text, err=error)


def _print(table: pa.Table, format: Format) -> None:
    from lmi.pipeline.tables import render

    _say(render(table, format.value))


if __name__ == "__main__":
    main()
