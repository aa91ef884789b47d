"""Whether a party fits into what is left, and what it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries import fits
from ferries.fits import LegRules, Taking
from ferries.fitting import AccommodationFacts, AreaFacts, Fitting
from ferries.party import Party, VehicleSize

CAR = VehicleSize("car", 450, 150)
LOW = AreaFacts("low", "car deck", 220)
ROOM = {"persons": 100, "foot": 100, "deck:low": 10_000}


def unit(code, *, least=1, most=2, infants=True, accessible=False, pets=False, kind="cabin"):
    return AccommodationFacts(
        code, f"Cabin {code}", kind, most, least, most, infants, accessible, pets
    )


def rules(*types, pets=(), areas=(LOW,), foot=False, required=False):
    return LegRules(Fitting(areas, types, pets, foot), gap_cm=50, accommodation_required=required)


def refused(leg, party, **left):
    room = {**ROOM, **{name.replace("_", ":", 1): amount for name, amount in left.items()}}
    return [refusal.as_dict() for refusal in fits.refuse(leg, room, party)]


def codes(leg, party, **left):
    return [refusal["code"] for refusal in refused(leg, party, **left)]


def taken(leg, party, **left):
    room = {**ROOM, **{name.replace("_", ":", 1): amount for name, amount in left.items()}}
    return [(each.item, each.resource, each.amount) for each in fits.takings(leg, room, party)]


def test_infants_and_the_driver_count_as_persons():
    party = Party(adults=1, children=1, infants=1, vehicle=CAR)

    assert refused(rules(), party, persons=2) == [
        {
            "code": "persons_short",
            "message": "Only 2 places are left; your party needs 3.",
            "left": 2,
            "needed": 3,
        }
    ]
    assert refused(rules(), party, persons=3) == []
    assert [each for each in taken(rules(), party) if each[1] == "persons"] == [
        ("p0", "persons", 1), ("p1", "persons", 1), ("p2", "persons", 1),
    ]  # fmt: skip


def test_says_that_no_places_are_left():
    assert refused(rules(), Party(), persons=0)[0]["message"] == (
        "No places are left; your party needs 1."
    )


def test_foot_passengers_have_a_lower_limit():
    leg = rules(foot=True)

    assert refused(leg, Party(adults=2, infants=1), foot=2) == [
        {
            "code": "foot_short",
            "message": "The ship takes 2 foot passengers more; your party needs 3 places.",
            "left": 2,
            "needed": 3,
        }
    ]
    assert taken(leg, Party(adults=2)) == [
        ("p0", "persons", 1), ("p0", "foot", 1), ("p1", "persons", 1), ("p1", "foot", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("vehicle", [CAR, VehicleSize("bicycle", 190, 120)])
def test_who_drives_or_rides_is_no_foot_passenger(vehicle):
    party = Party(adults=2, vehicle=vehicle)

    assert refused(rules(foot=True), party, foot=0) == []
    assert "foot" not in {resource for _, resource, _ in taken(rules(foot=True), party)}


def test_a_ship_without_that_limit_counts_nobody_on_foot():
    assert refused(rules(), Party(), foot=0) == []
    assert taken(rules(), Party()) == [("p0", "persons", 1)]


def test_a_vehicle_takes_lanes_load_and_a_plug_of_one_area():
    area = AreaFacts("main", "main deck", 450, lane_width_cm=180, weighs=True)
    vehicle = VehicleSize("car", 450, 150, trailer_length_cm=300, charges=True)

    found = taken(
        rules(areas=(area,)), Party(vehicle=vehicle),
        deck_main=9000, weight_main=9000, plugs_main=1,
    )  # fmt: skip

    assert found[1:] == [
        ("v0", "deck:main", 1600), ("v0", "weight:main", 3700), ("v0", "plugs:main", 1),
    ]  # fmt: skip


def test_names_everything_that_is_short_at_once():
    leg = rules(unit("a"), pets=("kennel",), foot=True)
    party = Party(adults=2, accommodation=("a",), pets=("kennel",))

    assert codes(leg, party, persons=1, foot=0, acc_a=0, pet_kennel=0) == [
        "persons_short", "foot_short", "accommodation_short", "pet_places_short",
    ]  # fmt: skip


def test_each_unit_of_accommodation_is_taken_by_itself():
    leg = rules(unit("a"), unit("b"))

    assert taken(leg, Party(accommodation=("a", "b", "a")))[1:] == [
        ("a0", "acc:a", 1), ("a1", "acc:b", 1), ("a2", "acc:a", 1),
    ]  # fmt: skip


def test_says_that_the_ship_lacks_the_type():
    assert refused(rules(), Party(accommodation=("suite",))) == [
        {
            "code": "accommodation_unknown",
            "message": "This ship does not have the accommodation that you chose.",
            "accommodation": "suite",
        }
    ]


def test_says_how_many_units_are_left_and_what_else_there_is():
    leg = rules(unit("a"), unit("b", most=4))
    party = Party(adults=4, accommodation=("a", "a"))

    assert refused(leg, party, acc_a=1, acc_b=3) == [
        {
            "code": "accommodation_short",
            "message": "Only 1 left of: Cabin a; you chose 2.",
            "accommodation": "a",
            "left": 1,
            "needed": 2,
            "nearest": {
                "kind": "other_accommodation",
                "message": "Still to be had: Cabin b (3 left).",
                "accommodation": "b",
                "left": 3,
            },
        }
    ]


def test_says_that_a_type_is_sold_out():
    (refusal,) = refused(rules(unit("a")), Party(accommodation=("a",)), acc_a=0)

    assert refusal["message"] == "Sold out: Cabin a; you chose 1."
    assert "nearest" not in refusal


def test_names_the_type_nearest_in_kind_and_size():
    leg = rules(
        unit("a", most=2), unit("seat", most=1, kind="seat"), unit("six", most=6),
        unit("one", most=1), unit("three", most=3),
    )  # fmt: skip

    (refusal,) = refused(
        leg, Party(adults=2, accommodation=("a",)), acc_a=0, acc_seat=9, acc_six=9, acc_one=9,
        acc_three=9,
    )  # fmt: skip

    assert refusal["nearest"]["accommodation"] == "three"


def other_type(other, party, *, required=False, **left):
    """Return whether the other type is named for a party that finds too few of type a."""
    leg = rules(unit("a", pets=True), other, pets=(), required=required)
    found = refused(leg, party, **{"acc_a": 0, "acc_b": 9, **left})
    hints = [
        refusal.get("nearest") for refusal in found if refusal["code"] == "accommodation_short"
    ]
    return bool(hints[0])


@pytest.mark.parametrize(
    ("other", "party", "named"),
    [
        (unit("b"), Party(accommodation=("a",)), True),
        (unit("b", accessible=True), Party(accommodation=("a",)), False),
        (unit("b", accessible=True), Party(accommodation=("a",), needs_accessible=True), True),
        (unit("b", infants=False), Party(accommodation=("a",)), True),
        (unit("b", infants=False), Party(infants=1, accommodation=("a",)), False),
        (unit("b", least=2), Party(adults=1, accommodation=("a",)), False),
        (unit("b", least=2), Party(adults=2, accommodation=("a",)), True),
        (unit("b"), Party(accommodation=("a",), pets=("cabin",)), False),
        (unit("b", pets=True), Party(accommodation=("a",), pets=("cabin",)), True),
    ],
)
def test_names_only_another_type_that_takes_the_party(other, party, named):
    assert other_type(other, party) is named


def test_names_another_type_only_for_all_units_that_are_missing():
    party = Party(adults=3, accommodation=("a", "a", "b"))

    assert other_type(unit("b"), party, acc_a=1, acc_b=2)
    assert not other_type(unit("b"), party, acc_a=0, acc_b=2)
    assert other_type(unit("b"), party, acc_a=0, acc_b=3)


def test_names_no_smaller_type_where_everybody_needs_a_place():
    party = Party(adults=2, accommodation=("a",))

    assert other_type(unit("b", most=1), party)
    assert not other_type(unit("b", most=1), party, required=True)


def test_who_needs_an_accessible_cabin_is_shown_no_other():
    leg = rules(unit("a", accessible=True), unit("b"))
    party = Party(accommodation=("a",), needs_accessible=True)

    (refusal,) = refused(leg, party, acc_a=0, acc_b=5)

    assert "nearest" not in refusal


def test_accessible_cabins_are_kept_for_those_who_need_them():
    leg = rules(unit("a", accessible=True))

    assert refused(leg, Party(accommodation=("a",)), acc_a=2) == [
        {
            "code": "accessible_only",
            "message": "Cabin a is kept for travellers who need an accessible cabin. "
            "Tell us if you do.",
            "accommodation": "a",
        }
    ]
    assert codes(leg, Party(accommodation=("a",), needs_accessible=True), acc_a=2) == []


def test_infants_are_not_everywhere_allowed():
    leg = rules(unit("a", infants=False))

    assert refused(leg, Party(infants=1, accommodation=("a",)), acc_a=2) == [
        {
            "code": "infants_not_allowed",
            "message": "Cabin a is not for infants.",
            "accommodation": "a",
        }
    ]
    assert codes(leg, Party(children=1, accommodation=("a",)), acc_a=2) == []


def test_cabins_have_a_least_number_of_people_together():
    leg = rules(unit("a", least=2, most=4), unit("b"))

    assert refused(leg, Party(adults=2, accommodation=("a", "b")), acc_a=9, acc_b=9) == [
        {
            "code": "occupancy_low",
            "message": "The accommodation that you chose is for at least 3 people; 2 travel.",
            "least": 3,
            "persons": 2,
        }
    ]
    assert codes(leg, Party(adults=2, infants=1, accommodation=("a", "b")), acc_a=9, acc_b=9) == []


def test_everybody_needs_a_place_where_the_sailing_says_so():
    leg = rules(unit("a", most=2), required=True)

    assert refused(leg, Party(adults=2, infants=1, accommodation=("a",)), acc_a=9) == [
        {
            "code": "accommodation_required",
            "message": "On this sailing every traveller needs a cabin, berth or seat; "
            "you chose places for 2 of 3.",
            "persons": 3,
            "berths": 2,
        }
    ]
    assert codes(leg, Party(adults=2, infants=1, accommodation=("a", "a")), acc_a=9) == []


def test_elsewhere_some_of_the_party_may_stay_on_deck():
    assert codes(rules(unit("a")), Party(adults=5, accommodation=("a",)), acc_a=1) == []
    assert codes(rules(unit("a")), Party(adults=5), acc_a=1) == []


def test_says_for_how_many_cabins_and_seats_are_left_when_none_could_be_chosen():
    leg = rules(unit("a", most=2), unit("access", accessible=True), required=True)

    assert refused(leg, Party(adults=3), acc_a=1, acc_access=4) == [
        {
            "code": "berths_short",
            "message": "Cabins, berths and seats for 2 are left; "
            "on this sailing all 3 travellers need one.",
            "left": 2,
            "needed": 3,
        }
    ]
    assert refused(leg, Party(adults=3), acc_a=0)[0]["message"] == (
        "The cabins, berths and seats are sold out; on this sailing all 3 travellers need one."
    )


def test_says_that_no_accessible_place_is_left():
    leg = rules(unit("a"), unit("access", accessible=True), required=True)

    assert refused(leg, Party(needs_accessible=True), acc_a=9, acc_access=0) == [
        {
            "code": "accessible_short",
            "message": "No accessible cabin, berth or seat is left on this sailing.",
            "left": 0,
            "needed": 1,
        }
    ]


@pytest.mark.parametrize("place", ["kennel", "deck"])
def test_counts_places_for_pets(place):
    leg = rules(pets=(place,))
    party = Party(pets=(place, place))

    assert refused(leg, party, **{f"pet_{place}": 1}) == [
        {
            "code": "pet_places_short",
            "message": f"Places for pets ({place}): 1 left, you need 2.",
            "place": place,
            "left": 1,
            "needed": 2,
        }
    ]
    assert taken(leg, party)[1:] == [("x0", f"pet:{place}", 1), ("x1", f"pet:{place}", 1)]


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("kennel", "This ship has no kennel for pets."),
        ("deck", "This ship has no deck for pets."),
        ("cabin", "A pet in the cabin needs a cabin where pets are allowed."),
        ("vehicle", "A pet can stay in a car, van or motorhome only."),
    ],
)
def test_says_where_pets_cannot_stay(place, sentence):
    assert refused(rules(unit("a")), Party(accommodation=("a",), pets=(place,)), acc_a=1) == [
        {"code": "pet_place_unknown", "message": sentence, "place": place}
    ]


@pytest.mark.parametrize(
    ("kind", "stays"),
    [("car", True), ("van", True), ("motorhome", True), ("motorcycle", False), ("bicycle", False)],
)
def test_a_pet_stays_in_an_enclosed_vehicle_without_a_place(kind, stays):
    party = Party(vehicle=VehicleSize(kind, 450, 150), pets=("vehicle",))

    assert codes(rules(), party) == ([] if stays else ["pet_place_unknown"])
    assert "x0" not in {item for item, _, _ in taken(rules(), party)}


def test_a_pet_stays_in_a_cabin_where_pets_are_allowed():
    leg = rules(unit("a"), unit("b", pets=True))
    party = Party(accommodation=("a", "b"), adults=2, pets=("cabin",))

    assert codes(leg, party, acc_a=1, acc_b=1) == []
    assert "x0" not in {item for item, _, _ in taken(leg, party)}


@given(dogs=st.integers(1, 5), required=st.booleans())
def test_an_assistance_dog_is_never_refused_and_takes_nothing(dogs, required):
    leg = rules(unit("a"), required=required)
    alone = Party(accommodation=("a",))
    with_dogs = Party(accommodation=("a",), assistance_dogs=dogs)

    assert codes(leg, with_dogs, acc_a=1) == []
    assert taken(leg, with_dogs, acc_a=1) == taken(leg, alone, acc_a=1)


amounts = st.integers(0, 3)


@given(
    left=st.fixed_dictionaries(
        {
            "persons": amounts,
            "foot": amounts,
            "deck:low": st.integers(0, 900),
            "acc:a": amounts,
            "acc:b": amounts,
            "pet:kennel": amounts,
        }
    ),
    party=st.builds(
        Party,
        adults=st.integers(1, 3),
        infants=st.integers(0, 1),
        vehicle=st.none()
        | st.builds(VehicleSize, st.just("car"), st.integers(1, 900), st.just(150)),
        pets=st.lists(st.sampled_from(["kennel", "cabin", "vehicle"]), max_size=2).map(tuple),
        accommodation=st.lists(st.sampled_from("ab"), max_size=3).map(tuple),
    ),
)
def test_a_party_that_is_not_refused_never_takes_more_than_is_left(left, party):
    leg = rules(unit("a", pets=True), unit("b", least=2), pets=("kennel",), foot=True)

    refusals = fits.refuse(leg, left, party)
    sums: dict[str, int] = {}
    for taking in fits.takings(leg, left, party):
        assert isinstance(taking, Taking)
        sums[taking.resource] = sums.get(taking.resource, 0) + taking.amount

    overdrawn = {name for name, amount in sums.items() if amount > left[name]}
    if not refusals:
        assert not overdrawn
        assert sums["persons"] == party.persons
        assert ("deck:low" in sums) == (party.vehicle is not None)
    if overdrawn:
        assert refusals
