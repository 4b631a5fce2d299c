"""Which source a file belongs to, told by its content.

Owns: matching a file against the declared layouts, and reading its vintage. Never: trusts a file name, keeps bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from lmi.contract import literal, quoted
from lmi.engine import connect, fetch
from lmi.errors import DeclarationError, ParseError, UnrecognisedFile
from lmi.raw.probe import Probe
from lmi.registry import Recognise, Registry, Source
from lmi.registry.model import VintageRule


@dataclass(frozen=True)
class Recognition:
    """What a file is: its source, layout, vintage and part, and where its release date comes from."""

    source: Source
    layout: str
    vintage: str
    part: str
    released: date
    released_basis: str
    sha256: str
    labels: dict[str, str] = field(default_factory=dict)


def recognise(path: Path, registry: Registry, today: date) -> Recognition:
    """Return what the file at `path` is.

    The publisher's own marks decide: a known digest first, then the layouts' content marks. The vintage is the known
    edition's, else what the file says, else the day of landing. Raises UnrecognisedFile when no layout fits, when more
    than one does, or when the file is declared as one to refuse.
    """
    probe = Probe(path)
    known = [(s, e) for s in registry.sources.values() for e in s.editions if e.sha256 == probe.sha256]
    if known:
        source, edition = known[0]
        if edition.refuse:
            raise UnrecognisedFile(
                f"the file is known and refused: {edition.refuse}", source=source.source_id, place=path.name
            )
        layout = edition.layout or _layout_of(probe, source)
        return Recognition(
            source,
            layout,
            edition.vintage,
            edition.part,
            edition.released,
            "declared edition",
            probe.sha256,
            dict(edition.labels),
        )
    fits = [
        (s, n) for s in registry.sources.values() for n, lay in s.layouts.items() if not misses(probe, lay.recognise)
    ]
    if len(fits) != 1:
        raise _unrecognised(probe, registry, fits)
    source, name = fits[0]
    return _read_vintage(probe, source, name, today)


def misses(probe: Probe, marks: Recognise) -> list[str]:
    """Return the marks that the file does not bear, in words; empty when it fits."""
    if probe.format != marks.format:
        return [f"format {marks.format}"]
    header = probe.header_after(marks.skip)
    missing = [f"column {name!r}" for name in marks.header if name not in header]
    missing += [f"no column {name!r}" for name in marks.header_not if name in header]
    for column, pattern in marks.first.items():
        first = probe.first_record.get(column, "") if marks.format != "json" else str(_at(probe.document, column) or "")
        if not re.search(pattern, first):
            missing.append(f"first record's {column} like {pattern!r}")
    if marks.format == "workbook":
        missing += [f"sheet {name!r}" for name in marks.sheets if name not in probe.workbook.sheet_names]
        for address, pattern in marks.cells.items():
            text = probe.cell(address)
            if text is None or not re.search(pattern, text):
                missing.append(f"cell {address} like {pattern!r}")
        missing += [f"nothing in cell {address}" for address in marks.empty if probe.cell(address) is not None]
    if marks.format == "json":
        document = probe.document
        missing += [f"key {name!r}" for name in marks.keys if not isinstance(document, dict) or name not in document]
    return missing


def _layout_of(probe: Probe, source: Source) -> str:
    names = [name for name, layout in source.layouts.items() if not misses(probe, layout.recognise)]
    if len(names) != 1:
        raise DeclarationError(
            f"the known edition {probe.path.name} fits {len(names)} layouts.",
            place=f"sources/{source.source_id}.toml, key editions.layout",
            expected="exactly one of " + ", ".join(source.layouts),
            found=", ".join(names)
            or "; ".join(f"{n}: {m}" for n, lay in source.layouts.items() for m in misses(probe, lay.recognise)[:1]),
            do="name the layout in the edition.",
        )
    return names[0]


def _read_vintage(probe: Probe, source: Source, name: str, today: date) -> Recognition:
    layout = source.layouts[name]
    part = layout.part
    if layout.part_from is not None:
        part = _slug(_match(probe, source, layout.part_from)["vintage"])
    if layout.vintage is None:
        vintage, released, basis = f"landed-{today.isoformat()}-{probe.sha256[:8]}", today, "day of landing"
    else:
        found = _match(probe, source, layout.vintage)["vintage"]
        if layout.vintage.date_format:
            released = datetime.strptime(found, layout.vintage.date_format).date()
            vintage, basis = released.isoformat(), "date in the file"
        else:
            vintage, released, basis = _slug(found), today, "day of landing"
    return Recognition(source, name, vintage, part, released, basis, probe.sha256)


def _match(probe: Probe, source: Source, rule: VintageRule) -> dict[str, str]:
    place, text = _vintage_text(probe, rule)
    match = re.search(rule.pattern, text or "")
    if match is None:
        raise ParseError(
            "the file does not say which edition it is.",
            source=source.source_id,
            place=f"{probe.path.name}, {place}",
            expected=f"text like {rule.pattern!r}",
            found=repr(text),
            do="land it with --vintage and --released, or correct the vintage rule of the source.",
        )
    groups = match.groupdict()
    return groups if "vintage" in groups else {"vintage": match.group(1) if match.groups() else match.group(0)}


def _vintage_text(probe: Probe, rule: VintageRule) -> tuple[str, str | None]:
    if rule.cell is not None:
        return f"cell {rule.cell}", probe.cell(rule.cell)
    if rule.key is not None:
        value = _at(probe.document, rule.key)
        return f"key {rule.key}", None if value is None else str(value)
    if rule.column is not None and probe.format == "parquet":
        column = pq.read_table(probe.path, columns=[rule.column])[rule.column]
        return f"column {rule.column}", str(pc.max(column).as_py())
    if rule.column is not None:
        with connect() as con:
            latest = fetch(
                con,
                f"select max({quoted(rule.column)}) as latest from read_csv({literal(str(probe.path))}, all_varchar = true)",
            )
        return f"column {rule.column}", latest["latest"][0].as_py()
    return "the vintage rule", None


def _at(document: Any, place: str) -> Any:
    """Return what stands at a dotted path such as fields.0.uri, or None."""
    for step in place.split("."):
        if isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def _unrecognised(probe: Probe, registry: Registry, fits: list[tuple[Source, str]]) -> UnrecognisedFile:
    if fits:
        return UnrecognisedFile(
            "the file fits more than one layout.",
            place=probe.path.name,
            found=", ".join(f"{s.source_id} ({n})" for s, n in fits),
            do="make the recognise marks of one of them narrower.",
        )
    near = _nearest_layout(probe, registry)
    return UnrecognisedFile(
        "no source has this layout.",
        place=probe.path.name,
        expected=near or "a file of a declared source",
        found=f"{probe.format} with " + (", ".join(probe.header[:8]) or ", ".join(_sheets(probe)[:8]) or "no header"),
        do="check that the download is complete; a new dataset needs a declaration (docs/adding-a-dataset.md).",
    )


def _nearest_layout(probe: Probe, registry: Registry) -> str:
    """Return in words the layout of the same format that misses the fewest of its marks, when it has any."""
    near: list[tuple[int, str]] = []
    for source in registry.sources.values():
        for name, layout in source.layouts.items():
            marks = layout.recognise
            stated = len(marks.header) + len(marks.sheets) + len(marks.cells) + len(marks.keys) + len(marks.first)
            missing = misses(probe, marks)
            if marks.format == probe.format and stated > len(missing):
                near.append((len(missing), f"{source.source_id} ({name}), which also needs {'; '.join(missing)}"))
    return min(near)[1] if near else ""


def _sheets(probe: Probe) -> list[str]:
    return list(probe.workbook.sheet_names) if probe.format == "workbook" else []


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", text.strip()).strip("-").lower()
