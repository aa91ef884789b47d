from datetime import timedelta

import pytest

from bookings.errors import InvalidJourney, InvalidParty
from bookings.models import Booking
from bookings.operations.hold import Traveller, VehicleInput, hold_booking
from bookings.operations.journey import LegWish
from bookings.tests.makers import CAR, events, held, offer_of, people, request, used
from ferries.conditions import terms_from_json
from ferries.errors import NotBookable, UnknownOffer
from ferries.models import CapacityClaim, CapacityPool
from ferries.tests import makers

pytestmark = pytest.mark.django_db


def back(after_hours: int = 3, **values):
    """Return the sailing home, which leaves so many hours after the outbound one."""
    ports = makers.port("BBB"), makers.port("AAA")
    departs_at = makers.tomorrow_noon() + timedelta(hours=after_hours)
    return makers.sailing(*ports, departs_at=departs_at, **values)


def assert_nothing_written():
    assert Booking.objects.count() == 0
    assert CapacityClaim.objects.count() == 0
    assert not CapacityPool.objects.filter(used__gt=0).exists()


def test_holds_people_and_car_for_fifteen_minutes(now):
    sailing = makers.sailing()

    booking = held(sailing, now=now, travellers=people(2, 1), vehicles=[CAR])

    assert booking.state == "held"
    assert booking.expires_at == now + timedelta(minutes=15)
    assert (used(sailing), used(sailing, "deck:low")) == (3, 480 + 50)
    claims = CapacityClaim.objects.filter(holder=booking.public_id).order_by("item")
    assert [(claim.item, claim.amount) for claim in claims] == [
        ("p0", 1), ("p1", 1), ("p2", 1), ("v0", 530),
    ]  # fmt: skip
    assert {(claim.state, claim.expires_at) for claim in claims} == {("held", booking.expires_at)}
    assert events(booking) == [("", "held", "customer")]


def test_keeps_the_price_that_the_tariff_says_now(now):
    sailing = makers.sailing()

    booking = held(sailing, now=now, travellers=people(2, 1, 1), vehicles=[CAR])

    items = [(item.item, item.amount) for item in booking.items.order_by("item")]
    # The first adult drives, and the car's fare includes the driver.
    assert items == [("p0", 0), ("p1", 1000), ("p2", 500), ("p3", 0), ("v0", 2500)]
    assert (booking.total, booking.currency) == (4000, "USD")


def test_keeps_the_conditions_of_the_day(now):
    sailing = makers.sailing()

    booking = held(sailing, now=now)
    sailing.operator.condition_bands.all().delete()

    bands = terms_from_json(booking.legs.get().conditions).bands
    assert [(band.code, band.percent) for band in bands] == [("late", 50), ("free", 0)]


def test_counts_adults_first_whatever_the_order_of_the_form(now):
    child, adult = Traveller("child", "Kim", "Doe", 7), Traveller("adult", "Jane", "Doe")

    booking = held(now=now, travellers=[child, adult])

    rows = booking.passengers.order_by("position")
    assert [(row.item, row.given_name, row.age) for row in rows] == [
        ("p0", "Jane", None),
        ("p1", "Kim", 7),
    ]
    labels = booking.items.order_by("item").values_list("label", flat=True)
    assert list(labels) == ["Adult", "Child"]


def test_holds_both_legs_of_a_return_journey(now):
    out, home = makers.sailing(), back()

    booking = held(out, home, now=now, travellers=people(2))

    assert (used(out), used(home)) == (2, 2)
    legs = booking.legs.order_by("position")
    assert [leg.sailing for leg in legs] == [out, home]
    assert [leg.reference for leg in legs] == [f"{booking.reference}-1", f"{booking.reference}-2"]
    assert booking.total == 4000


def test_holds_nothing_when_the_second_leg_is_full(now):
    out, home = makers.sailing(), back(persons=1)

    with pytest.raises(NotBookable) as refused:
        held(out, home, now=now, travellers=people(2))

    refusal = refused.value.details["refusals"][0]
    assert (refusal["code"], refusal["leg"], refusal["left"]) == ("persons_short", 2, 1)
    assert_nothing_written()


def test_says_that_the_vehicle_is_too_high(now):
    sailing = makers.sailing()

    with pytest.raises(NotBookable) as refused:
        held(sailing, now=now, vehicles=[VehicleInput("car", 480, 300)])

    assert [one["code"] for one in refused.value.details["refusals"]] == ["too_high"]
    assert_nothing_written()


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ({"travellers": []}, "At least one person must travel"),
        ({"travellers": people(51)}, "At most 50 people"),
        ({"travellers": people(0, 1)}, "Children and infants travel with an adult"),
        ({"travellers": [Traveller("dog", "Rex", "Doe")]}, "unknown category"),
        ({"vehicles": [CAR, CAR]}, "one vehicle"),
        ({"vehicles": [VehicleInput("tank", 480, 160)]}, "check the vehicle"),
        ({"vehicles": [VehicleInput("car", 0, 160)]}, "check the vehicle"),
        ({"vehicles": [VehicleInput("car", 480, 160, -1)]}, "check the vehicle"),
    ],
)
def test_refuses_a_party_that_cannot_travel(now, wishes, sentence):
    with pytest.raises(InvalidParty, match=sentence):
        held(now=now, **wishes)

    assert_nothing_written()


def test_refuses_a_return_that_departs_before_the_arrival(now):
    out = makers.sailing(hop_minutes=240)

    with pytest.raises(InvalidJourney, match="departs before the first one arrives"):
        held(out, back(after_hours=3), now=now)

    assert_nothing_written()


def test_refuses_two_currencies(now):
    euro = makers.operator("EURO", currency="EUR")

    with pytest.raises(InvalidJourney, match="sold in USD and the other in EUR"):
        held(makers.sailing(), back(company=euro), now=now)

    assert_nothing_written()


@pytest.mark.parametrize("count", [0, 3])
def test_takes_one_or_two_legs(now, count):
    sailings = [makers.sailing() for _ in range(count)]

    with pytest.raises(InvalidJourney, match="one or two crossings"):
        hold_booking(request(*sailings), now=now)

    assert_nothing_written()


def test_does_not_know_an_invented_offer(now):
    wanted = request(makers.sailing())
    invented = type(wanted)((LegWish("NOBODY~x~0-1"),), wanted.travellers, (), wanted.contact)

    with pytest.raises(UnknownOffer):
        hold_booking(invented, now=now)

    assert_nothing_written()


def test_an_expired_hold_is_free_without_any_worker(now):
    sailing = makers.sailing(persons=2)
    old = held(sailing, now=now - timedelta(minutes=16), travellers=people(2))
    assert used(sailing) == 2

    new = held(sailing, now=now, travellers=people(2))

    assert used(sailing) == 2
    states = CapacityClaim.objects.filter(holder=old.public_id).values_list("state", flat=True)
    assert set(states) == {"released"}
    assert set(new.passengers.values_list("surname", flat=True)) == {"Doe"}


def test_a_hold_that_runs_is_not_free(now):
    sailing = makers.sailing(persons=2)
    held(sailing, now=now - timedelta(minutes=14), travellers=people(2))

    with pytest.raises(NotBookable):
        held(sailing, now=now)

    assert Booking.objects.count() == 1


def test_takes_every_sector_of_a_through_leg(now):
    ports = [makers.port(code) for code in ("AAA", "CCC", "BBB")]
    sailing = makers.sailing(*ports)
    wanted = request(sailing)
    through = type(wanted)(
        (LegWish(offer_of(sailing, 0, 2)),), wanted.travellers, wanted.vehicles, wanted.contact
    )

    hold_booking(through, now=now)

    assert [used(sailing, sector=sector) for sector in (0, 1)] == [1, 1]


def test_costs_a_fixed_number_of_queries(now, django_assert_num_queries):
    wanted = request(makers.sailing(), travellers=people(2, 1), vehicles=[CAR])

    with django_assert_num_queries(10):  # a savepoint and its release with them
        hold_booking(wanted, now=now, idempotency=("key", "digest"))
