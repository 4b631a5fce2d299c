"""The shape of each declaration. A key that is not here is an error that names the file and the key.

Owns: field names, types and defaults of the TOML files. Never: opens a file.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lmi.registry.queries import AnyQuery

Id = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Day = Annotated[int, Field(ge=1, le=31)]
ReleaseMonth = Literal[
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December", "monthly", "irregular", "discontinued",
]  # fmt: skip
Status = Literal["unreliable", "suppressed", "rounded_to_zero", "not_available", "not_applicable"]
Maturity = Literal["provisional", "final", "revised", "projected_by_publisher"]
Form = Literal[
    "calendar_year", "academic_year", "financial_year", "financial_year_ending", "month", "month_label",
    "month_name", "rolling_label", "rolling_ending", "quarter", "quarter_ending", "quarter_around", "span", "day",
    "year_month", "mid_year", "winter", "march", "september_before", "academic_year_ending", "after_academic_year",
]  # fmt: skip


class Declaration(BaseModel):
    """Base of all declarations: frozen, and no key that is not declared here."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Recognise(Declaration):
    """How a file is known by its content. All stated marks must hold."""

    format: Literal["workbook", "delimited", "parquet", "json"]
    sheets: tuple[str, ...] = ()
    cells: dict[str, str] = {}  # "Sheet!A1" -> regular expression searched in the cell's text
    empty: tuple[str, ...] = ()  # cells that hold nothing: where another kind of this workbook goes on
    header: tuple[str, ...] = ()  # column names that must be there
    header_not: tuple[str, ...] = ()  # column names that must not be there
    first: dict[
        str, str
    ] = {}  # column, or dotted path of JSON -> regular expression searched in the first record's text
    keys: tuple[str, ...] = ()  # top-level keys of a JSON document
    skip: int = Field(default=0, ge=0)  # lines of prose before the header of a delimited file


class VintageRule(Declaration):
    """Where the file itself says which edition it is."""

    cell: str | None = None  # "Sheet!A1"
    column: str | None = None  # the latest value of this column
    key: str | None = None  # dotted path in a JSON document
    pattern: str = r"(?P<vintage>.+)"
    date_format: str | None = None  # how the match reads as a date, which then is the release date too


class Rule(Declaration):
    """One way to turn a label into a code. Rules are tried in order; the first whose pattern matches decides."""

    pattern: str = r"(?P<x>.*)"  # the first group is what is looked up
    by: Literal["name", "code", "const", "slug", "text", "name_prefix"] = "name"  # text: the label is the code
    scheme: str | None = None
    level: str | None = None
    value: str | None = None  # for const
    prefix: str = ""  # written before the code


class Dimension(Declaration):
    """How a dimension's code is found: a constant, an explicit map, or rules on a label column.

    Where one column says what another means, `label` may join several: "metric|Subgroup" is their texts with | between.
    The same holds for the label of a period and of an ignore.
    """

    label: str | None = None
    const: str | None = None
    map: dict[str, str] = {}
    rules: tuple[Rule, ...] = ()


class PeriodRule(Declaration):
    """One of several ways in which a file writes its periods. The first group of the pattern is the period."""

    pattern: str  # must match the whole label
    form: Form
    template: str = "{}"  # what the label leaves to the reader, around its first group: "Mar {}"


class Period(Declaration):
    """How a period is read from a label column, or is constant. `rules` are tried in order before `form`."""

    label: str | None = None
    const: str | None = None
    form: Form
    pattern: str | None = None  # first group is the period; the whole label when absent
    template: str = "{}"  # as in a rule
    part_pattern: str | None = None  # a label that matches is part of a period, not a full one
    rules: tuple[PeriodRule, ...] = ()


class Ignore(Declaration):
    """Cells that are not observations, with the reason. `label` names a label column, or `text`."""

    label: str
    pattern: str
    reason: str


class Measure(Declaration):
    """Which indicator a cell is, by its labels. The first measure whose `when` matches decides."""

    indicator: Id
    when: dict[str, str] = {}  # label column -> regular expression that matches the whole label
    scale: float = 1.0
    maturity: Maturity = "final"
    maturity_when: dict[str, Maturity] = {}  # "label~regex" -> maturity


class ColumnSpec(Declaration):
    """One column of a look-up table: a constant, a label's text or number, or several joined.

    Steps, in order: trim; `map`, whose value is final; `pattern`; `remove`, `pad_right`, `pad`, `lower`; `slug`; `scheme`;
    `prefix`. A label that `map` lacks is unknown unless a later step is stated.
    """

    label: str | None = None  # a label column, or `text` for the cell's own text
    const: str | None = None
    number: str | None = None  # as `label`, and must read as a number
    pattern: str | None = None  # first group of the label
    scheme: str | None = None  # look the label up in this scheme, by name
    level: str | None = None  # level within that scheme
    slug: bool = False
    lower: bool = False
    remove: str = ""  # text to take out: the dot of 01.11
    prefix: str = ""
    pad: int = 0  # left-pad with zeros to this width
    pad_right: int = 0  # right-pad with zeros to this width: a class printed as 59.2 is 5920
    map: dict[str, str] = {}
    parts: tuple[ColumnSpec, ...] = ()  # join these, with `sep` between
    sep: str = ":"
    optional: bool = False  # no value: null where the table allows it, else no row


class Produce(Declaration):
    """A look-up table that a file produces."""

    table: Literal["codes", "crosswalks", "area_members", "sector_members", "boundaries"]
    columns: dict[str, ColumnSpec]
    where: dict[str, str] = {}  # label column, or `text` -> regular expression that matches the whole; empty text is ""
    complete: bool = False  # weights from one code must add to one
    tolerance: float = 1e-6  # and may miss it by this much, because the publisher rounds
    share: bool = False  # `weight` is an amount: add up by codes, then divide by the from-code's sum


class Layout(Declaration):
    """One kind of file of a source: how to know it, how to read it and what its labels mean."""

    recognise: Recognise
    parser: str
    options: dict[str, Any] = {}
    vintage: VintageRule | None = None
    part: str = ""
    part_from: VintageRule | None = None
    measures: tuple[Measure, ...] = ()
    dimensions: dict[str, Dimension] = {}
    period: Period | None = None
    ignore: tuple[Ignore, ...] = ()
    thousands: Literal["", ","] = ""  # written between thousands: 1,234 is a number only where this says so
    symbols: dict[str, Status] = {}
    conf_symbols: dict[str, Status] = {}
    flag_symbols: dict[
        str, Status | Literal["ok"]
    ] = {}  # "ok": the flag is known and says nothing of the figure's worth
    produces: tuple[Produce, ...] = ()
    baseline: Literal["area", "all", "none"] = "area"  # which cells the committed baseline keeps
    baseline_where: dict[
        str, str
    ] = {}  # label of a cell (`one|other`: joined) or file -> regular expression of those it keeps


class Edition(Declaration):
    """A published file that is known by its digest, with what the publisher says of it."""

    sha256: Sha256
    vintage: str
    part: str = ""
    released: date
    day: Literal["stated", "no later", "guess"] = (
        "stated"  # how `released` is known: by the publisher, by a copy's day, or not
    )
    note: str = ""
    refuse: str = ""  # when set, the file is recognised and refused for this reason
    layout: str = ""
    labels: dict[str, str] = {}  # extra label columns, constant over the file


class Indicator(Declaration):
    """What is measured, in which unit, on which basis, and the views that marts may read."""

    indicator_id: str = ""
    title: str
    unit: str
    basis: Literal["workplace", "residence", "learner_home", "delivery", "national"]
    kind: Literal["stock", "flow", "rate"]
    additive: bool = True
    twin_of: str | None = None  # a publisher's own print of a figure that we also have from the original source
    views: dict[Id, dict[str, str]] = {}  # breakdown -> dimension -> "scheme:level"


class Source(Declaration):
    """A published dataset."""

    source_id: str = ""
    title: str
    publisher: str
    department: Literal["ONS", "DfE", "DWP", "project"]
    kind: Literal["statistics", "lookup"] = "statistics"
    licence: str
    attribution: str
    url: str = ""
    notice: str = ""  # what the publisher asks of those who quote the figures
    releases: tuple[ReleaseMonth, ...] = ()  # months in which it is published; none for what is never renewed
    release_days: tuple[Day, Day] | None = None  # days of the month between which it comes out; none: any day
    release_dates: tuple[date, ...] = ()  # days that the publisher has announced, each instead of its month's rule
    supersede: Literal["cell", "edition"] = "cell"
    layouts: dict[str, Layout]
    editions: tuple[Edition, ...] = ()
    queries: dict[Id, AnyQuery] = {}  # how `lmi refresh --live` asks the publisher; registry/queries.py
    indicators: dict[Id, Indicator] = {}  # what this source alone measures; shared ones are in declared/indicators.toml


class Sector(Declaration):
    """A priority sector as the area names it; its industries come from the look-up of sector members."""

    id: Id
    title: str
    members_from: str  # name used in the look-up
    definition: Literal["published", "proxy"]


class Area(Declaration):
    """An area: its members, comparators and priority sectors."""

    id: Id = ""
    name: str
    code: str
    default: bool = False  # the area when none is asked for
    same_as: tuple[str, ...] = ()
    members: tuple[str, ...]
    comparators: tuple[str, ...]
    england: str = "E92000001"
    counties: tuple[str, ...] = ()  # upper-tier authorities of several districts, for figures that stop at them
    groups: dict[str, tuple[str, ...]] = {}
    sectors: tuple[Sector, ...] = ()


class House(Declaration):
    """How the house is run."""

    builds_kept: int = Field(ge=1)
    memory_mb: int = Field(ge=200)
    days_of_grace: int = Field(ge=0)  # after the last day of a release, before it is called late
    seed: int = Field(ge=0)
    refresh_at: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")  # time of day of a scheduled refresh
    time_zone: str  # of that time: where the publishers are


class Assumption(Declaration):
    """A number that is ours."""

    id: Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9_+-]*$")]
    value: float
    unit: str
    quality: Literal["green", "amber", "red"]
    basis: str


class Guard(Declaration):
    """What the wrong value looks like; when no cell looks so any more, the correction has expired."""

    area: str
    value_above: float | None = None
    value_below: float | None = None


class Correction(Declaration):
    """A known error in published figures: which cells, what to do, why, and a guard."""

    id: Id
    source: str
    action: Literal["quarantine", "replace", "scale"]
    where: dict[str, str]  # dimension or indicator_id -> code
    value: float | None = None
    guard: Guard
    reason: str
    told_publisher: str
