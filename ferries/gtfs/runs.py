"""Runs of a service day: what a trip and its frequencies mean in calls and sold pairs. Pure.

Times of a `DayRun` are seconds after "noon minus 12 h" of its service date and may pass 24 h, so
that the same run can be put on any date; `on_date` turns them into instants.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations

from maritime.lib import clock


@dataclass(frozen=True)
class StopTime:
    """A call of a trip as the feed has it; seconds of the service day."""

    stop_id: str
    sequence: int
    arrival: int
    departure: int
    pickup: bool = True
    drop_off: bool = True


@dataclass(frozen=True)
class Frequency:
    """A trip repeated every `headway` seconds: the start is included, the end is not."""

    start: int
    end: int
    headway: int


@dataclass(frozen=True)
class Call:
    """A call of a run, in seconds of the service day."""

    stop_id: str
    arrival: int
    departure: int


@dataclass(frozen=True)
class Ride:
    """A pair of calls that the feed sells, with its own times and the trip that lists it."""

    start: int
    end: int
    departure: int
    arrival: int
    trip_id: str
    line: int = 0


@dataclass(frozen=True)
class DayRun:
    """One run of one ship on any service day; `ref` is its stable name, after its first trip."""

    ref: str
    trip_id: str
    calls: tuple[Call, ...]
    rides: tuple[Ride, ...]


@dataclass(frozen=True)
class DatedCall:
    """A call at an instant (UTC)."""

    stop_id: str
    arrives_at: datetime
    departs_at: datetime


@dataclass(frozen=True)
class DatedRide:
    """A sold pair of calls (indexes into the run's calls) at instants (UTC)."""

    start: int
    end: int
    departs_at: datetime
    arrives_at: datetime


@dataclass(frozen=True)
class Run:
    """One run of one ship on one service date."""

    ref: str
    trip_id: str
    service_date: date
    calls: tuple[DatedCall, ...]
    rides: tuple[DatedRide, ...]


def day_runs(
    trip_id: str, line: int, stop_times: Sequence[StopTime], frequencies: Sequence[Frequency]
) -> Iterator[DayRun]:
    """Yield the runs of one trip on a day: one, or one for each departure of its frequencies."""
    if not frequencies:
        yield _run(trip_id, trip_id, line, stop_times, shift=0)
        return
    starts = {
        start
        for frequency in frequencies
        for start in range(frequency.start, frequency.end, frequency.headway)
    }
    for start in sorted(starts):
        shift = start - stop_times[0].departure
        yield _run(f"{trip_id}@{_clock_face(start)}", trip_id, line, stop_times, shift=shift)


def on_date(run: DayRun, day: date, zone: str) -> Run:
    """Return the run on a service date of the zone, its times as instants."""
    zero = clock.service_time(day, 0, zone)

    def at(seconds: int) -> datetime:
        return zero + timedelta(seconds=seconds)

    return Run(
        run.ref,
        run.trip_id,
        day,
        tuple(DatedCall(call.stop_id, at(call.arrival), at(call.departure)) for call in run.calls),
        tuple(
            DatedRide(ride.start, ride.end, at(ride.departure), at(ride.arrival))
            for ride in run.rides
        ),
    )


def _run(
    ref: str, trip_id: str, line: int, stop_times: Sequence[StopTime], *, shift: int
) -> DayRun:
    calls = tuple(
        Call(stop.stop_id, stop.arrival + shift, stop.departure + shift) for stop in stop_times
    )
    rides = tuple(
        Ride(start, end, calls[start].departure, calls[end].arrival, trip_id, line)
        for start, end in combinations(range(len(calls)), 2)
        if stop_times[start].pickup
        and stop_times[end].drop_off
        and calls[start].stop_id != calls[end].stop_id
    )
    return DayRun(ref, trip_id, calls, rides)


def _clock_face(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{rest:02}" if rest else text
