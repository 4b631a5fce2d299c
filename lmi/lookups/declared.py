"""Code lists that no publisher puts in a file, and publishers' spellings.

Owns: reading declared/codes.csv, area_aliases.csv and code_aliases.csv. Never: publishers' data.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lmi.errors import DeclarationError
from lmi.lookups.names import normalise
from lmi.registry import repository_root
from lmi.tables import CELL_FIELDS, CODES, obs_key, snapshot_id_of

_CODE_COLUMNS = ("scheme", "code", "name", "level", "parent", "alias")
_ALIAS_COLUMNS = ("scheme", "label", "code", "reason")


@dataclass(frozen=True)
class Alias:
    """A publisher's spelling. With an empty code the label is known to stand for none, for the reason given."""

    scheme: str
    label: str
    code: str
    reason: str


def declared_codes(root: Path | None = None) -> tuple[pa.Table, pa.Table]:
    """Return (codes, cells) of declared/codes.csv: tables.CODES, and CELL_FIELDS with one cell a code, in file order.

    A code's key is made of the file's digest and the record's number, as for any published file.
    Raises DeclarationError naming the record.
    """
    path = _folder(root) / "codes.csv"
    records = _read_records(path, _CODE_COLUMNS)
    snapshot_id = snapshot_id_of(hashlib.sha256(path.read_bytes()).hexdigest())
    codes = {name: [r[name] or None for r in records] for name in CODES.names if name != "obs_key"}
    keys = [obs_key(snapshot_id, i) for i in range(len(records))]
    cells = {
        "ordinal": range(len(records)),
        "row": [i + 2 for i in range(len(records))],
        "column": ["code"] * len(records),
        "text": codes["code"],
    }
    empty = pa.nulls(len(records), pa.string())
    return (
        CODES.conform(pa.table({**codes, "obs_key": keys})),
        pa.table({f.name: pa.array(cells[f.name], f.type) if f.name in cells else empty for f in CELL_FIELDS}),
    )


def declared_aliases(root: Path | None = None) -> tuple[Alias, ...]:
    """Return the spellings of area_aliases.csv, code_aliases.csv and the alias column of codes.csv, divided by `;`.

    Raises DeclarationError for a spelling that has two meanings or no reason.
    """
    folder = _folder(root)
    made = [
        Alias(r["scheme"], label.strip(), r["code"], "publisher's spelling")
        for r in _read_records(folder / "codes.csv", _CODE_COLUMNS)
        for label in r["alias"].split(";")
        if label.strip()
    ]
    for name in ("area_aliases.csv", "code_aliases.csv"):
        made += [Alias(**record) for record in _read_records(folder / name, _ALIAS_COLUMNS)]
    seen: dict[tuple[str, str], Alias] = {}
    for alias in made:
        other = seen.setdefault((alias.scheme, normalise(alias.label)), alias)
        if other.code != alias.code or not alias.reason:
            raise DeclarationError(
                f"the spelling {alias.label!r} has two meanings or no reason.",
                place=f"declared, scheme {alias.scheme}",
                found=f"{other.code!r} and {alias.code!r}, reason {alias.reason!r}",
                do="keep one row a spelling and say why it stands.",
            )
    return tuple(seen.values())


def _folder(root: Path | None) -> Path:
    return (root or repository_root()) / "lmi" / "declared"


def _read_records(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    place = f"declared/{path.name}"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise DeclarationError("the declaration is missing.", place=place, do="restore the file.") from error
    bad = next((i for i, row in enumerate(rows) if len(row) != len(columns)), None)
    if not rows or tuple(rows[0]) != tuple(columns) or bad is not None:
        raise DeclarationError(
            "the declaration has other columns than it must.",
            place=f"{place}, record {(bad or 0) + 1}",
            expected=",".join(columns),
            found=",".join(rows[bad or 0]) if rows else "an empty file",
            do="mend the record; a text with a comma needs quotation marks.",
        )
    return [dict(zip(columns, row, strict=True)) for row in rows[1:]]
