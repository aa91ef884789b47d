"""Which day of the feed serves which day of the import. Pure.

A feed whose dates have passed can be shown again on later dates: its whole weeks, Monday to
Sunday, are repeated in order without end, and every day keeps its weekday. The count starts at
the feed's own first whole week, so a later import gives a date the same timetable again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ferries.gtfs.feed import ONE_DAY, Feed

ONE_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Anchor:
    """Import `weeks` whole weeks, the first being the one that `day` lies in."""

    day: date
    weeks: int

    @property
    def monday(self) -> date:
        """Return the first day of the first week."""
        return self.day - self.day.weekday() * ONE_DAY


def true_days(feed: Feed) -> Iterator[tuple[date, date]]:
    """Yield each day of the feed's period as its own source."""
    if feed.period:
        first, last = feed.period
        for offset in range((last - first).days + 1):
            day = first + offset * ONE_DAY
            yield day, day


def anchored_days(feed: Feed, anchor: Anchor) -> Iterator[tuple[date, date]]:
    """Yield (day of the import, day of the feed); nothing when the feed has no whole week."""
    if feed.first_date is None or feed.last_date is None:
        return
    first_monday = feed.first_date + (-feed.first_date.weekday() % 7) * ONE_DAY
    whole_weeks = (feed.last_date + ONE_DAY - first_monday) // ONE_WEEK
    if whole_weeks < 1:
        return
    for offset in range(anchor.weeks * 7):
        day = anchor.monday + offset * ONE_DAY
        week, weekday = divmod((day - first_monday).days, 7)
        yield day, first_monday + (week % whole_weeks) * ONE_WEEK + weekday * ONE_DAY
