"""Where vehicles go on the car deck, and why they find no place there."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries import deck
from ferries.deck import AreaSpace, VehicleNeed
from ferries.fitting import AreaFacts
from ferries.party import VEHICLE_KINDS, VehicleSize

LOW = AreaFacts("low", "car deck", clear_height_cm=220)
TALL = AreaFacts("tall", "tall deck", clear_height_cm=450)
BAY = AreaFacts("bikes", "bike bay", 200, counts_places=True, admits=("motorcycle", "bicycle"))
MOTORCYCLE = VehicleSize("motorcycle", 230, 130)
MOTORHOME = VehicleSize("motorhome", 720, 310)

areas = st.lists(
    st.builds(
        AreaFacts,
        code=st.sampled_from("abcdef"),
        name=st.just("deck"),
        clear_height_cm=st.integers(100, 500),
        lane_width_cm=st.sampled_from([0, 200, 250, 300]),
        max_width_cm=st.sampled_from([0, 190, 240, 260]),
        max_vehicle_kg=st.sampled_from([0, 2000, 3500, 44_000]),
        weighs=st.booleans(),
        counts_places=st.booleans(),
        admits=st.lists(st.sampled_from(VEHICLE_KINDS), unique=True).map(tuple),
        fill_order=st.integers(0, 2),
    ),
    unique_by=lambda area: area.code,
)
vehicles = st.builds(
    VehicleSize,
    kind=st.sampled_from(VEHICLE_KINDS),
    length_cm=st.integers(50, 2000),
    height_cm=st.integers(50, 520),
    trailer_length_cm=st.sampled_from([0, 0, 150, 1000]),
    width_cm=st.sampled_from([0, 60, 190, 255, 301, 601]),
    weight_kg=st.sampled_from([0, 30, 1999, 2000, 3501, 40_000]),
    charges=st.booleans(),
)
spaces = areas.flatmap(
    lambda found: st.tuples(
        *(
            st.builds(
                AreaSpace,
                area=st.just(area),
                left=st.integers(0, 3) if area.counts_places else st.integers(0, 3000),
                left_kg=st.integers(0, 5000) if area.weighs else st.none(),
                left_plugs=st.integers(0, 1),
            )
            for area in found
        )
    )
)


def car(*, length=450, height=150, trailer=0, **sizes):
    return VehicleSize("car", length, height, trailer, **sizes)


def left(area, amount=9000, **values):
    return AreaSpace(area, amount, **values)


def against(vehicle, *found):
    refusal = deck.refuse(found, vehicle, 50)
    return refusal.as_dict() if refusal else None


def test_prefers_the_lowest_area_that_admits_the_height():
    found = [left(TALL), left(LOW)]

    assert deck.choose_area(found, car(), 50) == LOW
    assert deck.choose_area(found, car(height=221), 50) == TALL


def test_a_vehicle_as_high_as_the_deck_still_enters():
    assert deck.choose_area([left(LOW)], car(height=220), 50) == LOW


def test_the_fill_order_comes_before_the_height():
    last = replace(LOW, fill_order=1)

    assert deck.choose_area([left(last), left(TALL)], car(), 50) == TALL


def test_a_bay_comes_before_the_lanes_whatever_the_order():
    bay = replace(BAY, fill_order=9)

    assert deck.choose_area([left(LOW), left(bay, 1)], MOTORCYCLE, 50) == bay
    assert deck.choose_area([left(LOW), left(bay, 0)], MOTORCYCLE, 50) == LOW


def test_equal_areas_fill_by_their_code():
    twins = [left(replace(LOW, code="b")), left(replace(LOW, code="a"))]

    assert deck.choose_area(twins, car(), 50).code == "a"


@pytest.mark.parametrize("admits", [("motorcycle", "bicycle"), ()])
def test_a_bay_never_takes_a_car(admits):
    bay = left(replace(BAY, admits=admits), 5)

    assert deck.choose_area([bay], car(), 50) is None
    assert deck.choose_area([bay], MOTORCYCLE, 50) == bay.area


def test_goes_higher_when_the_low_area_is_full():
    assert deck.choose_area([left(LOW, 499), left(TALL)], car(), 50) == TALL


def test_never_adds_up_what_two_areas_have():
    assert deck.choose_area([left(LOW, 499), left(TALL, 499)], car(), 50) is None


@pytest.mark.parametrize(("left_cm", "fits"), [(1200, True), (1199, False)])
def test_counts_trailer_and_one_gap(left_cm, fits):
    assert bool(deck.choose_area([left(LOW, left_cm)], car(trailer=700), 50)) is fits


@pytest.mark.parametrize(
    ("width_cm", "lanes"), [(0, 1), (190, 1), (250, 1), (251, 2), (500, 2), (501, 3)]
)
def test_a_wide_vehicle_takes_its_length_in_several_lanes(width_cm, lanes):
    area = replace(LOW, lane_width_cm=250)

    assert deck.need(car(width_cm=width_cm), area, 50).amount == 500 * lanes


def test_without_a_lane_width_any_vehicle_takes_one_lane():
    assert deck.need(car(width_cm=900), LOW, 50).amount == 500


def test_takes_one_place_of_a_bay():
    assert deck.need(MOTORCYCLE, BAY, 50) == VehicleNeed(amount=1, kg=350)


@pytest.mark.parametrize(
    ("vehicle", "kg"),
    [(car(), 2200), (car(trailer=400), 3700), (car(trailer=400, weight_kg=2900), 2900)],
)
def test_weighs_what_was_stated_or_a_heavy_estimate(vehicle, kg):
    assert deck.need(vehicle, LOW, 50).kg == kg


def test_reads_what_is_left_of_each_area():
    weighed = replace(TALL, weighs=True)
    found = {"deck:low": 900, "deck:tall": 700, "weight:tall": 3000, "plugs:low": 2}

    assert deck.areas_left((LOW, weighed, BAY), found) == (
        AreaSpace(LOW, 900, None, 2),
        AreaSpace(weighed, 700, 3000, 0),
    )


def test_says_that_the_ship_has_no_car_deck():
    assert against(car()) == {
        "code": "no_vehicle_deck",
        "message": "This ship carries no vehicles.",
    }


def test_says_that_a_class_is_not_admitted():
    cars_only = replace(LOW, admits=("car", "van"))

    assert against(VehicleSize("bicycle", 190, 120), left(cars_only)) == {
        "code": "class_not_admitted",
        "message": "This ship does not carry a bicycle.",
        "kind": "bicycle",
    }


def test_a_bay_takes_a_motorcycle_without_its_trailer_only():
    towing = replace(MOTORCYCLE, trailer_length_cm=150)

    assert against(towing, left(BAY, 3)) == {
        "code": "class_not_admitted",
        "message": "This ship does not carry a motorcycle with a trailer.",
        "kind": "motorcycle",
        "nearest": {
            "kind": "without_trailer",
            "message": "Without the trailer your vehicle fits.",
            "length_cm": 230,
        },
    }
    assert deck.choose_area([left(BAY, 3), left(LOW)], towing, 50) == LOW


def test_says_how_high_the_highest_deck_is_that_admits_the_class():
    freight = AreaFacts("main", "main deck", 500, admits=("van",))

    assert against(car(height=460), left(LOW, 0), left(TALL, 0), left(freight)) == {
        "code": "too_high",
        "message": "Your vehicle is 4.60 m high; this ship admits up to 4.50 m.",
        "height_cm": 460,
        "clear_height_cm": 450,
    }


def test_says_how_wide_the_widest_deck_is():
    narrow, wider = replace(LOW, max_width_cm=200), replace(TALL, max_width_cm=230)

    assert against(car(width_cm=231), left(narrow), left(wider)) == {
        "code": "too_wide",
        "message": "Your vehicle is 2.31 m wide; this ship admits up to 2.30 m.",
        "width_cm": 231,
        "max_width_cm": 230,
    }
    assert deck.choose_area([left(narrow), left(wider)], car(width_cm=230), 50) == wider


def test_says_how_heavy_a_vehicle_may_be():
    light = replace(LOW, max_vehicle_kg=3500)

    assert against(car(weight_kg=3501), left(light)) == {
        "code": "too_heavy",
        "message": "Your vehicle weighs 3501 kg; this ship admits up to 3500 kg.",
        "weight_kg": 3501,
        "max_weight_kg": 3500,
    }
    assert against(car(weight_kg=3500), left(light)) is None


def test_says_how_much_load_is_left():
    found = left(replace(LOW, weighs=True), left_kg=2199)

    assert against(car(), found) == {
        "code": "load_short",
        "message": "The car deck may take 2199 kg more; your vehicle weighs 2200 kg.",
        "left_kg": 2199,
        "needed_kg": 2200,
    }
    assert against(car(), replace(found, left_kg=2200)) is None


def test_says_that_no_load_is_left():
    found = left(replace(LOW, weighs=True), left_kg=0)

    assert against(car(), found)["message"] == "The car deck may take no more weight."


def test_says_that_no_plug_is_left():
    charging = car(charges=True)

    assert against(charging, left(LOW)) == {
        "code": "plugs_short",
        "message": "No charging plug is left for your vehicle.",
        "left": 0,
    }
    assert deck.choose_area([left(LOW), left(TALL, left_plugs=1)], charging, 50) == TALL


def test_says_that_the_places_of_a_bay_are_taken():
    assert against(MOTORCYCLE, left(BAY, 0)) == {
        "code": "bay_places_short",
        "message": "The places for a motorcycle are taken.",
        "left": 0,
        "needed": 1,
    }


def test_of_a_full_bay_and_full_lanes_it_names_the_lanes():
    assert against(MOTORCYCLE, left(BAY, 0), left(LOW, 279)) == {
        "code": "lane_metres_short",
        "message": "Only 2.79 m of car deck are left; "
        "your vehicle needs 2.80 m with the gap to the next.",
        "left_cm": 279,
        "needed_cm": 280,
    }


def test_says_how_much_length_is_left_where_the_height_is_admitted():
    assert against(car(height=300), left(LOW, 499), left(TALL, 300)) == {
        "code": "lane_metres_short",
        "message": "Only 3.00 m of car deck are left; "
        "your vehicle needs 5.00 m with the gap to the next.",
        "left_cm": 300,
        "needed_cm": 500,
    }


def test_says_that_the_deck_is_full():
    assert against(car(), left(LOW, 0))["message"] == (
        "The car deck is full; your vehicle needs 5.00 m with the gap to the next."
    )


def test_names_a_lower_deck_with_space():
    refusal = against(car(height=230), left(LOW, 1000), left(TALL, 300))

    assert refusal["code"] == "lane_metres_short"
    assert refusal["nearest"] == {
        "kind": "other_deck",
        "message": "10.00 m are left on the car deck for vehicles up to 2.20 m high, "
        "for example without the roof box.",
        "clear_height_cm": 220,
        "left_cm": 1000,
    }


def test_names_the_highest_of_several_lower_decks():
    lowest = AreaFacts("hoist", "hoistable deck", 180)

    refusal = against(car(height=230), left(lowest), left(LOW), left(TALL, 0))

    assert refusal["nearest"]["clear_height_cm"] == 220


@pytest.mark.parametrize(
    "lower",
    [
        left(replace(LOW, max_width_cm=180)),
        left(replace(LOW, max_vehicle_kg=2000)),
        left(replace(LOW, admits=("van",))),
        left(replace(LOW, weighs=True), left_kg=2199),
        left(LOW, 499),
        left(AreaFacts("bikes", "bike bay", 220, counts_places=True, admits=("car",))),
    ],
)
def test_names_no_lower_deck_that_would_not_take_it_either(lower):
    assert "nearest" not in against(car(height=230), lower, left(TALL, 300))


def test_names_the_vehicle_without_its_trailer():
    refusal = against(car(trailer=700), left(LOW, 1000))

    assert refusal["code"] == "lane_metres_short"
    assert refusal["nearest"]["kind"] == "without_trailer"
    assert refusal["nearest"]["length_cm"] == 450


def test_without_the_trailer_a_stated_weight_is_the_typical_one_at_most():
    light = replace(LOW, max_vehicle_kg=2200)

    refusal = against(car(trailer=400, weight_kg=3600), left(light))

    assert refusal["code"] == "too_heavy"
    assert refusal["nearest"]["kind"] == "without_trailer"


@pytest.mark.parametrize(
    ("vehicle", "area"),
    [
        (car(trailer=700, width_cm=260), replace(LOW, max_width_cm=250)),
        (car(trailer=700, charges=True), LOW),
        (car(length=9000, trailer=700), LOW),
    ],
)
def test_does_not_name_the_trailer_where_something_else_is_wrong(vehicle, area):
    assert "nearest" not in against(vehicle, left(area))


@given(found=spaces, vehicle=vehicles, gap=st.integers(0, 100))
def test_a_chosen_area_admits_and_has_space_and_none_preferred_would(found, vehicle, gap):
    chosen = deck.choose_area(found, vehicle, gap)

    fitting = [space.area for space in found if _fits(space, vehicle, gap)]
    assert (chosen is None) == (not fitting)
    if chosen:
        order = [
            (not area.counts_places, area.fill_order, area.clear_height_cm) for area in fitting
        ]
        assert chosen in fitting
        assert (not chosen.counts_places, chosen.fill_order, chosen.clear_height_cm) == min(order)


@given(found=spaces, vehicle=vehicles, gap=st.integers(0, 100))
def test_refuses_exactly_when_no_area_takes_it(found, vehicle, gap):
    refusal = deck.refuse(found, vehicle, gap)

    assert (refusal is None) == (deck.choose_area(found, vehicle, gap) is not None)
    if refusal:
        _assert_numbers_say_why(refusal.code, refusal.numbers)


@given(found=spaces, vehicle=vehicles, gap=st.integers(0, 100))
def test_what_is_named_as_nearest_fits(found, vehicle, gap):
    refusal = deck.refuse(found, vehicle, gap)
    nearest = refusal and refusal.nearest
    if not nearest:
        return

    if nearest["kind"] == "other_deck":
        changed = replace(vehicle, height_cm=nearest["clear_height_cm"])
    else:
        weight_kg = vehicle.weight_kg and min(
            vehicle.weight_kg, replace(vehicle, trailer_length_cm=0, weight_kg=0).likely_weight_kg
        )
        changed = replace(vehicle, trailer_length_cm=0, weight_kg=weight_kg)

    assert deck.choose_area(found, changed, gap)


@given(found=spaces, vehicle=vehicles, more=st.integers(0, 500))
def test_more_space_never_refuses_what_fitted(found, vehicle, more):
    roomier = [replace(space, left=space.left + more) for space in found]

    if deck.choose_area(found, vehicle, 50):
        assert deck.choose_area(roomier, vehicle, 50)


def _fits(space, vehicle, gap):
    """Say the same as the module in other words."""
    area = space.area
    width = vehicle.likely_width_cm
    kinds = area.admits or (("motorcycle", "bicycle") if area.counts_places else VEHICLE_KINDS)
    lanes = 1
    while area.lane_width_cm and lanes * area.lane_width_cm < width:
        lanes += 1
    length = (vehicle.length_cm + vehicle.trailer_length_cm + gap) * lanes
    return all(
        [
            vehicle.kind in kinds,
            area.clear_height_cm >= vehicle.height_cm,
            width <= (area.max_width_cm or width),
            vehicle.likely_weight_kg <= (area.max_vehicle_kg or vehicle.likely_weight_kg),
            space.left >= (1 if area.counts_places else length),
            not (area.counts_places and vehicle.trailer_length_cm),
            not area.weighs or space.left_kg >= vehicle.likely_weight_kg,
            not vehicle.charges or space.left_plugs,
        ]
    )


def _assert_numbers_say_why(code, numbers):
    pairs = {
        "too_high": ("clear_height_cm", "height_cm"),
        "too_wide": ("max_width_cm", "width_cm"),
        "too_heavy": ("max_weight_kg", "weight_kg"),
        "lane_metres_short": ("left_cm", "needed_cm"),
        "load_short": ("left_kg", "needed_kg"),
        "bay_places_short": ("left", "needed"),
    }
    if code in pairs:
        has, wants = pairs[code]
        assert numbers[has] < numbers[wants]
