"""The contracts of the tables that Python writes.

Owns: every column list outside the marts (a mart's SQL file is its own contract). Never: data.
Dimension columns are never null: `_T` is the total over that dimension.
"""

from __future__ import annotations

import pyarrow as pa

from lmi.contract import Column, Contract

TOTAL = "_T"
STATUSES = ("ok", "unreliable", "suppressed", "rounded_to_zero", "not_available", "not_applicable")
MATURITIES = ("provisional", "final", "revised", "projected_by_publisher")
PERIOD_KINDS = (
    "calendar_year", "academic_year", "academic_year_part", "financial_year", "rolling_year", "quarter", "month", "day", "span",
)  # fmt: skip
DIMENSIONS = ("industry", "occupation", "qualification", "subject", "sex", "age", "provider", "detail")

#: What every parser returns, before its own label columns (named in the source's declaration, all text).
CELL_FIELDS = pa.schema(
    [
        pa.field("ordinal", pa.int64(), False),  # position of the cell in its file, unique and stable
        pa.field("sheet", pa.string(), True),  # workbook sheet, or null
        pa.field("row", pa.int32(), False),  # 1-based row of the sheet, or record of the file counting the header
        pa.field("column", pa.string(), False),  # column letters, header name or JSON path
        pa.field("text", pa.string(), True),  # as published; null when the cell is empty
        pa.field("conf_text", pa.string(), True),  # the confidence half-width beside it, as published, or null
        pa.field("flag_text", pa.string(), True),  # the flag beside it, as published, or null
    ]
)

_dims = tuple(Column(d, "text", "code", f"{d} code, `_T` for the total") for d in DIMENSIONS)

OBSERVATIONS = Contract(
    "observations",
    "Published figures in their own unit, one row per published cell and vintage",
    (
        Column("obs_key", "bigint", "key", "snapshot id * 2^32 + the cell's ordinal", low=0),
        Column("snapshot_id", "bigint", "key", "31 bits of the published file's sha256", low=0),
        Column("indicator_id", "text", "id", "what is measured"),
        Column("area_code", "text", "gss", "area the figure is for"),
        Column("period_start", "date", "date", "first day of the period"),
        Column("period_end", "date", "date", "last day of the period"),
        Column("period_kind", "text", "kind", "kind of period", allowed=PERIOD_KINDS),
        *_dims,
        Column("value", "number", "indicator's unit", "null exactly when status says why", nullable=True),
        Column(
            "ci_half_width", "number", "indicator's unit", "half width of the published 95% interval", nullable=True
        ),
        Column("status", "text", "reason", "ok, or why the value is missing or weak", allowed=STATUSES),
        Column("maturity", "text", "stage", "how final the publisher calls it", allowed=MATURITIES),
        Column("correction_id", "text", "id", "declared correction applied to this cell, or null", nullable=True),
    ),
    key=("obs_key",),
)

SNAPSHOTS = Contract(
    "snapshots",
    "Published files that the build could see",
    (
        Column("snapshot_id", "bigint", "key", "31 bits of the sha256 of the published file", low=0),
        Column("source_id", "text", "id", "source"),
        Column("vintage", "text", "label", "the publisher's edition or extract date"),
        Column("part", "text", "label", "part of the edition that the file holds, or empty"),
        Column("file_name", "text", "name", "the published file's name"),
        Column("sha256", "text", "digest", "of the published file", pattern="[0-9a-f]{64}"),
        Column("bytes", "bigint", "bytes", "size of the published file", low=0),
        Column("released", "date", "date", "day from which the figures count as known"),
        Column("released_basis", "text", "rule", "where the release date comes from"),
        Column(
            "origin", "text", "kind", "how the bytes reached us", allowed=("baseline", "landed", "live", "declared")
        ),
        Column("licence", "text", "id", "licence of the figures"),
    ),
    key=("snapshot_id",),
)

CODES = Contract(
    "codes",
    "Code lists: areas, industries, occupations, qualifications, subjects, routes",
    (
        Column("scheme", "text", "id", "code list"),
        Column("code", "text", "code", "code"),
        Column("name", "text", "label", "name as published"),
        Column("level", "text", "level", "level within the scheme"),
        Column("parent", "text", "code", "code one level up, or null", nullable=True),
        Column("obs_key", "bigint", "key", "cell the row is from", low=0),
    ),
    key=("scheme", "code"),
)

CROSSWALKS = Contract(
    "crosswalks",
    "Weighted mappings; within a mapping that is declared complete, weights from one code add to one",
    (
        Column("crosswalk_id", "text", "id", "mapping"),
        Column("from_code", "text", "code", "code mapped from"),
        Column("to_code", "text", "code", "code mapped to"),
        Column("weight", "number", "share", "share of the from-code that goes to the to-code", low=0, high=1),
        Column("note", "text", "text", "confidence or remark, or empty"),
        Column("obs_key", "bigint", "key", "cell the weight is from", low=0),
    ),
    key=("crosswalk_id", "from_code", "to_code"),
)

AREA_MEMBERS = Contract(
    "area_members",
    "Which districts make up which area, by source of the look-up",
    (
        Column("area_code", "text", "gss", "the area"),
        Column("member_code", "text", "gss", "district or unitary that belongs to it"),
        Column("lookup", "text", "id", "look-up that says so"),
        Column("obs_key", "bigint", "key", "cell that says so", low=0),
    ),
    key=("area_code", "member_code", "lookup"),
)

QUARANTINE = Contract(
    "quarantine",
    "Rows refused, each with the rule that refused it",
    (
        Column("obs_key", "bigint", "key", "cell refused", low=0),
        Column("snapshot_id", "bigint", "key", "snapshot", low=0),
        Column("source_id", "text", "id", "source"),
        Column("rule", "text", "id", "rule that refused it"),
        Column("reason", "text", "text", "why, in words"),
        Column("place", "text", "locator", "sheet and cell, or record and column"),
        Column("text", "text", "text", "as published", nullable=True),
    ),
)

OUTCOMES = Contract(
    "outcomes",
    "What became of each published file that the build could see: used, or left out with the reason",
    (
        Column("snapshot_id", "bigint", "key", "published file", low=0),
        Column("source_id", "text", "id", "source"),
        Column("vintage", "text", "label", "the publisher's edition or extract date"),
        Column("layout", "text", "id", "layout that the file was read by"),
        Column("part", "text", "label", "part of the edition that the file holds, or empty"),
        Column("state", "text", "state", "ok, or stopped when the file was left out", allowed=("ok", "stopped")),
        Column("error", "text", "text", "why the file was left out, or empty"),
    ),
    key=("snapshot_id",),
)

CHECKS = Contract(
    "checks",
    "Expectations intended for each published file, and what came of each; a file that could not be read has none",
    (
        Column("snapshot_id", "bigint", "key", "published file", low=0),
        Column("rule", "text", "id", "rule"),
        Column("severity", "text", "class", "weight of the rule", allowed=("critical", "warning", "info")),
        Column("action", "text", "rule", "what a failure does", allowed=("stop", "quarantine", "report")),
        Column("status", "text", "state", "what came of it", allowed=("passed", "failed", "error", "not_applicable")),
        Column("failing_rows", "bigint", "rows", "rows that break the rule, over all areas of the file", low=0),
        Column("reason", "text", "text", "why an expert holds this"),
        Column("note", "text", "text", "why it was not applicable or could not be run, or empty"),
    ),
    key=("snapshot_id", "rule"),
)

ASSUMPTIONS = Contract(
    "assumptions",
    "Numbers that are ours, each with a reason; an assumption has a key as a published cell has",
    (
        Column("obs_key", "bigint", "key", "key of the assumption", low=0),
        Column("assumption_id", "text", "id", "name"),
        Column("value", "number", "unit", "value"),
        Column("unit", "text", "unit", "unit of the value"),
        Column("quality", "text", "class", "green, amber or red", allowed=("green", "amber", "red")),
        Column("basis", "text", "text", "why this value"),
    ),
    key=("assumption_id",),
)

SERIES = Contract(
    "series",
    "Figures that our model made: one row per series, with the step and formula behind it",
    (
        Column("series_key", "bigint", "key", "negative; stable for the same model, step and codes", high=-1),
        Column("step", "text", "id", "step of the method, as in docs/method.md"),
        Column("formula", "text", "text", "formula in words"),
        Column("label", "text", "text", "what the series is of"),
    ),
    key=("series_key",),
)

DERIVATIONS = Contract(
    "derivations",
    "What a series was made from: published cells (key >= 0) or other series (key < 0)",
    (
        Column("series_key", "bigint", "key", "series made", high=-1),
        Column("input_key", "bigint", "key", "cell, assumption or series used"),
    ),
    key=("series_key", "input_key"),
)

PROJECTIONS = Contract(
    "projections",
    "Projected figures with quantiles, one row per series and period",
    (
        Column("model_id", "text", "id", "model"),
        Column("origin", "integer", "year", "latest year with actual figures"),
        Column("scenario", "text", "id", "official or rebased"),
        Column("measure", "text", "id", "jobs, net_change, replacement, total_requirement, openings, inflow, gap, ..."),
        Column("breakdown", "text", "id", "industry, occupation, qualification, sector, route, or total"),
        Column("area_code", "text", "gss", "area"),
        Column("code", "text", "code", "code within the breakdown, `_T` for all"),
        Column("level", "text", "band", "qualification band, `_T` for all"),
        Column("year", "integer", "year", "calendar year"),
        Column(
            "p10", "number", "measure's unit", "10th percentile, or null where no interval is claimed", nullable=True
        ),
        Column("p50", "number", "measure's unit", "central figure"),
        Column(
            "p90", "number", "measure's unit", "90th percentile, or null where no interval is claimed", nullable=True
        ),
        Column(
            "probability",
            "number",
            "share",
            "probability that the measure is above zero, or null",
            nullable=True,
            low=0,
            high=1,
        ),
        Column("base_people", "number", "people", "base that the quality class is judged on"),
        Column("quality_class", "text", "class", "A, B or C", allowed=("A", "B", "C")),
        Column("quality_reason", "text", "text", "why the class"),
        Column("series_key", "bigint", "key", "series the figure belongs to", high=-1),
    ),
    key=("scenario", "measure", "breakdown", "area_code", "code", "level", "year"),
)

BACKTEST_SCORES = Contract(
    "backtest_scores",
    "How wrong each rule of projection was in the back-test: one row per outturn, breakdown, area, horizon and rule",
    (
        Column("outturn", "text", "id", "what the forecasts were held to, as declared in declared/backtest/trials.toml"),
        Column("breakdown", "text", "id", "industry, occupation or qualification breakdown"),
        Column("area_code", "text", "gss", "area, `_T` for all areas of the trial"),
        Column("horizon", "integer", "years", "years from origin to target", low=1),
        Column("rule", "text", "id", "rule of projection, as docs/method.md describes them"),
        Column("areas", "integer", "areas", "number of areas", low=1),
        Column("first_origin", "integer", "year", "first year forecast from"),
        Column("last_origin", "integer", "year", "last year forecast from"),
        Column("forecasts", "integer", "forecasts", "number of forecasts scored", low=1),
        Column("wmape", "number", "per cent", "sum of absolute errors over sum of actual jobs, mean over origins", low=0),
        Column("mase", "number", "ratio", "absolute error over that of no change, or null when that has none",
               nullable=True, low=0),
        Column("pinball_10", "number", "per cent", "pinball loss of the 10th percentile over actual jobs, or null without "
               "an interval", nullable=True, low=0),
        Column("pinball_50", "number", "per cent", "the same of the central figure, or null", nullable=True, low=0),
        Column("pinball_90", "number", "per cent", "the same of the 90th percentile, or null", nullable=True, low=0),
        Column("coverage", "number", "share", "share of outturns inside the 80% interval, or null without one",
               nullable=True, low=0, high=1),
        Column("direction", "number", "share", "share of forecasts of a change whose sign was right, or null",
               nullable=True, low=0, high=1),
        Column("rank_correlation", "number", "rho", "Spearman's correlation of forecast and actual growth, or null",
               nullable=True, low=-1, high=1),
        Column("obs_key", "bigint", "key", "record of the committed results", low=0),
    ),
    key=("outturn", "breakdown", "area_code", "horizon", "rule"),
)  # fmt: skip

BACKTEST_WIDTHS = Contract(
    "backtest_widths",
    "Half widths of 80% intervals on the log scale, from the errors of the back-test over all areas",
    (
        Column("outturn", "text", "id", "what the forecasts were held to"),
        Column("breakdown", "text", "id", "industry, occupation or qualification breakdown"),
        Column("band", "integer", "band", "size band of the figure forecast from, 1 the smallest", low=1),
        Column("horizon", "integer", "years", "years from origin to target", low=1),
        Column("half_width", "number", "log", "half width of the interval", low=0),
        Column("forecasts", "integer", "forecasts", "number of errors behind it", low=0),
        Column("obs_key", "bigint", "key", "record of the committed results", low=0),
    ),
    key=("outturn", "breakdown", "band", "horizon"),
)

OVERRIDES = Contract(
    "overrides",
    "Known openings and closures that move the baseline until they expire",
    (
        Column("override_id", "text", "id", "name", pattern="[a-z0-9_]+"),
        Column("area_id", "text", "id", "declared area"),
        Column("industry", "text", "code", "industry22 code"),
        Column("jobs", "number", "jobs", "jobs that come, or below zero go, once it is in full effect"),
        Column("first_year", "integer", "year", "first year that it touches"),
        Column("last_year", "integer", "year", "year of its full effect, reached in a straight line"),
        Column("author", "text", "name", "who put it here"),
        Column("source", "text", "text", "where it is announced"),
        Column("expires", "date", "date", "day after which it must be looked at again"),
        Column("reason", "text", "text", "why no publisher's figure holds it yet"),
        Column("obs_key", "bigint", "key", "record of the declaration", low=0),
    ),
    key=("override_id",),
)

CORE_MEASURES = Contract(
    "core_measures",
    "Which series answers which core indicator of the panels, or why none does",
    (
        Column("sap_ref", "text", "code", "core indicator, by the panels' reference"),
        Column("measure", "text", "id", "one measure of it"),
        Column("title", "text", "label", "what the measure is, in words"),
        Column("unit", "text", "unit", "unit of its values"),
        Column("relation", "text", "id", "series view, or mart and measure, that it is read from; none when it is not sourced"),
        Column("code", "text", "code", "code of the free dimension; * is every code, a text before it every code that opens so"),
        Column("over_relation", "text", "id", "what it is divided by; empty when it is shown as it stands"),
        Column("over_code", "text", "code", "code of the divisor; * is the sum over all codes"),
        Column("scale", "number", "ratio", "factor to the unit"),
        Column("evidence", "text", "kind", "how it is known", allowed=("counted", "surveyed", "modelled", "projected", "none")),
        Column("choice", "integer", "rank", "of two series with one figure the lower stands; 0 only ranks areas", low=0),
        Column("is_ranked", "boolean", "flag", "whether the codes are ranked by value"),
        Column("no_rank", "text", "text", "why areas are not ranked by it; empty where they are"),
        Column("reason", "text", "text", "why it is not sourced, or what to mind"),
        Column("obs_key", "bigint", "key", "record of the declaration", low=0),
    ),
    key=("sap_ref", "measure", "relation", "code"),
)  # fmt: skip

SENSITIVITY = Contract(
    "sensitivity",
    "The numbers that move each headline most, one at a time from the low to the high end of their interval",
    (
        Column("measure", "text", "id", "jobs, openings_people, inflow or gap"),
        Column("code", "text", "code", "technical route, `_T` for all"),
        Column("level", "text", "band", "qualification band, `_T` for all"),
        Column("rank", "integer", "rank", "1 moves the headline most", low=1),
        Column("driver", "text", "id", "an assumption, or past errors of jobs"),
        Column("driver_low", "number", "driver's unit", "its low end"),
        Column("driver_high", "number", "driver's unit", "its high end"),
        Column("baseline", "number", "measure's unit", "the headline"),
        Column("low", "number", "measure's unit", "the headline at the driver's low end"),
        Column("high", "number", "measure's unit", "the headline at the driver's high end"),
        Column("swing", "number", "measure's unit", "distance between the two", low=0),
        Column("first_year", "integer", "year", "first year of the headline's mean"),
        Column("last_year", "integer", "year", "last year of the headline's mean"),
        Column("series_key", "bigint", "key", "series of the headline", high=-1),
        Column("driver_key", "bigint", "key", "assumption or series that the driver is"),
    ),
    key=("measure", "code", "level", "rank"),
)

ALL = (
    OBSERVATIONS, SNAPSHOTS, CODES, CROSSWALKS, AREA_MEMBERS, QUARANTINE, OUTCOMES, CHECKS, ASSUMPTIONS, SERIES,
    DERIVATIONS, PROJECTIONS, BACKTEST_SCORES, BACKTEST_WIDTHS, OVERRIDES, CORE_MEASURES, SENSITIVITY,
)  # fmt: skip


def obs_key(snapshot_id: int, ordinal: int) -> int:
    """Return the key of one cell: unique and stable while the published bytes are the same."""
    return snapshot_id * 2**32 + ordinal


def keys_of(snapshot_id: int) -> str:
    """Return the SQL condition that a key is of one of the snapshot's cells; a file in key order is then skipped to them."""
    return f"obs_key between {obs_key(snapshot_id, 0)} and {obs_key(snapshot_id + 1, 0) - 1}"


def snapshot_id_of(sha256: str) -> int:
    """Return the leading 31 bits of a hex sha256."""
    return int(sha256[:8], 16) >> 1
