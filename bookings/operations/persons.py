"""The list of persons on board: what a journey asks of its travellers, and forgetting it again.

What is asked: `bookings.persons`; which crossings ask: `ferries.persons_list`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from bookings.errors import PersonsListIncomplete
from bookings.models import Booking, JourneyLeg, OrderItem, Passenger
from bookings.operations.journey import LegWish, QuotedLeg
from bookings.persons import FIELDS, age_on, facts_of, is_possible_birth, problems
from ferries import persons_list
from ferries.live import LiveLeg
from ferries.operators.local import live_leg
from ferries.queries import SoldLeg, aged_categories
from maritime.lib import clock

if TYPE_CHECKING:
    from bookings.operations.amend_cast import Booked, Standing
    from bookings.operations.amend_request import TravellerWish
    from bookings.operations.hold import HoldRequest, Traveller

T = TypeVar("T", bound="Traveller")

# Other companies' systems may want the ages of these.
YOUNG = frozenset({"child", "infant"})
NOTHING = dict.fromkeys(FIELDS)
# No voyage follows from these.
ENDED = (Booking.State.CANCELLED, Booking.State.CANCELLED_BY_OPERATOR, Booking.State.EXPIRED)


@dataclass(frozen=True)
class Asked:
    """What the crossings of a journey ask of its travellers beside their names.

    `day` is the local day on which the first of our own crossings departs, None without one;
    `aged` are the categories whose fare depends on the age on that day.
    """

    is_listed: bool
    day: date | None
    aged: frozenset[str]

    def age_of(self, category: str, born: date | None) -> int | None:
        """Return the age that the fare needs; None where none is needed or known."""
        if not self.is_listed or born is None or self.day is None or category not in self.aged:
            return None
        return age_on(born, self.day) if is_possible_birth(born, self.day) else None


def asked_by(wishes: Sequence[LegWish]) -> Asked:
    """Return what the crossings ask now: 1 query for each of ours."""
    found = [live_leg(wish.offer_id) for wish in wishes]
    ours = [leg for leg in found if leg]
    aged = {category for leg in ours for category in _aged(leg)}
    return Asked(
        is_listed=any(leg.persons_list for leg in ours),
        day=_day(ours[0]) if ours else None,
        aged=frozenset(aged) if len(ours) == len(found) else frozenset(aged) | YOUNG,
    )


def as_asked(request: "HoldRequest") -> "HoldRequest":
    """Return the request with what its crossings ask for the list of persons, and no more.

    Where no crossing asks, what was sent is dropped before anything is stored. Else the age that
    a fare needs follows from the date of birth. No query for travellers without such data.
    """
    if not any(facts_of(one) for one in request.travellers):
        return request
    asked = asked_by(request.legs)
    if not asked.is_listed:
        return replace(request, travellers=_forgotten(request.travellers))
    return replace(request, travellers=tuple(_aged_by(asked, one) for one in request.travellers))


def require_list(travellers: Sequence["Traveller"], legs: Sequence[QuotedLeg]) -> None:
    """Raise PersonsListIncomplete, by traveller and field, if a leg asks for what is not there."""
    listed = [leg.offer for leg in legs if leg.persons_list]
    if listed:
        day = clock.local(listed[0].departs_at, listed[0].origin_zone).date()
        _require([problems(one, day) for one in travellers])


def is_asked_of(legs: Sequence["Standing"]) -> bool:
    """Tell whether one of these legs of a booking asks for the list now: 1 query."""
    rows = [leg.row for leg in legs]
    return persons_list.is_asked((row.operator_id, row.origin, row.destination) for row in rows)


def listed_day(legs: Sequence["Standing"]) -> date | None:
    """Return the local day of the first of these legs if one of them asks for the list now."""
    if not legs or not is_asked_of(legs):
        return None
    return clock.local(legs[0].row.departs_at, legs[0].row.origin_zone).date()


def as_asked_of_change(
    booked: "Booked", people: Sequence["TravellerWish"] | None, *, now: datetime
) -> tuple["TravellerWish", ...] | None:
    """Return the travellers of a change with what the legs ahead ask for the list, and no more.

    Whoever is in the booking keeps what is not said anew; a new traveller must say all of it.
    An age that a fare needs follows from the date of birth. Raises PersonsListIncomplete.
    """
    if people is None:
        return None
    ahead = [leg for leg in booked.legs if leg.is_ahead(now)]
    if not is_asked_of(ahead):
        return _forgotten(people)
    first = booked.legs[0].row
    asked = Asked(
        is_listed=True,
        day=clock.local(first.departs_at, first.origin_zone).date(),
        aged=aged_categories(_sold(leg.row) for leg in ahead),
    )
    whole = [_completed(booked.passengers.get(one.item), one) for one in people]
    _require(
        [
            problems(one, asked.day) if asked.day and _is_told(booked, given) else {}
            for one, given in zip(whole, people, strict=True)
        ]
    )
    return tuple(_aged_anew(asked, booked.passengers.get(one.item), one) for one in whole)


def differs(row: Passenger, one: "TravellerWish") -> bool:
    """Tell whether the list would say something else of a traveller of the booking."""
    return any(getattr(row, name) != value for name, value in facts_of(one).items())


def to_erase(now: datetime) -> QuerySet[Passenger]:
    """Return whose data for the list is kept no longer: PERSONS_LIST_KEPT_HOURS have passed.

    Since the arrival of the last crossing that stands; for a booking that has ended without one,
    since its last change (until then late money or a click may bring it back).
    """
    since = now - timedelta(hours=settings.PERSONS_LIST_KEPT_HOURS)
    has_data = Q(gender__isnull=False) | Q(nationality__isnull=False) | Q(birth_date__isnull=False)
    standing = OrderItem.objects.filter(leg=OuterRef("pk"), cancelled_at=None).exclude(kind="fee")
    to_come = JourneyLeg.objects.filter(
        Exists(standing), booking=OuterRef("booking"), arrives_at__gt=since
    )
    is_over = Q(booking__state__in=ENDED, booking__updated_at__lte=since) | (
        ~Q(booking__state__in=ENDED) & ~Exists(to_come)
    )
    return Passenger.objects.filter(has_data & is_over)


def _is_told(booked: "Booked", one: "TravellerWish") -> bool:
    return one.item not in booked.passengers or bool(facts_of(one))


def _completed(row: Passenger | None, one: "TravellerWish") -> "TravellerWish":
    """Return a traveller with what the booking knows where nothing is said anew."""
    return replace(one, **{**(facts_of(row) if row else {}), **facts_of(one)})


def _require(found: Sequence[Mapping[str, list[str]]]) -> None:
    wrong = {str(index): fields for index, fields in enumerate(found) if fields}
    if wrong:
        # In the form in which the API tells of other wrong input.
        raise PersonsListIncomplete(errors={"passengers": wrong})


def _aged_by(asked: Asked, one: T) -> T:
    age = asked.age_of(one.category, one.birth_date)
    return one if age is None else replace(one, age=age)


def _aged_anew(asked: Asked, row: Passenger | None, one: "TravellerWish") -> "TravellerWish":
    """Return a traveller with the age of a new date of birth; the same one leaves the age alone."""
    if row is None or row.birth_date != one.birth_date:
        return _aged_by(asked, one)
    return replace(one, age=row.age if one.age is None else one.age)


def _forgotten(travellers: Sequence[T]) -> tuple[T, ...]:
    return tuple(replace(one, gender=None, nationality=None, birth_date=None) for one in travellers)


def _aged(leg: LiveLeg) -> set[str]:
    day = _day(leg)
    return {
        fare.category
        for tariff in leg.seller.tariffs
        if tariff.valid_from <= day <= tariff.valid_until
        for fare in tariff.fares
        if fare.kind == "passenger" and fare.has_ages
    }


def _day(leg: LiveLeg) -> date:
    return clock.local(leg.leg.departs_at, leg.leg.origin.zone).date()


def _sold(row: JourneyLeg) -> SoldLeg:
    day = clock.local(row.departs_at, row.origin_zone).date()
    return SoldLeg(row.operator_id, row.origin, row.destination, day)
