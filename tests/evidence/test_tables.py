"""Tables and charts by rule: order, what is left out, what is said of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lmi.errors import CoverageError
from lmi.evidence.charts.findings import Drawn, of_drivers, of_extremes, of_moves
from lmi.evidence.charts.slopes import draw_slopes, draw_tornado
from lmi.evidence.charts.svg import Canvas
from lmi.evidence.document import Table, plain, plain_one
from lmi.evidence.quote import Figure, Quoter, Row
from lmi.evidence.spec import SectionSpec
from lmi.evidence.table import Tables
from lmi.evidence.words import write

UNITS = {"place": "label", "level": "level", "year": "year", "jobs": "jobs", "pay": "pounds", "quality_class": "class",
         "quality_reason": "text"}  # fmt: skip


class _Plain:
    """Names that are the codes themselves."""

    def of(self, row: Row, column: str) -> str:
        return "All" if row.values[column] == "_T" else str(row.values[column])


def row(place: str, jobs: float | None, quality: str = "A", **more: Any) -> Row:
    key = {"place": place, **{k: v for k, v in more.items() if k in ("level", "year")}}
    values = {**key, "jobs": jobs, "pay": None, "quality_class": quality, "quality_reason": "too few", **more}
    return Row("a_mart", key, values, UNITS, dict.fromkeys(UNITS, "what; null when not published"), ("ons/x",))


def built(spec: SectionSpec, *rows: Row) -> Table:
    quoter = Quoter("b", {"ons/x": "OGL-3.0"}, ("OGL-3.0",))
    return Tables(quoter, _Plain(), lambda family, item: None).build("t", spec, rows, "Title")  # type: ignore[arg-type]


def shown(table: Table) -> list[list[str]]:
    return [[plain_one(cell) for cell in line] for line in table.rows]


JOBS = SectionSpec("s", "S", "a_mart", rows=("place",), columns=(("jobs", "Jobs"), ("pay", "Pay")), order="jobs desc")


def test_withheld_rows_stand_last_by_name_so_that_their_rank_is_not_told() -> None:
    table = built(JOBS, row("Zed", 90.0, "C"), row("Mid", 50.0), row("Abe", 40.0, "C"), row("Low", 10.0, "B"))
    assert shown(table) == [
        ["Mid", "50", "A"], ["Low", "10", "B, indicative"], ["Abe", "withheld", "C, not printed"],
        ["Zed", "withheld", "C, not printed"],
    ]  # fmt: skip
    assert [plain(note) for note in table.notes] == [
        "Left out, since no figure is at hand: pay.", "Withheld: Abe; Zed. Why: too few.",
    ]  # fmt: skip


def test_a_figure_that_is_missing_is_not_said_to_be_withheld() -> None:
    table = built(JOBS, row("Mid", 50.0), row("Gone", None, "C"))
    assert shown(table)[1][:2] == ["Gone", "not available"]
    assert plain(table.notes[-1]) == "Not available: Gone. Why: too few."


def test_a_table_of_withheld_rows_only_is_a_stated_gap() -> None:
    with pytest.raises(CoverageError, match="all of it is withheld: too few"):
        built(JOBS, row("Zed", 90.0, "C"))


def test_levels_stand_from_the_lowest_and_the_total_last() -> None:
    spec = SectionSpec("s", "S", "a_mart", rows=("level",), columns=(("jobs", "Jobs"),))
    levels = ("_T", "7+", "2", "below_2", "4-5", "3", "6")
    table = built(spec, *(row("x", 1.0, level=level) for level in levels))
    assert [line[0] for line in shown(table)] == ["below_2", "2", "3", "4-5", "6", "7+", "All"]


def test_a_pivot_shows_its_last_columns_and_says_which_are_indicative() -> None:
    spec = SectionSpec("s", "S", "a_mart", rows=("place",), pivot="year", columns=(("jobs", "Jobs"),), last=2)
    rows = [row("A", float(year), "B" if year == 2024 else "A", year=year) for year in (2022, 2023, 2024)]
    table = built(spec, *rows, row("B", 7.0, year=2024))
    assert [head.title for head in table.heads] == ["Place", "2023", "2024", "Quality"]
    assert shown(table) == [["A", "2,023", "2,024", "A; B, indicative: 2024"], ["B", "not held", "7", "A"]]


def test_what_we_declared_is_printed_as_declared_and_changes_to_the_unit() -> None:
    assert write(0.8, "share", projected=False, exact=True).text == "80%"
    assert write(0.0625, "share", projected=False, exact=True).text == "6.25%"
    assert write(0.5, "multiple", projected=False, exact=True).text == "0.5"
    assert write(-183.4, "jobs a year", projected=True, signed=True, fine=True).text == "−183"


def drawn(name: str, **figures: float) -> Drawn:
    made = {part: Figure(f"{value:,.0f}", f"m-{name}-{part}", value, 0, False) for part, value in figures.items()}
    return Drawn(name, row(name, 1.0), made)


def test_a_tornado_shows_both_ends_of_every_input_and_names_the_longest() -> None:
    inputs = [drawn("Growth", low=700, mid=750, high=800), drawn("Start", low=770, mid=750, high=730)]
    canvas = Canvas()
    draw_tornado(canvas, inputs)
    svg = canvas.svg("c", "t", "d")
    assert all(f"m-{name}-{part}" in svg for name in ("Growth", "Start") for part in ("low", "high"))
    assert plain(of_drivers(inputs, "Jobs")) == "Jobs: what matters most is growth, which alone means 700 to 800"


def test_slopes_rise_and_fall_by_the_share_of_each_figure() -> None:
    """By hand: 10% up of a large figure is as steep as 10% up of a small one, and twice as steep as 5% down."""
    canvas = Canvas()
    lines = [
        drawn("Large", before=1000, after=1100),
        drawn("Small", before=10, after=11),
        drawn("Down", before=200, after=190),
    ]
    draw_slopes(canvas, lines)
    ends = [mark.split('"') for mark in canvas._marks if mark.startswith("<line") and 'stroke-width="3"' in mark]
    rises = [round(float(parts[3]) - float(parts[7]), 1) for parts in ends]
    assert rises == [15.0, 15.0, -7.5]
    assert plain(of_moves(lines)).startswith("Some rose and others fell; the largest change for its size is in ")


def test_the_least_is_named_on_maps_only() -> None:
    both = [drawn("A", mid=3), drawn("B", mid=1)]
    assert plain(of_extremes(both, "Rate", lowest=True)) == "Rate: most in A, 3; least in B, 1"
    assert plain(of_extremes(both, "Jobs", lowest=False)) == "Jobs: most in A, 3"


def test_a_period_is_a_column_like_any_other() -> None:
    spec = SectionSpec("s", "S", "a_mart", rows=("place",), pivot="period", columns=(("jobs", "Jobs"),))
    held = [
        row("A", float(n), period_start=date(year, 8, 1), period_end=date(year + 1, 7, 31))
        for n, year in ((2, 2021), (1, 2020))
    ]
    table = built(spec, *held)
    assert [head.title for head in table.heads][1:3] == ["Academic year 2020/21", "Academic year 2021/22"]
    assert shown(table) == [["A", "1", "2", "A"]]
