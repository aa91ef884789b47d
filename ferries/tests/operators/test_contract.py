"""What every connector does, whoever is behind it: one suite for all."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from ferries.errors import UnknownOffer
from ferries.operators.local import LocalConnector
from ferries.party import Party, VehicleSize
from ferries.tests import makers

pytestmark = pytest.mark.django_db

FAMILY = Party(adults=2, children=1, vehicle=VehicleSize("car", 450, 160))
MORNING = timedelta(days=30)


@pytest.fixture(params=["local", "http"])
def world(request):
    """Return a connector with its operator and a port pair that it sells on a day."""
    if request.param == "local":
        run = makers.sailing()
        return SimpleNamespace(
            connector=LocalConnector(),
            operator=run.operator,
            origin="AAA",
            destination="BBB",
            day=date.fromisoformat(makers.local_date(run)),
            currency="USD",
        )
    return SimpleNamespace(
        connector=request.getfixturevalue("connector"),
        operator=request.getfixturevalue("komp"),
        origin="HU-SZA",
        destination="HU-TIH",
        day=datetime.now(UTC).date() + MORNING,
        currency="HUF",
    )


def offers_of(world, party=FAMILY):
    return world.connector.search(
        world.operator,
        origin=world.origin,
        destination=world.destination,
        day=world.day,
        party=party,
    )


def reserved(world, reference="ABC-1"):
    offer = offers_of(world)[0]
    until = datetime.now(UTC) + timedelta(minutes=15)
    world.connector.reserve(
        world.operator, offer_id=offer.id, party=FAMILY, reference=reference, until=until
    )
    return offer


def test_offers_are_of_the_pair_and_the_operator(world):
    offers = offers_of(world)

    assert offers
    for offer in offers:
        assert offer.id.startswith(f"{world.operator.code}~")
        assert (offer.origin, offer.destination) == (world.origin, world.destination)
        assert offer.operator_name == world.operator.name
        assert offer.departs_at.utcoffset() == timedelta(0)
        assert offer.departs_at < offer.arrives_at


def test_offers_price_each_traveller_and_the_vehicle(world):
    offer = offers_of(world)[0]

    assert offer.bookable
    assert [line.item for line in offer.lines] == ["p0", "p1", "p2", "v0"]
    assert offer.amount == sum(line.amount for line in offer.lines) > 0
    assert offer.currency == world.currency


def test_offers_come_in_the_order_of_departure(world):
    departures = [offer.departs_at for offer in offers_of(world)]

    assert departures == sorted(departures)


def test_no_offers_on_a_day_without_sailings(world):
    world.day = date(2020, 1, 1)

    assert offers_of(world) == []


def test_check_agrees_with_search(world):
    offer = offers_of(world)[0]

    again = world.connector.check(world.operator, offer_id=offer.id, party=FAMILY)

    assert again == offer


@pytest.mark.parametrize("rest", ["", "nothing", "2026-12-01.gone.0-1", "../x", "a" * 200])
def test_check_of_an_unknown_offer_says_so(world, rest):
    with pytest.raises(UnknownOffer):
        world.connector.check(
            world.operator, offer_id=f"{world.operator.code}~{rest}", party=FAMILY
        )


def test_a_party_that_does_not_fit_gets_the_reason_as_data(world):
    crowd = Party(adults=90, children=90, infants=21)

    offer = offers_of(world, crowd)[0]

    assert not offer.bookable
    [refusal] = offer.refusals
    assert (refusal.code, refusal.numbers["needed"]) == ("persons_short", 201)


def test_a_vehicle_that_is_too_high_gets_the_reason_as_data(world):
    tall = Party(vehicle=VehicleSize("car", 450, 900))

    assert [refusal.code for refusal in offers_of(world, tall)[0].refusals] == ["too_high"]


def test_a_reservation_is_confirmed_once_however_often_asked(world):
    reserved(world)

    states = [world.connector.confirm(world.operator, reference="ABC-1").state for _ in range(2)]

    assert states == ["confirmed", "confirmed"]


def test_cancelling_twice_is_one_cancellation(world):
    reserved(world)

    states = [world.connector.cancel(world.operator, reference="ABC-1").state for _ in range(2)]

    assert states == ["cancelled", "cancelled"]


def test_status_of_a_reference_that_nobody_knows_is_unknown(world):
    assert world.connector.status(world.operator, reference="NOBODY-1").state == "unknown"
