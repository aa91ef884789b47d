"""Turns the rows of stop_times.txt of one trip into its calls. No database."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from ferries.gtfs.runs import StopTime
from ferries.gtfs.tables import RowError


@dataclass(frozen=True)
class RawStopTime:
    """One row; a landing without a time (no timepoint) has neither arrival nor departure."""

    line: int
    stop_id: str
    sequence: int
    arrival: int | None
    departure: int | None
    pickup: bool
    drop_off: bool


class TripError(RowError):
    """What is wrong with a trip's calls, at a line of stop_times.txt."""

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        super().__init__(text)


def complete(rows: Sequence[RawStopTime]) -> tuple[StopTime, ...]:
    """Return the calls in order, missing times spread evenly; raises TripError."""
    rows = sorted(rows, key=lambda row: row.sequence)
    if len(rows) < 2:
        raise TripError(rows[0].line, "the trip has only one stop")
    for row, following in itertools.pairwise(rows):
        if row.sequence == following.sequence:
            raise TripError(following.line, f"stop_sequence {row.sequence} occurs twice")
    for row in (rows[0], rows[-1]):
        if row.arrival is None:
            raise TripError(row.line, "the first and the last stop need a time")
    times = _spread(rows)
    for row, (_, departed), (arrived, departs) in zip(rows[1:], times, times[1:], strict=False):
        if arrived < departed or departs < arrived:
            raise TripError(row.line, "time runs backwards on this trip")
    return tuple(
        StopTime(row.stop_id, row.sequence, arrival, departure, row.pickup, row.drop_off)
        for row, (arrival, departure) in zip(rows, times, strict=True)
    )


def _spread(rows: Sequence[RawStopTime]) -> list[tuple[int, int]]:
    """Return arrival and departure of each row; a stop without a time lies evenly between."""
    times: list[tuple[int, int]] = []
    for index, row in enumerate(rows):
        if row.arrival is not None and row.departure is not None:
            times.append((row.arrival, row.departure))
            continue
        ahead = next(i for i in range(index, len(rows)) if rows[i].arrival is not None)
        before, after = times[-1][1], rows[ahead].arrival or 0
        between = before + (after - before) // (ahead - index + 1)
        times.append((between, between))
    return times
