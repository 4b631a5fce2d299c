"""How a figure is written: rounding by unit and size, and words for periods and comparisons, by rule.

Owns: every rule by which a number becomes text. Never: reads a mart, knows a citation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

MINUS = "−"
#: A projection is rounded to this step up to this size: two to three leading figures are all that it can bear.
_STEPS = ((100.0, 5.0), (1_000.0, 10.0), (10_000.0, 50.0), (100_000.0, 500.0), (float("inf"), 1_000.0))
_SHARES = ("share", "share a year", "probability")
_PER_CENT = ("per cent", "per cent a year", "%")
_TWO_PLACES = ("ratio", "rho")
#: A length of time is no count of jobs or people: a step of five would be a third of a year.
_MONTHS = "months"
_MOST_PLACES = 4


@dataclass(frozen=True)
class Written:
    """A figure as printed: `number` is the rounded number in the printed unit, `places` its decimals, `text` its form."""

    number: float
    places: int
    text: str


def write(
    value: float, unit: str, *, projected: bool, signed: bool = False, exact: bool = False, fine: bool = False
) -> Written:
    """Return `value` as it is printed. A projected count is rounded by its size; a published one stands as it is.

    With `exact`, no more places are printed than the value has, up to four; with `fine`, projections are whole numbers.
    """
    if exact and not unit.startswith(("year", "code", "id")):
        share = unit in _SHARES
        printed = value * 100 if share else value
        places = next(n for n in range(_MOST_PLACES + 1) if n == _MOST_PLACES or round(printed, n) == round(printed, 9))
        return _written(printed, places, "%" if share else "", signed)
    if unit in _SHARES:
        return _written(value * 100, 1, "%", signed)
    if unit in _PER_CENT:
        return _written(value, 1, "%", signed)
    if unit in _TWO_PLACES:
        return _written(value, 2, "", signed)
    if unit.startswith(("year", "code", "id")):
        return Written(round(value), 0, str(round(value)))
    if unit.startswith(("£", "pound")):
        places = 2 if abs(value) < 100 else 0
        return _written(value, places, "", signed, before="£")
    if unit == _MONTHS:
        return _written(value, 0 if abs(value) >= 10 else 1, "", signed)
    if projected:
        step = 1.0 if fine else next(step for size, step in _STEPS if abs(value) < size)
        return _written(round(value / step) * step, 0, "", signed)
    whole = float(value).is_integer() or abs(value) >= 100
    return _written(value, 0 if whole else 1 if abs(value) >= 10 else 2, "", signed)


def _written(value: float, places: int, after: str, signed: bool, before: str = "") -> Written:
    number = round(value, places) + 0.0  # minus zero is zero
    sign = MINUS if number < 0 else "+" if signed and number > 0 else ""
    return Written(number, places, f"{sign}{before}{abs(number):,.{places}f}{after}")


def compared(ratio: float) -> str:
    """Return how a share stands to the national one, from a location quotient."""
    if ratio >= 1.5:
        return "well above"
    if ratio >= 1.1:
        return "above"
    if ratio > 0.9:
        return "close to"
    return "below" if ratio > 0.67 else "well below"


def day(value: date) -> str:
    """Return a day in words, such as 3 May 2026."""
    return f"{value.day} {value:%B %Y}"


def period(start: date, end: date) -> str:
    """Return a period in the shortest words that name it: a month, a calendar year, academic year, or from month to month."""
    if (start.year, start.month) == (end.year, end.month):
        return f"{end:%B %Y}"
    if (start.month, end.month) == (1, 12) and start.year == end.year:
        return f"{end.year}"
    if (start.day, start.month, end.day, end.month) == (1, 8, 31, 7) and end.year == start.year + 1:
        return f"academic year {start.year}/{end.year % 100:02d}"
    return f"{start:%B %Y} to {end:%B %Y}"


def listed(names: list[str]) -> str:
    """Return names as a list in words: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
