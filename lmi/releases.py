"""When a publisher's next release is expected, and whether it is late.

Owns: the release calendar that sources declare, and the days on which it pays to look. Never: reads the clock.

A source declares the months of its releases (`releases`), if it likes the days of the month between which they come
(`release_days`), and the days that the publisher has announced (`release_dates`), which stand for their month's rule.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lmi.registry import Source

MONTHS: tuple[str, ...] = tuple(calendar.month_name)[1:]
_LONGEST = date.max.day  # 31 December
EVERY_DAY = tuple(range(1, _LONGEST + 1))
_WORKING_DAYS = tuple(range(calendar.MONDAY, calendar.SATURDAY))
EVERY_MONTH, NO_RULE = "monthly", ("irregular", "discontinued")


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
    return tuple(sorted(MONTHS.index(name) + 1 for name in source.releases if name not in NO_RULE))


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


@dataclass(frozen=True)
class Watch:
    """Days that recur each year: in these months, on these days of the month, on these weekdays (0: Monday)."""

    months: tuple[int, ...]
    days: tuple[int, ...]
    weekdays: tuple[int, ...]

    def holds(self, day: date) -> bool:
        """Return whether `day` is one of the watch's."""
        return day.month in self.months and day.day in self.days and day.weekday() in self.weekdays


def watches(sources: Iterable[Source]) -> tuple[Watch, ...]:
    """Return when to refresh: each working day while a release may come, and each Monday at other times.

    Mondays are for what is late, for sources without a rule and for files that were landed by hand. No day is in two of
    the watches, so that a scheduler starts one run a day.
    """
    open_days: dict[int, set[int]] = {month: set() for month in range(1, len(MONTHS) + 1)}
    for source in sources:
        first, last = source.release_days or (1, _LONGEST)
        for month in release_months(source):
            open_days[month] |= set(range(first, last + 1))
    grouped: dict[tuple[int, ...], list[int]] = {}
    for month, days in open_days.items():
        grouped.setdefault(tuple(sorted(days)), []).append(month)
    made = []
    for open_, months in grouped.items():
        others = tuple(day for day in EVERY_DAY if day not in open_)
        made += [Watch(tuple(months), open_, _WORKING_DAYS)] if open_ else []
        made += [Watch(tuple(months), others, _WORKING_DAYS[:1])] if others else []
    return tuple(sorted(made, key=lambda w: (w.months, w.weekdays, w.days)))


def announced_beyond(sources: Iterable[Source], watched: Sequence[Watch]) -> tuple[date, ...]:
    """Return the announced days of release on which no watch would look."""
    days = {day for source in sources for day in source.release_dates}
    return tuple(sorted(day for day in days if not any(watch.holds(day) for watch in watched)))


def _in_month(source: Source, year: int, month: int) -> Release:
    last = calendar.monthrange(year, month)[1]
    opens, by = source.release_days or (1, last)
    return Release(date(year, month, min(opens, last)), date(year, month, min(by, last)))


def _in_years(day: date) -> date:
    """Return a day by which every rule has come round again."""
    return date(day.year + 2, 1, 1)
