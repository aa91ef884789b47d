"""What a vessel configuration admits, and which ones the table refuses."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from ferries.fittings import resources_of
from ferries.models import (
    AccommodationType,
    DeckArea,
    PetSpace,
    Vessel,
    VesselConfiguration,
)
from ferries.tests import makers

pytestmark = pytest.mark.django_db


def configuration(**values):
    vessel = Vessel.objects.get_or_create(operator=makers.operator(), name="Star")[0]
    return VesselConfiguration(vessel=vessel, **{"certified_persons": 900, **values})


def saved(**values):
    made = configuration(**values)
    made.save()
    return made


@pytest.mark.parametrize(
    ("lsa_persons", "crew", "persons"),
    [(None, 40, 900), (1000, 40, 900), (940, 40, 900), (939, 40, 899), (500, 0, 500), (40, 40, 0)],
)
def test_sells_the_lower_of_certificate_and_life_saving_places_without_the_crew(
    lsa_persons, crew, persons
):
    made = saved(lsa_persons=lsa_persons, crew=crew)

    assert made.persons == persons
    assert resources_of(VesselConfiguration.objects.all())[made.pk][0] == ("persons", persons)


def test_refuses_a_season_that_ends_before_it_begins():
    made = configuration(valid_from=date(2027, 6, 2), valid_until=date(2027, 6, 1))

    with pytest.raises(ValidationError, match="The season ends before it begins"):
        made.full_clean()
    with pytest.raises(IntegrityError, match="configuration_season_in_order"), transaction.atomic():
        made.save()


@pytest.mark.parametrize(
    ("first", "last"),
    [(None, None), (date(2027, 6, 1), None), (date(2027, 6, 1), date(2027, 6, 1))],
)
def test_a_season_may_be_open_or_one_day(first, last):
    configuration(valid_from=first, valid_until=last).full_clean()


def test_refuses_life_saving_places_that_do_not_carry_the_crew():
    made = configuration(lsa_persons=39, crew=40)

    with pytest.raises(ValidationError, match="do not even carry the crew"):
        made.full_clean()
    with pytest.raises(IntegrityError, match="lsa_carries_the_crew"), transaction.atomic():
        made.save()


def test_a_ship_has_several_configurations_of_different_names():
    summer = saved(name="hoistable deck down")
    saved(name="hoistable deck up")

    assert summer.vessel.configurations.count() == 2
    with pytest.raises(IntegrityError, match="configuration_name_once"), transaction.atomic():
        saved(name="hoistable deck up")


def test_the_hoistable_deck_gives_car_length_and_takes_height():
    down, up = saved(name="down"), saved(name="up")
    for made, code, lane_cm, height_cm in (
        (down, "upper", 20_000, 190), (down, "lower", 20_000, 210), (up, "main", 20_000, 450),
    ):  # fmt: skip
        DeckArea.objects.create(
            configuration=made, code=code, name=code, lane_cm=lane_cm, clear_height_cm=height_cm
        )

    found = resources_of(VesselConfiguration.objects.all())

    assert found[down.pk][1:] == [("deck:lower", 20_000), ("deck:upper", 20_000)]
    assert found[up.pk][1:] == [("deck:main", 20_000)]


def test_an_area_counts_lane_length_or_places():
    both = DeckArea(
        configuration=saved(), code="bikes", name="bikes", lane_cm=100, places=4,
        clear_height_cm=200,
    )  # fmt: skip

    with pytest.raises(ValidationError, match="lane length or places, not both"):
        both.full_clean()
    with pytest.raises(IntegrityError, match="counts_lanes_or_places"), transaction.atomic():
        both.save()


def test_refuses_a_least_occupancy_above_the_greatest():
    cabin = AccommodationType(
        configuration=saved(), code="two", name="Two", kind="cabin", units=1, berths=2,
        min_occupancy=3, max_occupancy=2,
    )  # fmt: skip

    with pytest.raises(ValidationError, match="least occupancy is above the greatest"):
        cabin.full_clean()
    with pytest.raises(IntegrityError, match="occupancy_in_order"), transaction.atomic():
        cabin.save()


@pytest.mark.parametrize("model", [DeckArea, AccommodationType, PetSpace])
def test_codes_are_used_once_in_a_configuration(model):
    made, other = saved(name="a"), saved(name="b")
    values = {
        DeckArea: {"code": "low", "name": "low", "clear_height_cm": 220},
        AccommodationType: {"code": "two", "name": "Two", "kind": "cabin", "units": 1},
        PetSpace: {"kind": "kennel", "places": 1},
    }[model]
    model.objects.create(configuration=made, **values)
    model.objects.create(configuration=other, **values)

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(configuration=made, **values)
