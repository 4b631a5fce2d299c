"""Periods as publishers write them."""

from __future__ import annotations

from datetime import date

import pytest

from lmi.errors import UnknownCode
from lmi.periods import read_period


@pytest.mark.parametrize(
    ("text", "form", "start", "end", "kind"),
    [
        ("2015", "calendar_year", (2015, 1, 1), (2015, 12, 31), "calendar_year"),
        ("2015.0", "calendar_year", (2015, 1, 1), (2015, 12, 31), "calendar_year"),
        ("202122", "academic_year", (2021, 8, 1), (2022, 7, 31), "academic_year"),
        ("2021/22", "academic_year", (2021, 8, 1), (2022, 7, 31), "academic_year"),
        ("AY19/20", "academic_year", (2019, 8, 1), (2020, 7, 31), "academic_year"),
        ("2023-24", "financial_year", (2023, 4, 1), (2024, 3, 31), "financial_year"),
        ("2023-07", "month", (2023, 7, 1), (2023, 7, 31), "month"),
        ("Jul-25", "month_label", (2025, 7, 1), (2025, 7, 31), "month"),
        ("Mar 2024", "month_label", (2024, 3, 1), (2024, 3, 31), "month"),
        ("May 2025 (p)", "month_name", (2025, 5, 1), (2025, 5, 31), "month"),
        ("Feb 2024", "month_name", (2024, 2, 1), (2024, 2, 29), "month"),
        ("Jan 2021-Dec 2021", "rolling_label", (2021, 1, 1), (2021, 12, 31), "rolling_year"),
        ("Apr 2024-Mar 2025", "rolling_label", (2024, 4, 1), (2025, 3, 31), "rolling_year"),
        ("2020-2035", "span", (2020, 1, 1), (2035, 12, 31), "span"),
        ("Mid-2024", "mid_year", (2024, 6, 30), (2024, 6, 30), "day"),
        ("2011", "mid_year", (2011, 6, 30), (2011, 6, 30), "day"),
        ("2024", "financial_year_ending", (2023, 4, 1), (2024, 3, 31), "financial_year"),
        ("2004-12-01", "rolling_ending", (2004, 1, 1), (2004, 12, 31), "rolling_year"),
        ("2023-06", "rolling_ending", (2022, 7, 1), (2023, 6, 30), "rolling_year"),
        ("2026-04-01", "quarter", (2026, 4, 1), (2026, 6, 30), "quarter"),
        ("2025-10", "quarter", (2025, 10, 1), (2025, 12, 31), "quarter"),
        ("2021-01-01", "quarter_ending", (2020, 11, 1), (2021, 1, 31), "quarter"),
        ("2026-04", "quarter_around", (2026, 3, 1), (2026, 5, 31), "quarter"),
        ("2026-01", "quarter_around", (2025, 12, 1), (2026, 2, 28), "quarter"),
        ("2025-12", "quarter_around", (2025, 11, 1), (2026, 1, 31), "quarter"),
        ("202407", "year_month", (2024, 7, 1), (2024, 7, 31), "month"),
        ("2025", "winter", (2024, 12, 1), (2025, 2, 28), "quarter"),
        ("2024", "winter", (2023, 12, 1), (2024, 2, 29), "quarter"),
        ("202122", "after_academic_year", (2022, 8, 1), (2023, 7, 31), "academic_year"),
        ("2022", "academic_year_ending", (2021, 8, 1), (2022, 7, 31), "academic_year"),
        ("2025", "march", (2025, 3, 1), (2025, 3, 31), "month"),
        ("2025", "september_before", (2024, 9, 1), (2024, 9, 30), "month"),
    ],
)
def test_a_period_is_its_first_and_last_day(text: str, form: str, start: tuple, end: tuple, kind: str) -> None:
    value = read_period(text, form)
    assert (value.start, value.end, value.kind) == (date(*start), date(*end), kind)


def test_a_month_that_the_label_leaves_out_is_declared() -> None:
    value = read_period("2022.0", "month_name", pattern=r"(\d{4})(?:\.0)?", template="Mar {}")
    assert (value.start, value.end, value.kind) == (date(2022, 3, 1), date(2022, 3, 31), "month")


def test_a_part_year_ends_where_its_label_says() -> None:
    value = read_period("2025/26 (Aug to Apr)", "academic_year", part_pattern=r"\(Aug to \w+\)")
    assert (value.start, value.end, value.kind) == (date(2025, 8, 1), date(2026, 4, 30), "academic_year_part")


def test_a_part_that_ends_before_new_year_stays_in_the_first_year() -> None:
    value = read_period("2025/26 (Aug to Oct)", "academic_year", part_pattern=r"\(Aug to \w+\)")
    assert value.end == date(2025, 10, 31)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2021/23", "academic_year"),
        ("202124", "academic_year"),
        ("20", "calendar_year"),
        ("2015.5", "calendar_year"),
        ("Foo-25", "month_label"),
        ("2023-13", "month"),
        ("Dec 2021-Jan 2021", "rolling_label"),
        ("2035-2020", "span"),
        ("", "month"),
        ("Total", "calendar_year"),
    ],
)
def test_what_is_no_period_is_refused_and_named(text: str, form: str) -> None:
    with pytest.raises(UnknownCode, match="cannot be read"):
        read_period(text, form)
