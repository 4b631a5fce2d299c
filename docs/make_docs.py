"""Render docs/tables.md and the generated parts of README.md from the definitions themselves.

Owns: how contracts, series views, marts and attributions look in Markdown. Never: holds a column, a source or a figure.
Run `python -m docs.make_docs` after a change of a table, a mart or a source, and `python -m docs.draw_gap` for the parts
that quote a build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from lmi.contract import Contract
from lmi.lookups.tables import BOUNDARIES, CROSSWALK_INPUTS
from lmi.marts import read_marts
from lmi.marts.parse import read_mart
from lmi.marts.parsed import Mart
from lmi.marts.parsed import render as render_marts
from lmi.registry import Indicator, load, repository_root
from lmi.tables import ALL, CELL_FIELDS
from lmi.warehouse import SeriesView, series_views
from lmi.warehouse.relations import KNOWN, RELATIONS

ROOT = repository_root()
TABLES = ROOT / "docs" / "tables.md"
README = ROOT / "README.md"
PARSED = ROOT / "lmi" / "marts" / "parsed.json"
BASELINE = ROOT / "data" / "raw" / "baseline"
_NOTE = "<!-- Rendered by docs/make_docs.py from the definitions in lmi/. Do not edit by hand. -->"
_HEAD = f"""# Tables

{_NOTE}

Every table of the project with its columns, units and meaning. Three places define them, and this page is rendered from
those: `lmi/marts/*.sql` (a mart is its own contract), `lmi/warehouse/relations.py` with `lmi/tables.py` (tables that
Python writes), and the indicators of the registry (series views).

- A *key* names a row. In a mart it is called the grain.
- `_T` in a code column is the total over that dimension.
- A key of 0 or more is a published cell or a declared assumption; a key below zero is a series that the model made.
  `lmi explain` walks from one to the other.
- Words: [glossary](glossary.md). Steps of the model: [method](method.md).
"""
_CELLS = """### `cells.parquet` of a snapshot

What a parser returns, before staging: these fields, then the source's label columns, all text.

| column | type |
|---|---|
{rows}
"""


def render_tables() -> str:
    """Return the text of docs/tables.md."""
    marts = sorted(read_marts(), key=lambda mart: mart.name)
    views = series_views(shared_indicators())
    in_build = (*RELATIONS, KNOWN, CROSSWALK_INPUTS, BOUNDARIES)
    on_disk = [contract for contract in ALL if contract not in in_build]
    parts = [
        _HEAD,
        "## Contents\n",
        _listed("Marts", [mart.name for mart in marts]),
        _listed("Tables of a build's database", [contract.name for contract in in_build]),
        f"- [Series views](#series-views) of shared indicators: {len(views)}\n",
        "## Marts\n",
        "What people read: `lmi describe MART`, `lmi query`, or the DuckDB file of the build.\n",
        *map(_mart, marts),
        "## Tables of a build's database\n",
        "What marts and projections are made from. They are in the same DuckDB file.\n",
        *(_text(contract) for contract in in_build),
        "## Series views\n",
        _views(views),
        "## Files below data/curated\n",
        *(_text(contract, f"`{contract.name}` of a source") for contract in on_disk),
        _CELLS.format(rows="\n".join(_field(f.name, str(f.type), f.nullable) for f in CELL_FIELDS)),
    ]
    return "\n".join(parts).rstrip() + "\n"


def shared_indicators() -> list[Indicator]:
    """Return the indicators that more than one source may measure; a source documents its own in its declaration."""
    registry = load()
    own = {name for source in registry.sources.values() for name in source.indicators}
    return [indicator for name, indicator in registry.indicators.items() if name not in own]


def render_attributions() -> str:
    """Return the words that a quotation of the figures must carry, each once, with the sources that ask for them.

    Only sources whose figures this repository holds: of the others, `lmi explain` prints the words with each figure.
    """
    asked: dict[str, list[str]] = {}
    for source_id, source in sorted(load().sources.items()):
        if not (BASELINE / source_id).is_dir():
            continue
        asked.setdefault(source.attribution, []).append(source_id)
    ordered = sorted(asked.items(), key=lambda item: item[0].casefold())
    return "\n".join(f"- {text}\n  ({', '.join(f'`{s}`' for s in ids)})" for text, ids in ordered)


def render_notice(source_id: str) -> str:
    """Return what a source's publisher asks of those who quote its figures, as a quotation."""
    return f"> {load().source(source_id).notice}"


def replaced(text: str, name: str, body: str) -> str:
    """Return `text` with `body` between its markers `begin: name` and `end: name`. Raises ValueError without them."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"README.md needs the markers {begin} and {end} once")
    return pattern.sub(lambda _: f"{begin}\n{body}\n{end}", text)


#: Parts of README.md that follow from declarations alone, by the name in their markers.
GENERATED: dict[str, Callable[[], str]] = {
    "attributions": render_attributions,
    "notice": lambda: render_notice("dfe/skills_imperative_2035"),
}


def render_readme(text: str) -> str:
    """Return README.md's text with its parts from declarations renewed."""
    for name, render in GENERATED.items():
        text = replaced(text, name, render())
    return text


def _mart(mart: Mart) -> str:
    text = _text(mart.contract).replace("\nKey: ", "\nGrain: ")
    optional = f" A row may have no `inputs`: {mart.inputs_optional}." if mart.inputs_optional else ""
    reads = ", ".join(f"`{name}`" for name in mart.reads)
    return f"{text}\nMade from {reads}.{optional} File: `lmi/marts/{mart.name}.sql`.\n"


def _text(contract: Contract, heading: str = "") -> str:
    """Return a table's documentation; its purpose is a sentence here, and `heading` tells two tables of one name apart."""
    purpose = contract.purpose
    told = replace(contract, purpose=f"{purpose[:1].upper()}{purpose[1:].rstrip('.')}.").markdown()
    return told.replace(f"### `{contract.name}`\n", f"### {heading}\n", 1) if heading else told


def _listed(title: str, names: Iterable[str]) -> str:
    anchor = re.sub(r"[^a-z0-9 ]", "", title.lower()).replace(" ", "-")
    return f"- [{title}](#{anchor}): " + ", ".join(f"[`{n}`](#{n})" for n in names)


def _views(views: Iterable[SeriesView]) -> str:
    rows = [
        "Marts read published figures through these views only. A view holds one indicator at one level of each free",
        "dimension, every other dimension at its total, in the newest vintage known on the as-of date. Columns: `area_code`,",
        "`period_start`, `period_end`, `period_kind`, `year`, the free dimensions, `value`, `ci_half_width`, `status`,",
        "`maturity`, `vintage`, `source_id`, `obs_key`. Listed are the indicators of `lmi/declared/indicators.toml`; one that a",
        "single source measures stands in that source's declaration, and `lmi describe VIEW` tells of any view.",
        "",
        "| view | unit | holds | free dimensions |",
        "|---|---|---|---|",
    ]
    for view in views:
        unit, _, told = view.comment.partition(" | ")
        free = ", ".join(
            d if scheme == "*" else f"{d} ({scheme}: {level})" for d, (scheme, level) in view.levels.items()
        )
        rows.append(f"| `{view.name}` | {unit} | {told.rpartition(';')[0]} | {free or 'none'} |")
    return "\n".join(rows) + "\n"


def _field(name: str, kind: str, nullable: bool) -> str:
    return f"| `{name}` | {kind}{' or null' if nullable else ''} |"


def render_parsed() -> str:
    """Return the text of lmi/marts/parsed.json, every mart parsed anew."""
    return render_marts(map(read_mart, sorted(PARSED.parent.glob("*.sql"))))


def main() -> None:
    """Write docs/tables.md, lmi/marts/parsed.json and the parts of README.md that follow from declarations."""
    PARSED.write_text(render_parsed(), encoding="utf-8")
    TABLES.write_text(render_tables(), encoding="utf-8")
    README.write_text(render_readme(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
