"""Rounding and words by rule."""

from __future__ import annotations

from datetime import date

import pytest

from lmi.evidence.words import certainty, compared, direction, listed, period, write


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


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [(30, 1000, "grow strongly"), (-30, 1000, "shrink strongly"), (10, 1000, "grow"), (4, 1000, "stay about the same"),
     (-10, 1000, "shrink"), (10, None, "stay about the same")],
)  # fmt: skip
def test_a_change_is_named_by_its_share_of_the_level(change: float, level: float | None, words: str) -> None:
    assert direction(change, level) == words


def test_a_range_that_holds_the_start_allows_both_ways() -> None:
    assert certainty(90, 120, 100) == "both a rise and a fall are within the likely range"
    assert certainty(101, 120, 100) == "a rise is likely"
    assert certainty(80, 99, 100) == "a fall is likely"
    assert certainty(None, None, 100) == "no range can be given"


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
