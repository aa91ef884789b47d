"""How ships are fitted out, as rules read it, and what a sailing of such a ship can sell."""

import pytest

from ferries.fitting import AccommodationFacts, AreaFacts, Fitting
from ferries.fittings import fitting_of, read_fittings, resources_of
from ferries.models import (
    AccommodationType,
    DeckArea,
    PetSpace,
    Sailing,
    Vessel,
    VesselConfiguration,
)
from ferries.tests import makers

pytestmark = pytest.mark.django_db

WHOLE = Fitting(
    areas=(
        AreaFacts("bikes", "bike bay", 200, counts_places=True, admits=("motorcycle", "bicycle")),
        AreaFacts(
            "main", "main deck", 450, lane_width_cm=300, max_width_cm=290, max_vehicle_kg=44_000,
            weighs=True, fill_order=1,
        ),
    ),
    accommodation=(
        AccommodationFacts("four", "Four berths", "cabin", 4, 2, 4, False, False, True),
        AccommodationFacts("seat", "Seat", "seat", 1, 1, 1, True, True, False),
    ),
    pets=("deck", "kennel"),
    foot_limited=True,
)  # fmt: skip


def ship(name="Star", **values):
    """Return a configuration without areas; persons 900."""
    vessel = Vessel.objects.create(operator=makers.operator(), name=name)
    return VesselConfiguration.objects.create(vessel=vessel, certified_persons=900, **values)


def whole_ship():
    """Return a ship that has one of everything, written in another order than it is read."""
    made = ship(foot_persons=300)
    DeckArea.objects.create(
        configuration=made, code="main", name="main deck", lane_cm=90_000, clear_height_cm=450,
        lane_width_cm=300, max_width_cm=290, max_vehicle_kg=44_000, total_kg=500_000, plugs=4,
        fill_order=1,
    )  # fmt: skip
    DeckArea.objects.create(
        configuration=made, code="bikes", name="bike bay", places=12, clear_height_cm=200,
        admits=["motorcycle", "bicycle"],
    )  # fmt: skip
    AccommodationType.objects.create(
        configuration=made, code="seat", name="Seat", kind="seat", units=80, accessible=True
    )
    AccommodationType.objects.create(
        configuration=made, code="four", name="Four berths", kind="cabin", units=20, berths=4,
        min_occupancy=2, max_occupancy=4, infants_ok=False, pets_ok=True,
    )  # fmt: skip
    for kind, places in (("kennel", 6), ("deck", 10)):
        PetSpace.objects.create(configuration=made, kind=kind, places=places)
    return made


def test_reads_everything_that_rules_need_in_one_query(django_assert_num_queries):
    first, other = whole_ship(), ship("Moon")

    with django_assert_num_queries(1):
        found = read_fittings([first.pk, other.pk, first.pk])

    assert found == {first.pk: WHOLE, other.pk: Fitting()}


def test_asks_nothing_where_no_ship_is_assigned(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert read_fittings([]) == {}


def test_a_leg_comes_with_the_fitting_of_its_ship(django_assert_num_queries):
    run = makers.sailing()
    Sailing.objects.update(configuration=whole_ship())

    with django_assert_num_queries(1):
        leg = makers.leg(run, to=1)
        assert fitting_of(leg) == WHOLE


def test_a_leg_without_a_ship_has_an_empty_fitting():
    run = makers.sailing()
    Sailing.objects.update(configuration=None)

    assert fitting_of(makers.leg(run)) == Fitting()


def test_a_fitting_survives_the_cache():
    assert Fitting.from_json(WHOLE.as_json()) == WHOLE


def test_finds_areas_and_types_by_their_code():
    assert WHOLE.area("main").clear_height_cm == 450
    assert WHOLE.type_of("four").max_occupancy == 4
    assert WHOLE.area("four") is None
    assert WHOLE.type_of("main") is None


def test_a_sailing_can_sell_everything_that_is_limited(django_assert_max_num_queries):
    made = whole_ship()

    with django_assert_max_num_queries(4):
        found = resources_of(VesselConfiguration.objects.filter(pk=made.pk))

    assert found == {
        made.pk: [
            ("persons", 900),
            ("foot", 300),
            ("deck:bikes", 12),
            ("deck:main", 90_000),
            ("weight:main", 500_000),
            ("plugs:main", 4),
            ("acc:four", 20),
            ("acc:seat", 80),
            ("pet:deck", 10),
            ("pet:kennel", 6),
        ]
    }


def test_what_is_not_limited_is_no_resource():
    made = ship()
    DeckArea.objects.create(
        configuration=made, code="low", name="low", lane_cm=1000, clear_height_cm=220
    )

    assert resources_of(VesselConfiguration.objects.all()) == {
        made.pk: [("persons", 900), ("deck:low", 1000)]
    }


@pytest.mark.parametrize(("foot", "sold"), [(300, 300), (900, 900), (1200, 900), (0, 0)])
def test_no_more_foot_passengers_than_persons_are_sold(foot, sold):
    made = ship(foot_persons=foot)

    assert resources_of(VesselConfiguration.objects.all())[made.pk][1] == ("foot", sold)
