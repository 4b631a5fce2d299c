"""Small code lists, look-up cells and declarations for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from lmi.lookups import Alias, CodeBook
from lmi.registry import Layout, Source
from lmi.tables import CELL_FIELDS, CODES

#: scheme, code, name, level, parent
CODE_ROWS = (
    ("lsip", "E69000019", "Lancashire", "lsip", None),
    ("lsip", "E69000014", "Greater Manchester", "lsip", None),
    ("cauth", "E47000018", "Lancashire", "cauth", None),
    ("lad", "E07000128", "Wyre", "lad", "E12000002"),
    ("lad", "E07000239", "Wyre Forest", "lad", "E12000005"),
    ("lad", "E06000057", "Northumberland", "lad", "E12000001"),
    ("lad", "E06000048", "Northumberland", "former_lad", "E12000001"),
    ("lad", "E07000163", "Craven", "former_lad", "E12000003"),
    ("utla", "E10000017", "Lancashire", "county", "E12000002"),
    ("sic2007", "P", "Education", "section", None),
    ("sic2007", "85", "Education", "division", "P"),
    ("soc2020", "11", "Corporate managers and directors", "sub_major", "1"),
    ("soc2010", "SOC10-11", "Corporate managers and directors", "sub_major", "SOC10-1"),
    ("route", "health_and_science", "Health and science", "route", None),
)
ALIASES = (
    Alias("lad", "Wyre Forrest", "E07000239", "a misprint"),
    Alias("lad", "Unknown", "", "households of no known district"),
)


def codebook(
    rows: Sequence[tuple[str, str, str, str, str | None]] = CODE_ROWS, aliases: Sequence[Alias] = ALIASES
) -> CodeBook:
    """A code book of a few rows."""
    columns = dict(zip(("scheme", "code", "name", "level", "parent"), map(list, zip(*rows, strict=True)), strict=True))
    return CodeBook(pa.table({**columns, "obs_key": list(range(len(rows)))}, schema=CODES.arrow_schema()), aliases)


def cells(records: Sequence[Mapping[str, str | None]], text: str | None = None) -> pa.Table:
    """One cell a record, as a parser gives them; `text` names the column that is the cell's own text."""
    own = text or next(iter(records[0]))
    labels = [name for name in records[0] if name != text]
    fields: dict[str, list[Any]] = {
        "ordinal": list(range(len(records))),
        "sheet": [None] * len(records),
        "row": [i + 2 for i in range(len(records))],
        "column": [own] * len(records),
        "text": [record[own] for record in records],
        "conf_text": [None] * len(records),
        "flag_text": [None] * len(records),
    }
    made = {f.name: pa.array(fields[f.name], f.type) for f in CELL_FIELDS}
    return pa.table({**made, **{n: pa.array([r[n] for r in records], pa.string()) for n in labels}})


def lookup(*produces: Mapping[str, Any]) -> tuple[Source, Layout]:
    """A look-up source with one layout that produces the given tables."""
    body = {
        "source_id": "geography/a_lookup",
        "title": "A look-up",
        "publisher": "A publisher",
        "department": "ONS",
        "kind": "lookup",
        "licence": "OGL-3.0",
        "attribution": "OGL",
        "layouts": {"only": {"recognise": {"format": "delimited"}, "parser": "delimited", "produces": list(produces)}},
    }
    source = Source.model_validate(body)
    return source, source.layouts["only"]


def crosswalk(**more: Any) -> dict[str, Any]:
    """The declaration of a crosswalk from column `a` to column `b` whose weight is the cell's text."""
    return {
        "table": "crosswalks",
        "columns": {
            "crosswalk_id": {"const": "a_to_b"},
            "from_code": {"label": "a"},
            "to_code": {"label": "b"},
            "weight": {"number": "text"},
            "note": {"const": ""},
        },
        **more,
    }
