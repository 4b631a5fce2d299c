"""Code lists that no publisher puts in a file, and publishers' spellings.

Owns: reading declared/codes.csv, area_aliases.csv and code_aliases.csv. Never: publishers' data.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa

from lmi.errors import DeclarationError
from lmi.lookups.names import normalise
from lmi.registry import repository_root
from lmi.tables import CELL_FIELDS, CODES, obs_key, snapshot_id_of

_CODE_COLUMNS = ("scheme", "code", "name", "level", "parent", "alias")
_ALIAS_COLUMNS = ("scheme", "label", "code", "reason")
_ALIAS_FILES = ("area_aliases.csv", "code_aliases.csv")


@dataclass(frozen=True)
class Alias:
    """A publisher's spelling. With an empty code the label is known to stand for none, for the reason given."""

    scheme: str
    label: str
    code: str
    reason: str


@dataclass(frozen=True)
class Declared:
    """Our own code lists: `codes` (tables.CODES), the `cells` they stand in (CELL_FIELDS), spellings, and the files."""

    codes: pa.Table
    cells: pa.Table
    aliases: tuple[Alias, ...]
    files: tuple[tuple[str, str, int], ...]  # name, sha256, bytes; the first holds the codes


@cache
def read_declared(root: Path | None = None) -> Declared:
    """Return the declared code lists and spellings under `root`/lmi/declared (default: this repository).

    A code's key is made of the digest of codes.csv and the record's number, as for any published file. Spellings are
    those of the two alias files and of the column `alias`, divided by `;`. Raises DeclarationError naming the record,
    or a spelling that has two meanings or no reason.
    """
    folder = (root or repository_root()) / "lmi" / "declared"
    records = _read_records(folder / "codes.csv", _CODE_COLUMNS)
    spellings = [
        Alias(r["scheme"], label.strip(), r["code"], "publisher's spelling")
        for r in records
        for label in r["alias"].split(";")
        if label.strip()
    ]
    for name in _ALIAS_FILES:
        spellings += [Alias(**record) for record in _read_records(folder / name, _ALIAS_COLUMNS)]
    files = tuple(_file(folder / name) for name in ("codes.csv", *_ALIAS_FILES))
    codes, cells = _tables(records, snapshot_id_of(files[0][1]))
    return Declared(codes, cells, _unambiguous(spellings), files)


def _tables(records: Sequence[Mapping[str, str]], snapshot_id: int) -> tuple[pa.Table, pa.Table]:
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


def _unambiguous(spellings: Iterable[Alias]) -> tuple[Alias, ...]:
    seen: dict[tuple[str, str], Alias] = {}
    for alias in spellings:
        other = seen.setdefault((alias.scheme, normalise(alias.label)), alias)
        if other.code != alias.code or not alias.reason:
            raise DeclarationError(
                f"the spelling {alias.label!r} has two meanings or no reason.",
                place=f"declared, scheme {alias.scheme}",
                found=f"{other.code!r} and {alias.code!r}, reason {alias.reason!r}",
                do="keep one row a spelling and say why it stands.",
            )
    return tuple(seen.values())


def _file(path: Path) -> tuple[str, str, int]:
    raw = path.read_bytes()
    return f"declared/{path.name}", hashlib.sha256(raw).hexdigest(), len(raw)


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
