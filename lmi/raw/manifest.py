"""The papers of a snapshot.

Owns: `Snapshot` and its JSON form. Never: decides where a file lies, reads a payload.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from lmi.errors import StoreError
from lmi.tables import snapshot_id_of

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Snapshot:
    """One published file as we hold it.

    `payload` is the file itself (landed or fetched); `cells` is the table of restated cells (baseline). `released` is
    the day from which its figures count as known; `released_basis` says where that day comes from.
    """

    source_id: str
    layout: str
    vintage: str
    part: str
    file_name: str
    sha256: str
    bytes: int
    released: date
    released_basis: str
    origin: str
    licence: str
    attribution: str
    url: str = ""
    landed: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    payload: Path | None = None
    cells: Path | None = None
    cells_sha256: str = ""
    rows: int = 0

    @property
    def snapshot_id(self) -> int:
        """31 bits of the published file's sha256: the same whether the bytes are landed or restated."""
        return snapshot_id_of(self.sha256)

    @property
    def key(self) -> str:
        """The snapshot's address: source, vintage, layout and part."""
        return f"{self.source_id}/{self.folder}"

    @property
    def folder(self) -> str:
        """The folder name below the source: vintage, layout and part, each only when it says something."""
        return "~".join([self.vintage, self.layout, *([self.part] if self.part else [])])

    def to_json(self) -> str:
        """Return the manifest's text."""
        body = {k: v for k, v in asdict(self).items() if k not in ("payload", "cells")}
        body["released"] = self.released.isoformat()
        return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read_manifest(path: Path) -> Snapshot:
    """Return the snapshot that a manifest describes. Raises StoreError when the manifest is damaged."""
    try:
        body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        body["released"] = date.fromisoformat(body["released"])
        snapshot = Snapshot(**body)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(
            "the manifest cannot be read.",
            place=str(path),
            found=str(error),
            do="move its folder away and land the file again.",
        ) from error
    if path.name == MANIFEST:
        return replace(snapshot, payload=path.parent / snapshot.file_name)
    return replace(snapshot, cells=path.with_suffix(".parquet"), origin="baseline")
