"""Periods as publishers write them, turned into first day, last day and kind.

Owns: the forms in which a period may be written. Never: guesses a form; a declaration names it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from lmi.errors import UnknownCode

_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name}
_PART_OF_YEAR = re.compile(r"\(([A-Za-z]{3})[a-z]* to ([A-Za-z]{3})[a-z]*\)")


@dataclass(frozen=True)
class PeriodValue:
    """A period: both days belong to it; `kind` is one of tables.PERIOD_KINDS."""

    start: date
    end: date
    kind: str


def read_period(
    text: str, form: str, *, pattern: str | None = None, part_pattern: str | None = None, template: str = "{}"
) -> PeriodValue:
    """Return the period that `text` names, written in `form`.

    `pattern`'s first group is the period when the label holds more; `template` adds what the label leaves to the reader,
    such as the month of a yearly count (`Mar {}`). A label that matches `part_pattern` is part of an
    academic year; when it says "(Aug to Apr)" the end is that month's last day. Raises UnknownCode.
    """
    found = text.strip()
    if pattern is not None:
        match = re.fullmatch(pattern, found)
        if match is None:
            raise _unreadable(text, form)
        found = match.group(1)
    try:
        value = _FORMS[form](template.format(found.strip()))
    except (ValueError, KeyError, AttributeError) as error:
        raise _unreadable(text, form) from error
    if part_pattern is not None and re.search(part_pattern, text):
        return PeriodValue(value.start, _last_month(text, value), "academic_year_part")
    return value


def _unreadable(text: str, form: str) -> UnknownCode:
    return UnknownCode(
        f"the period {text!r} cannot be read.",
        expected=f"a {form.replace('_', ' ')}",
        found=text,
        do="correct the period rule of the source's declaration, or ask the publisher what changed.",
    )


def _last_month(text: str, year: PeriodValue) -> date:
    match = _PART_OF_YEAR.search(text)
    if match is None:
        return year.end
    month = _MONTHS[match.group(2).lower()]
    return _month_end(year.start.year if month >= year.start.month else year.end.year, month)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _year(text: str) -> int:
    match = re.fullmatch(r"(\d{4})(?:\.0)?", text)
    if match is None:
        raise ValueError(text)
    return int(match.group(1))


def _calendar_year(text: str) -> PeriodValue:
    year = _year(text)
    return PeriodValue(date(year, 1, 1), date(year, 12, 31), "calendar_year")


def _two_years(text: str) -> tuple[int, int]:
    match = re.match(r"(?:AY)?(\d{4}|\d{2})\s*[/-]?\s*(\d{4}|\d{2})(?!\d)", text)
    if match is None:
        raise ValueError(text)
    first = int(match.group(1)) if len(match.group(1)) == 4 else 2000 + int(match.group(1))
    second = int(match.group(2))
    if second not in (first + 1, (first + 1) % 100):
        raise ValueError(text)
    return first, first + 1


def _academic_year(text: str) -> PeriodValue:
    first, second = _two_years(text)
    return PeriodValue(date(first, 8, 1), date(second, 7, 31), "academic_year")


def _after_academic_year(text: str) -> PeriodValue:
    """Read `202122` as the academic year 2022/23: where a table names the year before that of which it tells."""
    first, second = _two_years(text)
    return PeriodValue(date(first + 1, 8, 1), date(second + 1, 7, 31), "academic_year")


def _academic_year_ending(text: str) -> PeriodValue:
    year = _year(text)
    return PeriodValue(date(year - 1, 8, 1), date(year, 7, 31), "academic_year")


def _financial_year(text: str) -> PeriodValue:
    first, second = _two_years(text)
    return PeriodValue(date(first, 4, 1), date(second, 3, 31), "financial_year")


def _financial_year_ending(text: str) -> PeriodValue:
    """Read `2024` as April 2023 to March 2024."""
    year = _year(text)
    return PeriodValue(date(year - 1, 4, 1), date(year, 3, 31), "financial_year")


def _month_of(year: int, month: int) -> PeriodValue:
    return PeriodValue(date(year, month, 1), _month_end(year, month), "month")


def _month(text: str) -> PeriodValue:
    """Read `2026-04`, `2026-04-01` or `2026 APR`."""
    named = re.fullmatch(r"(\d{4}) ([A-Za-z]{3})", text)
    if named is not None:
        return _month_of(int(named.group(1)), _MONTHS[named.group(2).lower()])
    match = re.fullmatch(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?", text)
    if match is None:
        raise ValueError(text)
    return _month_of(int(match.group(1)), int(match.group(2)))


def _named_month(text: str) -> PeriodValue:
    """Read `Jul-25`, `Mar 2024` or `May 2025 (p)`."""
    match = re.match(r"([A-Za-z]{3})[a-z]*[ -](\d{4}|\d{2})(?!\d)", text)
    if match is None:
        raise ValueError(text)
    year = int(match.group(2))
    return _month_of(year if year >= 100 else 2000 + year, _MONTHS[match.group(1).lower()])


def _rolling(text: str) -> PeriodValue:
    """Read `Jan 2021-Dec 2021`: from the first day of one month to the last day of the other."""
    match = re.fullmatch(r"([A-Za-z]{3})[a-z]* (\d{4})\s*-\s*([A-Za-z]{3})[a-z]* (\d{4})", text)
    if match is None:
        raise ValueError(text)
    start = date(int(match.group(2)), _MONTHS[match.group(1).lower()], 1)
    end = _month_end(int(match.group(4)), _MONTHS[match.group(3).lower()])
    if start >= end:
        raise ValueError(text)
    return PeriodValue(start, end, "rolling_year")


def _rolling_ending(text: str) -> PeriodValue:
    """Read `2023-06` as the twelve months that end with it."""
    end = _month(text).end
    start = date(end.year, 1, 1) if end.month == 12 else date(end.year - 1, end.month + 1, 1)
    return PeriodValue(start, end, "rolling_year")


def _quarter(text: str) -> PeriodValue:
    """Read `2026-04` as the three months that begin with it."""
    return _three_months(text, 0)


def _quarter_ending(text: str) -> PeriodValue:
    """Read `2026-04` as February to April: an average of three months, dated by the last."""
    return _three_months(text, -2)


def _quarter_around(text: str) -> PeriodValue:
    """Read `2026-04` as March to May: the publisher dates an average of three months by the one in the middle."""
    return _three_months(text, -1)


def _three_months(text: str, moved: int) -> PeriodValue:
    named = _month(text).start
    first = named.year * 12 + named.month - 1 + moved
    start, end = divmod(first, 12), divmod(first + 2, 12)
    return PeriodValue(date(start[0], start[1] + 1, 1), _month_end(end[0], end[1] + 1), "quarter")


def _span(text: str) -> PeriodValue:
    match = re.fullmatch(r"(\d{4})\s*-\s*(\d{4})", text)
    if match is None or int(match.group(1)) >= int(match.group(2)):
        raise ValueError(text)
    return PeriodValue(date(int(match.group(1)), 1, 1), date(int(match.group(2)), 12, 31), "span")


def _day(text: str) -> PeriodValue:
    day = date.fromisoformat(text)
    return PeriodValue(day, day, "day")


def _mid_year(text: str) -> PeriodValue:
    """Read `Mid-2024`, `mid-2024` or `2024` as the day that population estimates are for."""
    day = date(_year(re.sub(r"^[Mm]id[- ]", "", text)), 6, 30)
    return PeriodValue(day, day, "day")


def _year_month(text: str) -> PeriodValue:
    match = re.fullmatch(r"(\d{4})(\d{2})", text)
    if match is None:
        raise ValueError(text)
    return _month_of(int(match.group(1)), int(match.group(2)))


def _winter(text: str) -> PeriodValue:
    """Read `2025` as December 2024 to February 2025, over which DfE averages what local authorities report."""
    year = _year(text)
    return PeriodValue(date(year - 1, 12, 1), _month_end(year, 2), "quarter")


def _march(text: str) -> PeriodValue:
    return _month_of(_year(text), 3)


def _september_before(text: str) -> PeriodValue:
    """Read `2025` as September 2024: where a table of the year's spring holds what was so when the school year began."""
    return _month_of(_year(text) - 1, 9)


_FORMS: dict[str, Callable[[str], PeriodValue]] = {
    "calendar_year": _calendar_year,
    "academic_year": _academic_year,
    "financial_year": _financial_year,
    "financial_year_ending": _financial_year_ending,
    "month": _month,
    "month_label": _named_month,
    "month_name": _named_month,
    "rolling_label": _rolling,
    "rolling_ending": _rolling_ending,
    "quarter": _quarter,
    "quarter_ending": _quarter_ending,
    "quarter_around": _quarter_around,
    "span": _span,
    "day": _day,
    "mid_year": _mid_year,
    "year_month": _year_month,
    "after_academic_year": _after_academic_year,
    "academic_year_ending": _academic_year_ending,
    "winter": _winter,
    "march": _march,
    "september_before": _september_before,
}
