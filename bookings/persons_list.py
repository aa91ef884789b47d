"""Who is on board of one of our sailings: the counts for the master, the list for the authority.

Directive 98/41/EC: all persons are counted, infants too; where the next port is more than 20
nautical miles away they are listed as well. Whoever has a place on a booking that is paid is on
board; who did not come is for the gate to say.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bookings.models import Booking, JourneyLeg, OrderItem, Passenger
from bookings.persons import FIELDS, facts_of
from ferries import persons_list
from ferries.models import Sailing
from ferries.party import CATEGORIES
from maritime.lib.spreadsheets import BOM, Echo, safe

ABOARD = (Booking.State.PAID, Booking.State.CONFIRMED)
HEADER = (
    "number", "booking", "from", "to", "family name", "forenames", "gender", "nationality",
    "date of birth", "age group", "special care of the party",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A traveller on a leg of the sailing, with the booking loaded."""

    passenger: Passenger
    leg: JourneyLeg

    @property
    def is_complete(self) -> bool:
        """Tell whether all is known that the list wants."""
        return len(facts_of(self.passenger)) == len(FIELDS)


@dataclass(frozen=True)
class Hop:
    """The ship between two calls: how many persons are on board, by category and in all."""

    origin: str
    destination: str
    counts: dict[str, int]

    @property
    def persons(self) -> int:
        """Return how many they are together."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class OnBoard:
    """All persons of a sailing by name, and the counts of each hop; `is_listed`: a route asks."""

    persons: Sequence[Person]
    hops: Sequence[Hop]
    is_listed: bool

    @property
    def incomplete(self) -> int:
        """Return of how many persons the list lacks something."""
        return sum(not person.is_complete for person in self.persons)


def on_board(sailing: Sailing) -> OnBoard:
    """Return who is booked on the sailing: 5 queries."""
    legs = list(
        JourneyLeg.objects.filter(sailing=sailing, booking__state__in=ABOARD).select_related(
            "booking"
        )
    )
    standing = set(
        OrderItem.objects.filter(leg__in=legs, cancelled_at=None, item__startswith="p")
        .exclude(kind="fee")
        .values_list("leg", "item")
    )
    of_booking: dict[int, list[Passenger]] = defaultdict(list)
    for one in Passenger.objects.filter(booking__in={leg.booking_id for leg in legs}):
        of_booking[one.booking_id].append(one)
    people = [
        Person(one, leg)
        for leg in legs
        for one in of_booking[leg.booking_id]
        if (leg.pk, one.item) in standing
    ]
    people.sort(key=lambda each: (each.passenger.surname.casefold(), each.passenger.given_name))
    crossings = sailing.legs.values_list("origin__code", "destination__code")
    return OnBoard(
        persons=people,
        hops=_hops(sailing, people),
        is_listed=persons_list.is_asked(
            (sailing.operator_id, origin, destination) for origin, destination in crossings
        ),
    )


def lines(found: OnBoard) -> Iterator[str]:
    """Return the lines of the list as CSV, which begins with a byte order mark."""
    writer = csv.writer(Echo())
    yield BOM + writer.writerow(HEADER)
    for number, person in enumerate(found.persons, start=1):
        yield writer.writerow(safe(_cells(number, person)))


def _hops(sailing: Sailing, people: Sequence[Person]) -> list[Hop]:
    calls = list(sailing.calls.select_related("port").order_by("sequence"))
    hops = []
    for index, (start, end) in enumerate(pairwise(calls)):
        counts = Counter(
            person.passenger.category for person in people if index in person.leg.sectors
        )
        by_category = {category: counts[category] for category in CATEGORIES}
        hops.append(Hop(start.port.name, end.port.name, by_category))
    return hops


def _cells(number: int, person: Person) -> list[str]:
    one, leg = person.passenger, person.leg
    booking = leg.booking
    care = [*booking.assistance, booking.assistance_note]
    return [
        str(number),
        booking.reference,
        leg.origin_name,
        leg.destination_name,
        one.surname,
        one.given_name,
        one.gender or "",
        one.nationality or "",
        one.birth_date.isoformat() if one.birth_date else "",
        one.category,
        "; ".join(text for text in care if text),
    ]
