"""Parsers: where the numbers are. Each writes a table of cells; none does arithmetic or knows a code.

Owns: finding a parser by the name that a declaration gives, and the one call that turns a file into cells on disk.
Never: staging.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from lmi.engine import write_parquet
from lmi.errors import DeclarationError, ParseError
from lmi.registry import Layout, Source

#: Generic parsers, one per publisher layout. A source with a layout of its own brings a module of its own name.
GENERIC = (
    "delimited", "parquet", "nomis_workbook", "nomis_transposed", "nomis_records", "workbook_tables", "workbook_rows",
    "statxplore_table", "statxplore_json", "geojson", "ees_json", "ons_series",
)  # fmt: skip
_FUNCTIONS = {"statxplore_table": ("statxplore", "parse"), "statxplore_json": ("statxplore", "parse_json")}


def write_cells(path: Path, source: Source, layout: Layout, out: Path) -> int:
    """Write the cells of the published file at `path` to the Parquet file `out` and return their number.

    Raises ParseError when the file does not have the declared layout, or holds no cell at all.
    """
    module, function = _FUNCTIONS.get(layout.parser, (layout.parser, "parse"))
    loaded = _module(source, layout.parser, module)
    writer: Any = getattr(loaded, "write_cells", None)
    if writer is not None:
        count = int(writer(path, layout.options, source.source_id, out))
    else:
        cells = getattr(loaded, function)(path, layout.options, source.source_id)
        write_parquet(cells, out, key="ordinal")
        count = cells.num_rows
    if count == 0:
        raise ParseError(
            "the file holds no figures.",
            source=source.source_id,
            place=path.name,
            expected="at least one cell",
            found="none",
            do="download it again; an extract cut short can still open.",
        )
    return count


def _module(source: Source, parser: str, module: str) -> Any:
    if parser in GENERIC:
        return importlib.import_module(f"lmi.sources.parsers.{module}")
    own = f"lmi.sources.{source.source_id.replace('/', '.')}"
    if parser == source.source_id.rpartition("/")[2]:
        return importlib.import_module(own)
    raise DeclarationError(
        f"there is no parser {parser!r}.",
        place=f"sources/{source.source_id}.toml, key parser",
        expected=", ".join(GENERIC) + f", or a module {own}",
        do="name one of these.",
    )
