"""Joins the trips of one ship into one run, so that its car deck is sold once. Pure.

Some feeds list a trip for each pair of landings: a ship from Anacortes by Lopez to Friday Harbor
is three trips. Within a group of landings, trips that leave one landing at one time are one ship
(an `Event`). The ship calls at the destination with the first arrival, and goes on with the next
event there that lists all the other destinations.

Where one ship overtakes another, a feed that pairs the first departure with the first arrival has
the two arrivals exchanged. They are put right when that makes the events agree better. A time is
changed in no other case but an impossible one, and every change is reported.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from ferries.gtfs.runs import Call, DayRun, Ride

LONGEST_STAY = 45 * 60
Remark = tuple[int, str]


@dataclass(frozen=True)
class Hop:
    """One trip between two landings, in seconds of the service day."""

    trip_id: str
    origin: str
    destination: str
    departure: int
    arrival: int
    line: int = 0


@dataclass(frozen=True)
class Event:
    """One ship leaves a landing for one or more others; hops by arrival, all different."""

    origin: str
    departure: int
    hops: tuple[Hop, ...]

    def hop_to(self, landing: str) -> Hop | None:
        """Return the hop to the landing, if the event lists one."""
        return next((hop for hop in self.hops if hop.destination == landing), None)


@dataclass(frozen=True, order=True)
class Link:
    """A guess that `after` is the same ship as `before`; smaller is better in this order."""

    disagreements: int
    stay: int
    before: int
    after: int


def join_through(
    runs: Sequence[DayRun], group: frozenset[str]
) -> tuple[list[DayRun], list[Remark]]:
    """Return the runs of a day with those inside the group joined, and (line, remark) pairs.

    Every trip stays one ride of exactly one run; other runs are returned untouched.
    """
    inside = [run for run in runs if _is_hop(run, group)]
    taken = {run.ref for run in inside}
    hops, remarks = _put_right([_hop(run) for run in inside])
    events = _events(hops)
    joined = []
    for chain in _chains(events):
        run, moved = _run([events[index] for index in chain])
        joined.append(run)
        remarks += moved
    return [run for run in runs if run.ref not in taken] + joined, remarks


def _is_hop(run: DayRun, group: frozenset[str]) -> bool:
    stops = {call.stop_id for call in run.calls}
    return len(run.calls) == 2 and len(run.rides) == 1 and stops <= group


def _hop(run: DayRun) -> Hop:
    ride = run.rides[0]
    origin, destination = (call.stop_id for call in run.calls)
    return Hop(run.ref, origin, destination, ride.departure, ride.arrival, ride.line)


def _events(hops: Sequence[Hop]) -> list[Event]:
    """Return the departures; two trips to one landing, or arriving at one time, are two ships."""
    ships: dict[tuple[int, str], list[list[Hop]]] = defaultdict(list)
    for hop in sorted(hops, key=lambda hop: (hop.arrival, hop.trip_id)):
        alike = ships[hop.departure, hop.origin]
        for ship in alike:
            if ship[-1].arrival < hop.arrival and all(
                other.destination != hop.destination for other in ship
            ):
                ship.append(hop)
                break
        else:
            alike.append([hop])
    return [
        Event(origin, departure, tuple(ship))
        for (departure, origin), alike in sorted(ships.items())
        for ship in alike
    ]


def _links(index: int, events: Sequence[Event], at: dict[str, list[int]]) -> Iterator[Link]:
    """Yield the events at its next landing with which the ship of an event may go on."""
    event = events[index]
    first, others = event.hops[0], event.hops[1:]
    for candidate in at[first.destination] if others else ():
        stay = events[candidate].departure - first.arrival
        matches = [events[candidate].hop_to(hop.destination) for hop in others]
        if None in matches or not 0 <= stay <= LONGEST_STAY:
            continue
        differing = sum(
            match is not None and match.arrival != hop.arrival
            for hop, match in zip(others, matches, strict=True)
        )
        yield Link(differing, stay, index, candidate)


def _all_links(events: Sequence[Event]) -> list[list[Link]]:
    at: dict[str, list[int]] = defaultdict(list)
    for index, event in enumerate(events):
        at[event.origin].append(index)
    return [list(_links(index, events, at)) for index in range(len(events))]


def _disagreement(events: Sequence[Event]) -> int:
    """Return how badly the events fit together: 0 when every ship's arrivals agree."""
    return sum(
        min((link.disagreements for link in links), default=len(event.hops))
        for event, links in zip(events, _all_links(events), strict=True)
        if len(event.hops) > 1
    )


def _put_right(hops: list[Hop]) -> tuple[list[Hop], list[Remark]]:
    """Exchange two arrivals of one pair wherever that makes the same events agree better."""
    remarks: list[Remark] = []
    events = _events(hops)
    best = _disagreement(events)
    for first, second in _overtakings(hops):
        if best == 0:
            break
        trial = list(hops)
        trial[first] = replace(hops[first], arrival=hops[second].arrival)
        trial[second] = replace(hops[second], arrival=hops[first].arrival)
        trial_events = _events(trial)
        disagreement = _disagreement(trial_events)
        if disagreement < best and len(trial_events) == len(events):
            hops, best = trial, disagreement
            remarks.append((hops[first].line, _exchanged(hops[first], hops[second])))
    return hops, remarks


def _overtakings(hops: Sequence[Hop]) -> list[tuple[int, int]]:
    """Return the pairs of trips of which the later one may be the faster one."""
    by_pair: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, hop in enumerate(hops):
        by_pair[hop.origin, hop.destination].append(index)
    return [
        (first, second)
        for indexes in by_pair.values()
        for first, second in combinations(sorted(indexes, key=lambda i: hops[i].departure), 2)
        if hops[first].departure < hops[second].departure < hops[first].arrival
        and hops[first].arrival < hops[second].arrival
    ]


def _exchanged(first: Hop, second: Hop) -> str:
    return (
        f"arrivals exchanged, since one ship overtakes the other: {first.trip_id} from "
        f"{first.origin} at {_face(first.departure)} arrives in {first.destination} at "
        f"{_face(first.arrival)}, {second.trip_id} of {_face(second.departure)} at "
        f"{_face(second.arrival)}"
    )


def _chains(events: Sequence[Event]) -> list[list[int]]:
    """Return every event in exactly one chain; the best links are made first."""
    chain_of = {index: [index] for index in range(len(events))}
    links = [link for links in _all_links(events) for link in links]
    for link in sorted(links):
        head, tail = chain_of[link.before], chain_of[link.after]
        if head is tail or head[-1] != link.before or tail[0] != link.after:
            continue
        if _is_possible([events[index] for index in head + tail]):
            head += tail
            for index in tail:
                chain_of[index] = head
    return [chain_of[index] for index in range(len(events)) if chain_of[index][0] == index]


def _is_possible(chain: Sequence[Event]) -> bool:
    """Tell whether the ship meets no landing twice, but that it may end where it began."""
    landings = _landings(chain)
    body = landings[:-1] if landings[-1] == landings[0] else landings
    return len(set(body)) == len(body)


def _landings(chain: Sequence[Event]) -> list[str]:
    return [event.origin for event in chain] + [hop.destination for hop in chain[-1].hops]


def _run(chain: Sequence[Event]) -> tuple[DayRun, list[Remark]]:
    """Return the chain as a run: its departures, then what the last one leads to."""
    first = chain[0].hops[0]
    calls = [Call(first.origin, first.departure, first.departure)]
    for event, following in pairwise(chain):
        hop = event.hop_to(following.origin)
        arrival = hop.arrival if hop else following.departure
        calls.append(Call(following.origin, arrival, following.departure))
    calls += [Call(hop.destination, hop.arrival, hop.arrival) for hop in chain[-1].hops]
    rides, remarks = [], []
    for start, event in enumerate(chain):
        for hop in event.hops:
            ride = _ride(hop, start, calls, boarding=len(chain))
            rides.append(ride)
            if ride.arrival != hop.arrival:
                remarks.append((hop.line, _moved(hop, ride)))
    return DayRun(first.trip_id, first.trip_id, tuple(calls), tuple(rides)), remarks


def _ride(hop: Hop, start: int, calls: Sequence[Call], *, boarding: int) -> Ride:
    """Return the hop on the run; its own arrival stands unless the ship cannot keep it.

    At the first `boarding` calls people board, so an arrival after the departure is impossible.
    """
    end = next(i for i in range(start + 1, len(calls)) if calls[i].stop_id == hop.destination)
    too_early = hop.arrival <= calls[end - 1].departure
    too_late = end < boarding and hop.arrival > calls[end].departure
    arrival = calls[end].arrival if too_early or too_late else hop.arrival
    return Ride(start, end, hop.departure, arrival, hop.trip_id, hop.line)


def _moved(hop: Hop, ride: Ride) -> str:
    return (
        f"{hop.trip_id} from {hop.origin} at {_face(hop.departure)} to {hop.destination} cannot "
        f"arrive at {_face(hop.arrival)}, as the ship's other times show; it arrives at "
        f"{_face(ride.arrival)}"
    )


def _face(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
