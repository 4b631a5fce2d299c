"""When a publisher's next release is expected, and whether it is late.

Owns: the release calendar that sources declare. Never: reads the clock; the day is an argument.

A source declares the months of its releases (`releases`), if it likes the days of the month between which they come
(`release_days`), and the days that the publisher has announced (`release_dates`), which stand for their month's rule.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from lmi.registry import Source

MONTHS: tuple[str, ...] = tuple(calendar.month_name)[1:]
EVERY_MONTH, NO_RULE = "monthly", "irregular"


@dataclass(frozen=True)
class Release:
    """One expected release: it may come from `opens` on, and is due by `by`."""

    opens: date
    by: date


@dataclass(frozen=True)
class Expectation:
    """What the calendar says of a source on a day.

    `state`: "up to date" (the next release is not open yet), "expected" (it may come any day), "due" (its last day has
    passed, the grace has not), "late", "no calendar", or "nothing held". `missed` counts releases whose last day has
    passed since the one that is held.
    """

    state: str
    next_by: date | None = None
    missed: int = 0


def release_months(source: Source) -> tuple[int, ...]:
    """Return the months of a source's releases by number, rising; none when it has no rule."""
    if EVERY_MONTH in source.releases:
        return tuple(range(1, len(MONTHS) + 1))
    return tuple(sorted(MONTHS.index(name) + 1 for name in source.releases if name != NO_RULE))


def releases_between(source: Source, first: date, last: date) -> tuple[Release, ...]:
    """Return the releases due by a day from `first` to `last`, in order."""
    months = release_months(source)
    announced = {(day.year, day.month) for day in source.release_dates}
    made = [Release(day, day) for day in source.release_dates]
    made += [
        _in_month(source, year, month)
        for year in range(first.year, last.year + 1)
        for month in months
        if (year, month) not in announced
    ]
    return tuple(sorted((r for r in made if first <= r.by <= last), key=lambda r: (r.by, r.opens)))


def expectation(source: Source, held: date | None, today: date, grace_days: int) -> Expectation:
    """Return what the calendar says on `today` of a source whose newest file was released on `held` (None: no file).

    A file released after a release opened belongs to it, so that a publisher who is early is not expected twice. An
    announced day that has no later one and no rule behind it leaves a source without a calendar once it is met.
    """
    if not source.release_dates and not release_months(source):
        return Expectation("no calendar" if held is not None else "nothing held")
    if held is None:
        later = [r for r in releases_between(source, today, _in_years(today)) if r.by >= today]
        return Expectation("nothing held", later[0].by if later else None)
    after = [r for r in releases_between(source, held, _in_years(today)) if r.opens > held]
    if not after:
        return Expectation("no calendar")
    following = after[0]
    missed = sum(r.by < today for r in after)
    if today < following.opens:
        return Expectation("up to date", following.by)
    if today <= following.by:
        return Expectation("expected", following.by)
    state = "due" if today <= following.by + timedelta(days=grace_days) else "late"
    return Expectation(state, following.by, missed)


def _in_month(source: Source, year: int, month: int) -> Release:
    last = calendar.monthrange(year, month)[1]
    opens, by = source.release_days or (1, last)
    return Release(date(year, month, min(opens, last)), date(year, month, min(by, last)))


def _in_years(day: date) -> date:
    """Return a day by which every rule has come round again."""
    return date(day.year + 2, 1, 1)
