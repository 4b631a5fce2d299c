"""Rounding and words by rule."""

from __future__ import annotations

from datetime import date

import pytest

from lmi.errors import LmiError
from lmi.evidence.document import plain
from lmi.evidence.quote import Quoter, Row
from lmi.evidence.say import Speaker
from lmi.evidence.words import compared, listed, period, write


@pytest.mark.parametrize(
    ("value", "unit", "projected", "text"),
    [
        (752_412.6, "jobs", True, "752,000"),
        (67_737.4, "jobs", True, "67,500"),
        (3_253.9, "jobs a year", True, "3,250"),
        (306.8, "jobs a year", True, "310"),
        (23.67, "people a year", True, "25"),
        (-20.66, "people a year", True, "−20"),
        (0.4, "people a year", True, "0"),
        (-0.4, "people a year", True, "0"),
        (36_420.0, "people", False, "36,420"),
        (0.119168, "share", False, "11.9%"),
        (5.3, "per cent", False, "5.3%"),
        (4.724124, "ratio", False, "4.72"),
        (2021.0, "year", False, "2021"),
        (0.05, "groups", False, "0.05"),
        (13.95, "months", True, "14"),
        (4.26, "months", True, "4.3"),
        (19.31, "months", False, "19"),
        (623.4, "£ a week", False, "£623"),
        (15.456, "pounds an hour", False, "£15.46"),
    ],
)
def test_a_figure_is_rounded_by_its_unit_and_size(value: float, unit: str, projected: bool, text: str) -> None:
    written = write(value, unit, projected=projected)
    assert written.text == text
    assert f"{abs(written.number):.{written.places}f}" in text.replace(",", "")


def test_a_sign_is_written_where_it_is_asked_for() -> None:
    assert write(63.25, "people a year", projected=True, signed=True).text == "+65"
    assert write(-63.25, "people a year", projected=True, signed=True).text == "−65"
    assert write(0.0, "people a year", projected=True, signed=True).text == "0"


def test_a_quotient_is_compared_with_one() -> None:
    assert [compared(r) for r in (1.62, 1.19, 1.0, 0.77, 0.41)] == [
        "well above", "above", "close to", "below", "well below",
    ]  # fmt: skip


def test_periods_and_lists_are_written_as_people_say_them() -> None:
    assert period(date(2023, 10, 1), date(2023, 10, 31)) == "October 2023"
    assert period(date(2021, 1, 1), date(2021, 12, 31)) == "2021"
    assert period(date(2021, 8, 1), date(2022, 7, 31)) == "academic year 2021/22"
    assert period(date(2021, 4, 1), date(2022, 3, 31)) == "April 2021 to March 2022"
    assert listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (76.8, "growth adds about 75 jobs"),
        (-63.2, "about 65 jobs are lost"),
        (0.4, "the number of jobs hardly changes"),
    ],
)
def test_what_growth_does_to_the_jobs_to_fill_is_said_with_its_size(change: float, words: str) -> None:
    """By hand from the steps of rounding: 76.8 to 75, 63.2 to 65, 0.4 to none."""
    units = {"net_change": "jobs a year", "model_id": "id", "quality_class": "class"}
    values = {"net_change": change, "model_id": "m", "quality_class": "A"}
    row = Row("a_mart", {}, values, units, dict.fromkeys(units, "what"), ("ons/x",))
    speaker = Speaker(None, Quoter("b", {"ons/x": "OGL-3.0"}, ("OGL-3.0",)), None)  # type: ignore[arg-type]
    assert plain(speaker.parts("{net_change:growth}", row)) == words
    with pytest.raises(LmiError, match="not known"):
        list(speaker.parts("{net_change:louder}", row))
