"""What the CSV files of a pack are, for machines: a Data Package and CSVW metadata.

Owns: `csv/datapackage.json` and `csv/csvw.json`. Never: changes a table. (Whole marts have theirs from `lmi export`.)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lmi.evidence.document import Pack, Table
from lmi.evidence.quote import Figure

_LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
#: What stands where a figure may not or cannot stand.
_MISSING = ("", "withheld", "not available", "not held", "none")


def write_packages(pack: Pack, folder: Path) -> None:
    """Write both descriptions of the files in `folder`/csv."""
    tables = [table for _, table in pack.tables()]
    described = {
        "datapackage.json": {
            "name": "evidence-pack",
            "title": pack.title,
            "version": pack.build,
            "licenses": [{"name": "OGL-UK-3.0", "path": _LICENCE, "title": "Open Government Licence v3.0"}],
            "resources": [_resource(table) for table in tables],
        },
        "csvw.json": {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
            "dc:title": pack.title,
            "dc:license": {"@id": _LICENCE},
            "tables": [_csvw(table) for table in tables],
        },
    }
    for name, content in described.items():
        (folder / "csv" / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def csv_columns(table: Table) -> list[tuple[str, bool]]:
    """Return the columns of a table's CSV file: title, and whether numbers stand in it; citations beside figures."""
    columns: list[tuple[str, bool]] = []
    for n, head in enumerate(table.heads):
        title = f"{head.title}, {head.unit}" if head.unit else head.title
        figures = any(isinstance(row[n], Figure) for row in table.rows)
        columns.append((title, figures))
        if figures:
            columns.append((f"{title}: citation", False))
    return columns


def _resource(table: Table) -> Mapping[str, Any]:
    fields = [{"name": t, "type": "number" if number else "string"} for t, number in csv_columns(table)]
    return {
        "name": table.id.lower().replace("_", "-"),
        "title": table.caption,
        "path": f"{table.id}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {"fields": fields, "missingValues": list(_MISSING)},
    }


def _csvw(table: Table) -> Mapping[str, Any]:
    columns = [
        {
            "name": f"c{n}",
            "titles": title,
            "datatype": "number" if number else "string",
            "null": list(_MISSING) if number else [""],
        }
        for n, (title, number) in enumerate(csv_columns(table), start=1)
    ]
    return {"url": f"{table.id}.csv", "dc:title": table.caption, "tableSchema": {"columns": columns}}
