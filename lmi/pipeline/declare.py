"""New declarations: a scaffold with marks where a person must decide, and a check that says what is still wrong.

Owns: the scaffold of an area and of a source, and their checks. Never: guesses what a label or a column means.

A scaffold is written where the finished file belongs. Until every mark is filled no declaration can be loaded, so that
nothing half declared is ever used; `lmi area check` and `lmi source check` list the marks.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lmi.errors import CoverageError, DeclarationError, LmiError
from lmi.geography import disagreements, scope_of
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.land import land
from lmi.pipeline.outcomes import Outcome
from lmi.pipeline.plan import Settings, make_plan
from lmi.pipeline.scaffolds import area_toml, expectations_json, source_toml
from lmi.raw.probe import Probe
from lmi.registry import UNFILLED, Area, load, repository_root
from lmi.validate import load_suite

_SOURCE_ID = re.compile(r"(ons|dfe|dwp)/[a-z][a-z0-9_]*")
_AREA_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Finding:
    """One thing that a check found: a `fault` must be mended, a `remark` should be known, `ok` is as it should be."""

    weight: str
    place: str
    what: str


def new_area(area_id: str, code: str, data: Path, today: date) -> Path:
    """Write the scaffold of an area, its members, equal codes and comparators taken from the look-ups; return its path.

    Raises DeclarationError for a bad or used id, CoverageError when no look-up knows the members of `code`.
    """
    path = _area_path(area_id)
    if not _AREA_ID.fullmatch(area_id):
        raise DeclarationError("an area's id is lower case with underscores.", found=area_id, do="choose another.")
    _refuse_existing(path)
    ingest = _looked_up(data, today)
    listed = pa.concat_tables(ingest.lookups.get("area_members", []))
    extents = _extents(listed)
    members = extents.get(code)
    if members is None:
        raise CoverageError(
            f"no look-up lists the districts of {code}.",
            expected="the code of a county, LEP, LSIP, combined authority or ITL area",
            do="choose another code of the area, or land a look-up that lists it.",
        )
    names = dict(zip(ingest.codes["code"].to_pylist(), ingest.codes["name"].to_pylist(), strict=True))
    same = sorted(other for other, extent in extents.items() if extent == members and other != code)
    regions = set(ingest.codes.filter(pc.equal(ingest.codes["scheme"], "region"))["code"].to_pylist())
    around = sorted(other for other, extent in extents.items() if other in regions and members <= extent)
    sectors = sorted({s for t in ingest.lookups.get("sector_members", []) for s in t["sector_id"].to_pylist()})
    england = load().area("").england
    text = area_toml(names.get(code, code), code, same, sorted(members), [*around, england], names, sectors)
    path.write_text(text, encoding="utf-8")
    return path


def check_area(area_id: str, data: Path, today: date) -> list[Finding]:
    """Return what is wrong with an area's declaration, or what should be known of it. Raises nothing of its own."""
    path = _area_path(area_id)
    found = list(_marks(path))
    if found:
        return found
    try:
        area = load().area(area_id)
        ingest = _looked_up(data, today)
        scope_of(area, ingest.codes)
    except LmiError as error:
        return [Finding("fault", _short(path), str(error))]
    found = list(_area_findings(area, ingest, _short(path)))
    return found or [Finding("ok", _short(path), f"{len(area.members)} members; every look-up agrees")]


def new_source(source_id: str, file: Path | None) -> tuple[Path, Path]:
    """Write the scaffolds of a declaration and of its expectations, the header taken from `file`; return their paths.

    Raises DeclarationError for a bad or used id, ParseError for a file that cannot be read.
    """
    if not _SOURCE_ID.fullmatch(source_id):
        raise DeclarationError(
            "a source's id is its department and its name.", expected="ons/name, dfe/name or dwp/name", found=source_id
        )
    paths = _source_paths(source_id)
    for path in paths:
        _refuse_existing(path)
    probe = Probe(file) if file is not None else None
    form = probe.format if probe else "delimited"
    header = tuple(probe.header) if probe and form in ("delimited", "parquet") else ()
    sheets = tuple(probe.workbook.sheet_names) if probe and form == "workbook" else ()
    paths[0].write_text(source_toml(source_id, form, header, sheets), encoding="utf-8")
    paths[1].write_text(expectations_json(source_id), encoding="utf-8")
    return paths


def check_source(source_id: str, file: Path | None, today: date) -> list[Finding]:
    """Return what is wrong with a source's declaration, and with `file` if it is read by it.

    The file is recognised, staged and checked in a folder that is thrown away, with the look-ups of the baseline.
    """
    paths = _source_paths(source_id)
    found = [finding for path in paths for finding in _marks(path)]
    if found:
        return found
    try:
        registry = load()
        registry.source(source_id)
        suite = load_suite(repository_root() / "expectations", source_id)
    except LmiError as error:
        return [Finding("fault", _short(paths[0]), str(error))]
    found = [Finding("ok", _short(paths[0]), f"read; {len(suite.rules)} checks are intended")]
    if file is None:
        return [*found, Finding("remark", _short(paths[0]), "no file was given, so none was read by it")]
    with tempfile.TemporaryDirectory() as scratch:
        return [*found, *_read_by(source_id, file, Path(scratch), today)]


def _read_by(source_id: str, file: Path, scratch: Path, today: date) -> Iterator[Finding]:
    row = land([file], scratch, load(), today)[0]
    if row.outcome == "refused" or row.source_id != source_id:
        what = row.message or f"the file is recognised as {row.source_id}"
        yield Finding("fault", file.name, what)
        return
    yield Finding("ok", file.name, f"recognised: vintage {row.vintage}, released {row.released} ({row.basis})")
    ingest = _looked_up(scratch, today)
    landed = [o for o in ingest.stage_source(source_id) if o.origin == "landed"]
    yield from (finding for outcome in landed for finding in _staged(outcome))
    if all(o.state == "ok" for o in landed):
        for outcome in (o for o in ingest.validate_source(source_id) if o.origin == "landed"):
            yield from _validated(outcome)


def _staged(outcome: Outcome) -> Iterator[Finding]:
    if outcome.state == "stopped":
        yield Finding("fault", outcome.source_id, outcome.error)
        return
    account = outcome.account
    yield Finding(
        "ok",
        outcome.source_id,
        f"{account['found']:,} cells: {account['observed']:,} figures, {account['missing']:,} missing, "
        f"{sum(account['ignored'].values()):,} ignored",
    )
    for reason, number in account["ignored"].items():
        yield Finding("remark", outcome.source_id, f"{number:,} cells ignored: {reason}")


def _validated(outcome: Outcome) -> Iterator[Finding]:
    if outcome.state == "stopped":
        yield Finding("fault", outcome.source_id, outcome.error)
        return
    checks = outcome.checks
    yield Finding("ok", outcome.source_id, f"{checks['passed']} of {checks['intended']} checks passed")
    yield from (Finding("remark", outcome.source_id, told) for told in checks["failures"])


def _area_findings(area: Area, ingest: Ingest, place: str) -> Iterator[Finding]:
    listed = pa.concat_tables(ingest.lookups.get("area_members", []))
    known = set(listed["area_code"].to_pylist())
    for code in (area.code, *area.same_as):
        if code not in known:
            yield Finding("fault", place, f"no look-up lists the districts of {code}: take it out, or land one")
    for told in disagreements(area, listed):
        yield Finding("remark", place, f"{told}; reported at each build as a boundary that moved")
    sectors = {s for t in ingest.lookups.get("sector_members", []) for s in t["sector_id"].to_pylist()}
    for sector in area.sectors:
        if sector.members_from not in sectors:
            yield Finding(
                "fault", place, f"sector {sector.id}: no look-up lists industries of {sector.members_from!r}; "
                f"known are {', '.join(sorted(sectors))}",
            )  # fmt: skip


def _marks(path: Path) -> Iterator[Finding]:
    """Yield what is missing or not filled in a declaration's file."""
    if not path.is_file():
        yield Finding("fault", _short(path), "there is no such file")
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if UNFILLED in line:
            yield Finding("fault", f"{_short(path)}, line {number}", line[line.index(UNFILLED) :].strip().rstrip('",'))


def _looked_up(data: Path, today: date) -> Ingest:
    """Return the look-ups of a data folder, read as a refresh reads them."""
    ingest = Ingest(make_plan(Settings(data, "", today)))
    for source_id in ingest.lookup_order():
        ingest.read_lookups(source_id)
    ingest.close_lookups()
    return ingest


def _extents(listed: pa.Table) -> dict[str, frozenset[str]]:
    """Return the districts of each area by the look-up that stands last in the alphabet: names end in their year."""
    found: dict[str, tuple[str, set[str]]] = {}
    rows = zip(*(listed[name].to_pylist() for name in ("area_code", "lookup", "member_code")), strict=True)
    for area, lookup, member in sorted(rows):
        if area not in found or found[area][0] != lookup:
            found[area] = (lookup, set())
        found[area][1].add(member)
    return {area: frozenset(members) for area, (_, members) in found.items()}


def _area_path(area_id: str) -> Path:
    return repository_root() / "lmi" / "declared" / "areas" / f"{area_id}.toml"


def _source_paths(source_id: str) -> tuple[Path, Path]:
    root = repository_root()
    return root / "lmi" / "sources" / f"{source_id}.toml", root / "expectations" / f"{source_id}.json"


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise DeclarationError("the file is there already.", place=_short(path), do="choose another id, or check it.")


def _short(path: Path) -> str:
    return path.relative_to(repository_root()).as_posix()
