"""The contracts of the tables that only a build's database holds.

Owns: the columns of areas, aliases, sectors, sources, cells, parameters and known figures. Never: data.
"""

from __future__ import annotations

from lmi.contract import Column, Contract
from lmi.tables import (
    AREA_MEMBERS,
    ASSUMPTIONS,
    BACKTEST_SCORES,
    BACKTEST_WIDTHS,
    CHECKS,
    CODES,
    CORE_MEASURES,
    CROSSWALKS,
    DERIVATIONS,
    DIMENSIONS,
    OBSERVATIONS,
    OUTCOMES,
    OVERRIDES,
    PROJECTIONS,
    QUARANTINE,
    SENSITIVITY,
    SERIES,
    SNAPSHOTS,
)

AREA_KINDS = ("area", "district", "comparator", "part")
#: What makes two observations the same figure, whatever the vintage.
FIGURE_COLUMNS = ("indicator_id", "area_code", "period_start", "period_end", "period_kind", *DIMENSIONS)
_KEY = Column("obs_key", "bigint", "key", "cell the row is from", low=0)

PARAMETERS = Contract(
    "parameters",
    "What this build was asked for: one row",
    (
        Column("area_id", "text", "id", "declared area"),
        Column("area_code", "text", "gss", "the area's own code"),
        Column("as_of", "date", "date", "figures released after this day are not seen"),
        Column("base_year", "integer", "year", "latest year with actual figures of demand"),
    ),
    key=("area_id",),
)

AREAS = Contract(
    "areas",
    "Areas of the build: the area, its districts and counties, its comparators, and parts that add up to a comparator",
    (
        Column("area_code", "text", "gss", "code under which every view shows the area"),
        Column("area_id", "text", "id", "declared area that it belongs to"),
        Column("name", "text", "label", "name"),
        Column("kind", "text", "kind", "role of the area in this build", allowed=AREA_KINDS),
        Column("parent", "text", "gss", "the area that a district or county belongs to, or null", nullable=True),
    ),
    key=("area_code",),
)

AREA_ALIASES = Contract(
    "area_aliases",
    "Published codes and the code under which the build knows the area; an area's own code is listed too",
    (
        Column("published_code", "text", "gss", "code as published"),
        Column("area_code", "text", "gss", "code under which every view shows the area"),
    ),
    key=("published_code",),
)

AREA_PARTS = Contract(
    "area_parts",
    "Areas that together make up a comparator, for figures that are published for the parts only",
    (
        Column("area_code", "text", "gss", "the whole"),
        Column("part_code", "text", "gss", "one of the areas that it consists of"),
        _KEY,
    ),
    key=("area_code", "part_code"),
)

SECTORS = Contract(
    "sectors",
    "Priority sectors as the area names them",
    (
        Column("sector_id", "text", "id", "sector"),
        Column("title", "text", "label", "the area's name for it"),
        Column("definition_status", "text", "kind", "published, or a proxy of ours", allowed=("published", "proxy")),
        Column("obs_key", "bigint", "key", "cell or declaration that the definition is from", low=0),
    ),
    key=("sector_id",),
)

SECTOR_MEMBERS = Contract(
    "sector_members",
    "Industries that make up a priority sector; sectors overlap and are never added",
    (
        Column("area_id", "text", "id", "declared area"),
        Column("sector_id", "text", "id", "sector"),
        Column("industry", "text", "code", "industry code that belongs to it"),
        Column("level", "text", "level", "level of that code within SIC 2007"),
        Column("weight", "number", "share", "share of the industry that counts", low=0, high=1),
        _KEY,
    ),
    key=("area_id", "sector_id", "industry"),
)

SOURCES = Contract(
    "sources",
    "Published datasets",
    (
        Column("source_id", "text", "id", "source"),
        Column("title", "text", "label", "the publisher's title"),
        Column("publisher", "text", "label", "publisher"),
        Column("department", "text", "label", "ONS, DfE, DWP or the project itself"),
        Column("kind", "text", "kind", "statistics or lookup"),
        Column("licence", "text", "id", "licence"),
        Column("attribution", "text", "text", "words that a quotation must carry"),
        Column("url", "text", "url", "where it is published, or empty"),
        Column("notice", "text", "text", "what the publisher asks of those who quote, or empty"),
    ),
    key=("source_id",),
)

INDICATORS = Contract(
    "indicators",
    "What is measured",
    (
        Column("indicator_id", "text", "id", "indicator"),
        Column("title", "text", "label", "what is measured, in words"),
        Column("unit", "text", "unit", "unit of its figures"),
        Column("basis", "text", "kind", "workplace, residence, learner_home, delivery or national"),
        Column("kind", "text", "kind", "stock, flow or rate"),
        Column("additive", "boolean", "flag", "whether districts may be added up"),
    ),
    key=("indicator_id",),
)

CELLS = Contract(
    "cells",
    "Published cells behind the figures and look-ups of this build",
    (
        Column("obs_key", "bigint", "key", "cell", low=0),
        Column("snapshot_id", "bigint", "key", "published file", low=0),
        Column("place", "text", "locator", "sheet and cell, or record and column"),
        Column("text", "text", "text", "as published, or null when the cell is empty", nullable=True),
        Column("conf_text", "text", "text", "confidence half-width beside it as published, or null", nullable=True),
        Column("flag_text", "text", "text", "flag beside it as published, or null", nullable=True),
    ),
    key=("obs_key",),
)

RUN_STEPS = Contract(
    "run_steps",
    "What the build did, step by step, without times: the same inputs give the same rows",
    (
        Column("stage", "text", "id", "stage of the pipeline"),
        Column("subject", "text", "id", "source, table or model that it worked on"),
        Column("rows_in", "bigint", "rows", "rows read", low=0),
        Column("rows_out", "bigint", "rows", "rows written", low=0),
        Column("quarantined", "bigint", "rows", "rows refused", low=0),
        Column("digest", "text", "digest", "content digest of what was written, or empty"),
    ),
    key=("stage", "subject"),
)

RELEASED_OBSERVATIONS = Contract(
    "observations",
    "Published figures of every vintage, with the release that they came in",
    (
        *OBSERVATIONS.columns,
        Column("source_id", "text", "id", "source"),
        Column("vintage", "text", "label", "the publisher's edition or extract date"),
        Column("released", "date", "date", "day from which the figure counts as known"),
        Column("supersede", "text", "rule", "what a newer vintage replaces", allowed=("cell", "edition")),
    ),
    key=("obs_key",),
)

KNOWN = Contract(
    "known",
    "Latest vintage of each figure known on the as-of date; marts read it through the series views",
    tuple(c for c in RELEASED_OBSERVATIONS.columns if c.name != "supersede"),
    key=("obs_key",),
)

DIMENSION_SCHEMES = Contract(
    "dimension_schemes",
    "Code lists in which a published file's dimensions are coded, as its layout declares them",
    (
        Column("snapshot_id", "bigint", "key", "published file", low=0),
        Column("dimension", "text", "id", "dimension", allowed=DIMENSIONS),
        Column("scheme", "text", "id", "code list"),
    ),
    key=("snapshot_id", "dimension", "scheme"),
)

_FIGURE = tuple(c for c in OBSERVATIONS.columns if c.name in FIGURE_COLUMNS)


def _both(name: str, kind: str, unit: str, meaning: str) -> tuple[Column, Column]:
    return (
        Column(f"{name}_before", kind, unit, f"{meaning}, in the vintage before, or null", nullable=True),
        Column(f"{name}_after", kind, unit, f"{meaning}, in the vintage after, or null", nullable=True),
    )


MOVES = Contract(
    "moves",
    "Figures that differ between a vintage and the one before it, with the facts from which the cause is derived",
    (
        Column("source_id", "text", "id", "source"),
        Column("vintage_before", "text", "label", "edition before: the newest that printed the figure, or any of it"),
        Column("vintage_after", "text", "label", "edition in which the figure moved"),
        Column("released_before", "date", "date", "day from which the edition before counts as known"),
        Column("released_after", "date", "date", "day from which the edition after counts as known"),
        *_FIGURE,
        *_both("value", "number", "indicator's unit", "value"),
        *_both("status", "text", "reason", "ok, or why the value is missing or weak"),
        *_both("maturity", "text", "stage", "how final the publisher calls it"),
        *_both("correction", "text", "id", "declared correction applied to the cell"),
        *_both("published_code", "text", "gss", "code under which the publisher prints the area"),
        *_both("obs_key", "bigint", "key", "cell"),
        Column("schemes", "text", "id", "code lists of the dimensions in use, or empty"),
        Column(
            "period_known_to",
            "date",
            "date",
            "end of the newest period that earlier editions printed of this indicator for the area, or null",
            nullable=True,
        ),
        Column(
            "schemes_beside",
            "text",
            "id",
            "code lists of the same breakdown, area and period in the other editions where all differ, or null",
            nullable=True,
        ),
    ),
    key=("source_id", "vintage_after", *FIGURE_COLUMNS),
)

#: Every table of a build's database but `known`, in the order in which they are made.
RELATIONS = (
    PARAMETERS,
    AREAS,
    AREA_ALIASES,
    AREA_PARTS,
    AREA_MEMBERS,
    SOURCES,
    SNAPSHOTS,
    INDICATORS,
    RELEASED_OBSERVATIONS,
    CELLS,
    CODES,
    CROSSWALKS,
    SECTORS,
    SECTOR_MEMBERS,
    ASSUMPTIONS,
    BACKTEST_SCORES,
    BACKTEST_WIDTHS,
    OVERRIDES,
    CORE_MEASURES,
    SERIES,
    DERIVATIONS,
    PROJECTIONS,
    SENSITIVITY,
    QUARANTINE,
    OUTCOMES,
    CHECKS,
    RUN_STEPS,
    DIMENSION_SCHEMES,
    MOVES,
)
