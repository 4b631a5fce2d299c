"""The marts of the published build as files that other tools open: Parquet or CSV, with their meaning beside them.

Owns: the CSV form, and the Data Package and CSVW metadata. Never: changes or rounds a figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.csv as pacsv

from lmi.contract import quoted
from lmi.engine import ROW_GROUP_ROWS, Connection, connect, fetch, replacing
from lmi.errors import LmiError
from lmi.marts.run import export_marts, grain_of, mart_names
from lmi.pipeline.folders import Folders
from lmi.publish import Build, published_build

FORMS = ("parquet", "csv")
_LICENCE = {
    "name": "OGL-UK-3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    "title": "Open Government Licence v3.0",
}
_MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
#: DuckDB's types in the words of Table Schema and of CSVW.
_TYPES = {
    "VARCHAR": ("string", "string"),
    "INTEGER": ("integer", "integer"),
    "BIGINT": ("integer", "integer"),
    "DOUBLE": ("number", "double"),
    "DATE": ("date", "date"),
    "BOOLEAN": ("boolean", "boolean"),
}


@dataclass(frozen=True)
class _Column:
    name: str
    type: str
    nullable: bool
    unit: str
    meaning: str

    @property
    def is_list(self) -> bool:
        return self.type.endswith("[]")


@dataclass(frozen=True)
class _Table:
    name: str
    purpose: str
    grain: tuple[str, ...]
    columns: tuple[_Column, ...]


def export(data: Path, out: Path, form: str, names: Sequence[str] = ()) -> tuple[Path, ...]:
    """Write the named marts (none: all) of the published build to `out`, and return the paths, metadata last.

    Rows are in the order of the grain. In CSV a missing value is an empty field, and `inputs` is left out: a list of
    thousands of keys is longer than a spreadsheet's cell may be. `datapackage.json` describes the files; `csvw.json` does
    so for CSV. Raises LmiError for an unknown mart or form, StoreError when nothing is published or the folder cannot be
    written.
    """
    if form not in FORMS:
        raise LmiError(f"there is no form {form!r}.", expected=", ".join(FORMS), do="use one of these.")
    wanted = tuple(names) or mart_names()
    unknown = sorted(set(wanted) - set(mart_names()))
    if unknown:
        raise LmiError("there is no such mart.", found=", ".join(unknown), do="lmi marts lists them.")
    build = published_build(Folders(data).curated)
    with connect(build.database, read_only=True) as con:
        tables = [_described(con, name, lists=form != "csv") for name in sorted(wanted)]
        if form == "parquet":
            paths = list(export_marts(con, out, [t.name for t in tables]))
        else:
            paths = [_write_csv(con, table, out) for table in tables]
        body = {"datapackage.json": _data_package(con, build, tables, paths, form)}
        if form == "csv":
            body["csvw.json"] = _csvw(tables)
    for name, content in body.items():
        with replacing(out / name) as part:
            part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        paths.append(out / name)
    return tuple(paths)


def _described(con: Connection, name: str, *, lists: bool) -> _Table:
    columns = con.execute(
        """select column_name, data_type, is_nullable, split_part(comment, ' | ', 1), split_part(comment, ' | ', 2)
           from duckdb_columns() where table_name = ? order by column_index""",
        [name],
    ).fetchall()
    purpose = con.execute("select comment from duckdb_tables() where table_name = ?", [name]).fetchall()[0][0]
    grain = tuple(column.strip('"') for column in grain_of(con, name))
    made = tuple(_Column(*row) for row in columns)
    return _Table(name, str(purpose or ""), grain, tuple(c for c in made if lists or not c.is_list))


def _write_csv(con: Connection, table: _Table, out: Path) -> Path:
    path = out / f"{table.name}.csv"
    shown = ", ".join(quoted(column.name) for column in table.columns)
    by = ", ".join(quoted(column) for column in table.grain)
    reader = con.execute(f"select {shown} from {quoted(table.name)} order by {by}").to_arrow_reader(ROW_GROUP_ROWS)
    options = pacsv.WriteOptions(quoting_style="needed")
    with replacing(path) as part, pacsv.CSVWriter(str(part), reader.schema, write_options=options) as writer:
        for batch in reader:
            writer.write_batch(batch)
    return path


def _data_package(
    con: Connection, build: Build, tables: Sequence[_Table], paths: Sequence[Path], form: str
) -> dict[str, Any]:
    sources = fetch(
        con, "select title, url, attribution, notice from sources where kind = 'statistics' order by source_id"
    ).to_pylist()
    return {
        "name": build.build_id.lower(),
        "title": f"Labour market intelligence, build {build.build_id}",
        "description": "Skills supply and demand. Class C figures are not for publication; see quality_class. "
        "`lmi explain` walks a figure back to its published cells.",
        "licenses": [_LICENCE],
        "sources": [{"title": s["title"], **({"path": s["url"]} if s["url"] else {})} for s in sources],
        "attributions": sorted({s["attribution"] for s in sources}),
        "notices": sorted({s["notice"] for s in sources if s["notice"]}),
        "resources": [_resource(table, path, form) for table, path in zip(tables, paths, strict=True)],
    }


def _resource(table: _Table, path: Path, form: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": table.name,
        "path": path.name,
        "description": table.purpose,
        "format": form,
        "mediatype": _MEDIA[form],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}",
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "primaryKey": list(table.grain),
            "missingValues": [""],
        },
    }
    return made | ({"profile": "tabular-data-resource", "encoding": "utf-8"} if form == "csv" else {})


def _field(column: _Column) -> dict[str, Any]:
    kind = "array" if column.is_list else _TYPES[column.type][0]
    return {
        "name": column.name,
        "type": kind,
        "description": f"{column.meaning} ({column.unit})",
        "unit": column.unit,
    }


def _csvw(tables: Sequence[_Table]) -> dict[str, Any]:
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:license": {"@id": _LICENCE["path"]},
        "tables": [
            {
                "url": f"{table.name}.csv",
                "dc:title": table.name,
                "dc:description": table.purpose,
                "tableSchema": {
                    "columns": [_csvw_column(column) for column in table.columns],
                    "primaryKey": list(table.grain),
                },
            }
            for table in tables
        ],
    }


def _csvw_column(column: _Column) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name,
        "titles": column.name,
        "dc:description": f"{column.meaning} ({column.unit})",
        "datatype": _TYPES[column.type][1],
    }
    return made if column.nullable else made | {"required": True}
