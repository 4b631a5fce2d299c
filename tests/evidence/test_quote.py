"""What may be printed, and the record of it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from lmi.errors import CoverageError
from lmi.evidence.quote import Figure, Quoter, Row, Withheld
from lmi.marts.citations import citation

UNITS = {"area_code": "gss", "day": "date", "jobs": "jobs", "quality_class": "class", "quality_reason": "text"}


def row(jobs: float | None, quality: str = "A", sources: tuple[str, ...] = ("ons/x",), **more: Any) -> Row:
    key = {"area_code": "E69000019", "day": date(2023, 10, 1)}
    values = {**key, "jobs": jobs, "quality_class": quality, "quality_reason": "too few jobs", **more}
    return Row("a_mart", key, values, UNITS, dict.fromkeys(UNITS, "jobs; null when not published"), sources)


def quoter() -> Quoter:
    made = Quoter("build-1", {"ons/x": "OGL-3.0", "shut/y": "closed"}, ("OGL-3.0",))
    made.page = "page.html"
    return made


def test_a_figure_carries_the_citation_that_lmi_explain_takes() -> None:
    made = quoter()
    shown = made.quote(row(36_420.0), "jobs")
    assert shown == Figure(
        "36,420", citation("a_mart", {"area_code": "E69000019", "day": date(2023, 10, 1)}, "jobs"), 36420.0, 0, False
    )
    record = json.loads(made.to_json({"ons/x": {"title": "X"}}))
    entry = record["figures"][shown.citation]
    assert entry["value"] == 36420.0 and entry["printed"] == ["36,420"] and entry["pages"] == ["page.html"]
    assert entry["key"] == {"area_code": "E69000019", "day": "2023-10-01"}
    assert entry["sources"] == ["ons/x"] and set(record["sources"]) == {"ons/x"}
    assert record["columns"]["a_mart.jobs"]["unit"] == "jobs"


def test_class_c_is_never_printed_and_gives_its_reason() -> None:
    made = quoter()
    assert made.quote(row(640.0, "C"), "jobs") == Withheld("withheld", "too few jobs")
    assert made.figures() == {}


def test_class_b_is_marked() -> None:
    shown = quoter().quote(row(6_400.0, "B"), "jobs")
    assert isinstance(shown, Figure) and shown.indicative


def test_a_missing_value_says_why() -> None:
    assert quoter().quote(row(None), "jobs") == Withheld("not available", "when not published")
    assert quoter().quote(row(None, status="suppressed"), "jobs") == Withheld("not available", "suppressed")


def test_a_licence_that_is_not_allowed_keeps_the_figure_out() -> None:
    made = quoter()
    shown = made.quote(row(6_400.0, "A", ("ons/x", "shut/y")), "jobs")
    assert shown == Withheld("withheld", "the licence of shut/y does not allow it")
    assert made.figures() == {}
    unknown = made.quote(row(6_400.0, "A", ("who/knows",)), "jobs")
    assert isinstance(unknown, Withheld)


def test_a_column_that_the_mart_lacks_is_an_error() -> None:
    with pytest.raises(CoverageError, match="no column 'pay'"):
        quoter().quote(row(1.0), "pay")


def test_a_count_lists_what_was_counted() -> None:
    made = quoter()
    shown = made.count("a_mart", [row(1.0), row(2.0)], "all: area x")
    entry = made.figures()[shown.citation]
    assert shown.text == "2" and entry["value"] == 2 and len(entry["key"]["rows"]) == 2


def test_a_share_moves_by_points_and_a_count_by_what_it_counts() -> None:
    made = quoter()
    share = Row(
        "a_mart",
        {"day": date(2023, 10, 1)},
        {"rate": 5.2, "quality_class": "A"},
        {"rate": "per cent"},
        {"rate": "r"},
        (),
    )
    assert made.derived(share, "rate", 1.04, "change", signed=True).text == "+1.0 points"
    assert made.derived(share, "rate", 4.2, "before").text == "4.2%"
    assert made.derived(row(2.0), "jobs", -884.0, "change", signed=True).text == "−884"
