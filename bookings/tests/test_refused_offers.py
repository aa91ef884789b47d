"""What is refused and why: the search says it, and a hold says the same and writes nothing."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bookings.models import Booking
from bookings.operations.hold import (
    Contact,
    HoldRequest,
    VehicleInput,
    Wishes,
    hold_booking,
    party_of,
)
from bookings.operations.journey import LegWish
from bookings.tests.makers import people
from ferries.errors import NotBookable
from ferries.models import CapacityClaim, FareRule, Route, Sailing
from ferries.search import search
from ferries.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)

DAY = date(2027, 6, 1)
# 20:00 on 1 June 2027 in London is 19:00 UTC.
EVENING = datetime(2027, 6, 1, 19, tzinfo=UTC)
BEFORE = datetime(2027, 5, 1, tzinfo=UTC)
RELEASE = datetime(2027, 5, 30, 12, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)
HINT = {
    "kind": "allotment_release",
    "message": "Space that is kept for others is released on 30 May 2027 at 12:00 UTC.",
    "at": "2027-05-30T12:00:00Z",
}


def sailing(departs_at=EVENING, *, stops=("AAA", "BBB"), **values):
    ports = [makers.port(code, zone="Europe/London") for code in stops]
    return makers.sailing(*ports, departs_at=departs_at, **values)


def car(length=450, height=150, trailer=0, *, kind="car", **sizes):
    return VehicleInput(kind, length, height, trailer, registration="AB 1", **sizes)


def wish(
    run, adults=1, *, infants=0, vehicle=None, accommodation=(), legs="0-1", family="", **wishes
):
    offer = f"{run.operator.code}~{run.public_id.hex}~{legs}" + (f"~{family}" if family else "")
    return HoldRequest(
        legs=(LegWish(offer, tuple(accommodation)),),
        travellers=people(adults, infants=infants),
        vehicles=(vehicle,) if vehicle else (),
        contact=Contact("Jane", "Doe", "jane@example.com"),
        wishes=Wishes(**wishes),
    )


def offer_for(request, *, day=DAY, to="BBB", now=BEFORE):
    """Return the offer that a search shows for the wish."""
    (leg,) = request.legs
    party = replace(party_of(request), accommodation=leg.accommodation)
    found = search(origin="AAA", destination=to, day=day, party=party, now=now)
    return next(offer for offer in found.offers if offer.id == leg.offer_id)


def refused(request, **where):
    """Return the refusals, which are the same in a search and for a hold that leaves no trace."""
    shown = [refusal.as_dict() for refusal in offer_for(request, **where).refusals]
    with pytest.raises(NotBookable) as caught:
        hold_booking(request, now=where.get("now", BEFORE))
    assert caught.value.details["refusals"] == [{**refusal, "leg": 1} for refusal in shown]
    assert not Booking.objects.exists()
    assert not CapacityClaim.objects.exists()
    return shown


def taken(booking, *, sector=0):
    claims = CapacityClaim.objects.filter(holder=booking.public_id, pool__sector=sector)
    sums: Counter[str] = Counter()
    for item, resource, amount in claims.values_list("item", "pool__resource", "amount"):
        sums[f"{item} {resource}"] += amount
    return dict(sums)


def ship_with(**limits):
    """Return a sailing whose only deck area has the limits."""
    run = sailing(lane_cm=0)
    makers.deck_area(run, "main", **{"lane_cm": 5000, **limits})
    return run


def test_too_few_places():
    assert refused(wish(sailing(persons=2), 2, infants=1)) == [
        {
            "code": "persons_short",
            "message": "Only 2 places are left; your party needs 3.",
            "left": 2,
            "needed": 3,
        }
    ]


def test_foot_passengers_have_a_lower_limit_that_motorists_do_not_count_for():
    run = sailing()
    makers.foot_limit(run, 2)

    assert refused(wish(run, 3)) == [
        {
            "code": "foot_short",
            "message": "The ship takes 2 foot passengers more; your party needs 3 places.",
            "left": 2,
            "needed": 3,
        }
    ]
    hold_booking(wish(run, 3, vehicle=car()), now=BEFORE)
    booking = hold_booking(wish(run, 2), now=BEFORE)
    assert taken(booking) == {
        "p0 persons": 1, "p0 foot": 1, "p1 persons": 1, "p1 foot": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "vehicle", "code", "numbers"),
    [
        ({"lane_cm": 499}, car(), "lane_metres_short", {"left_cm": 499, "needed_cm": 500}),
        (
            {"lane_cm": 999, "lane_width_cm": 250}, car(width_cm=251),
            "lane_metres_short", {"left_cm": 999, "needed_cm": 1000},
        ),
        ({}, car(height=221), "too_high", {"height_cm": 221, "clear_height_cm": 220}),
        ({"max_width_cm": 240}, car(width_cm=241), "too_wide", {"width_cm": 241, "max_width_cm": 240}),
        (
            {"max_vehicle_kg": 3500}, car(weight_kg=3501),
            "too_heavy", {"weight_kg": 3501, "max_weight_kg": 3500},
        ),
        ({"total_kg": 2199}, car(), "load_short", {"left_kg": 2199, "needed_kg": 2200}),
        ({"admits": ["bicycle"]}, car(), "class_not_admitted", {"kind": "car"}),
        ({"places": 0, "lane_cm": 0, "admits": ["car"]}, car(), "bay_places_short", {"left": 0, "needed": 1}),
    ],
)  # fmt: skip
def test_vehicles(limits, vehicle, code, numbers):
    (refusal,) = refused(wish(ship_with(**limits), vehicle=vehicle))

    assert refusal.pop("message")
    refusal.pop("nearest", None)
    assert refusal == {"code": code, **numbers}


def test_a_ship_without_a_car_deck():
    (refusal,) = refused(wish(sailing(lane_cm=0), vehicle=car()))

    assert refusal["code"] == "no_vehicle_deck"


def test_a_ship_without_a_free_plug():
    run = ship_with(plugs=1)
    request = wish(run, vehicle=car())
    charging = replace(party_of(request), vehicle=replace(party_of(request).vehicle, charges=True))

    free = search(origin="AAA", destination="BBB", day=DAY, party=charging, now=BEFORE).offers[0]
    run.pools.get(resource="plugs:main").delete()
    Sailing.objects.get().save()
    gone = search(origin="AAA", destination="BBB", day=DAY, party=charging, now=BEFORE).offers[0]

    assert free.bookable
    assert [refusal.code for refusal in gone.refusals] == ["plugs_short"]


def test_a_wide_vehicle_takes_two_lanes_and_its_weight_and_a_motorcycle_a_place():
    run = ship_with(lane_width_cm=250, total_kg=9000)
    makers.deck_area(run, "bikes", places=2)
    makers.price(run, "vehicle", "motorcycle", 700)

    wide = hold_booking(wish(run, vehicle=car(width_cm=260, trailer=300)), now=BEFORE)
    biker = hold_booking(wish(run, vehicle=car(230, 130, kind="motorcycle")), now=BEFORE)

    assert taken(wide) == {"p0 persons": 1, "v0 deck:main": 1600, "v0 weight:main": 3700}
    assert taken(biker) == {"p0 persons": 1, "v0 deck:bikes": 1}


def test_names_the_lower_deck_and_the_vehicle_without_its_trailer():
    run = sailing(lane_cm=5000, tall_lane_cm=300)

    (too_tall,) = refused(wish(run, vehicle=car(height=230)))
    (too_long,) = refused(wish(run, vehicle=car(trailer=5000)))

    assert too_tall["nearest"] == {
        "kind": "other_deck",
        "message": "50.00 m are left on the car deck for vehicles up to 2.20 m high, "
        "for example without the roof box.",
        "clear_height_cm": 220,
        "left_cm": 5000,
    }
    assert too_long["nearest"] == {
        "kind": "without_trailer",
        "message": "Without the trailer your vehicle fits.",
        "length_cm": 450,
    }


def test_a_sold_out_cabin_names_another_one():
    run = sailing()
    makers.accommodation(run, "inside", units=0, places=2)
    makers.accommodation(run, "window", units=3, places=2)

    assert refused(wish(run, 2, accommodation=["inside"])) == [
        {
            "code": "accommodation_short",
            "message": "Sold out: Inside; you chose 1.",
            "accommodation": "inside",
            "left": 0,
            "needed": 1,
            "nearest": {
                "kind": "other_accommodation",
                "message": "Still to be had: Window (3 left).",
                "accommodation": "window",
                "left": 3,
            },
        }
    ]


@pytest.mark.parametrize(
    ("cabin", "party", "code", "numbers"),
    [
        ({"accessible": True}, {}, "accessible_only", {"accommodation": "cabin"}),
        ({"infants_ok": False}, {"infants": 1}, "infants_not_allowed", {"accommodation": "cabin"}),
        ({"min_occupancy": 2}, {}, "occupancy_low", {"least": 2, "persons": 1}),
        ({}, {"pets": ("cabin",)}, "pet_place_unknown", {"place": "cabin"}),
    ],
)
def test_cabins_that_are_not_for_the_party(cabin, party, code, numbers):
    run = sailing()
    makers.accommodation(run, "cabin", units=5, places=4, **cabin)
    makers.price(run, "pet", "cabin", 300)

    (refusal,) = refused(wish(run, accommodation=["cabin"], **party))

    assert refusal.pop("message")
    assert refusal == {"code": code, **numbers}


def test_a_type_that_the_ship_does_not_have():
    run = sailing()
    makers.price(run, "accommodation", "suite", 9000)

    (refusal,) = refused(wish(run, accommodation=["suite"]))

    assert (refusal["code"], refusal["accommodation"]) == ("accommodation_unknown", "suite")


def test_a_type_without_a_fare():
    run = sailing()
    makers.accommodation(run, "cabin", amount=None)

    (refusal,) = refused(wish(run, accommodation=["cabin"]))

    assert (refusal["code"], refusal["category"]) == ("no_fare", "cabin")


def night(**cabins):
    """Return a sailing on which everybody needs one of the types: (units, places, amount) of each."""
    run = sailing()
    for code, (units, places, amount) in cabins.items():
        makers.accommodation(run, code, units=units, places=places, amount=amount)
    Sailing.objects.update(accommodation_required=True)
    return run


def test_where_everybody_needs_a_place_the_cheapest_are_shown_and_held():
    run = night(seat=(1, 1, 900), two=(1, 2, 2000), four=(9, 4, 5000))

    offer = offer_for(wish(run, 3))
    booking = hold_booking(wish(run, 3), now=BEFORE)

    assert offer.chosen_accommodation == ("seat", "two")
    assert [(line.item, line.amount) for line in offer.lines] == [
        ("p0", 1000), ("p1", 1000), ("p2", 1000), ("a0", 900), ("a1", 2000),
    ]  # fmt: skip
    assert booking.total == offer.amount == 5900
    assert booking.legs.get().accommodation == ["seat", "two"]
    assert taken(booking) == {
        "p0 persons": 1, "p1 persons": 1, "p2 persons": 1, "a0 acc:seat": 1, "a1 acc:two": 1,
    }  # fmt: skip
    assert offer_for(wish(run, 3)).chosen_accommodation == ("four",)


def test_a_choice_with_too_few_places_is_refused_where_everybody_needs_one():
    run = night(seat=(9, 1, 900))

    (refusal,) = refused(wish(run, 2, infants=1, accommodation=["seat", "seat"]))

    assert (refusal["code"], refusal["persons"], refusal["berths"]) == (
        "accommodation_required", 3, 2,
    )  # fmt: skip


def test_says_for_how_many_there_are_cabins_where_everybody_needs_one():
    run = night(two=(1, 2, 900))

    assert refused(wish(run, 3)) == [
        {
            "code": "berths_short",
            "message": "Cabins, berths and seats for 2 are left; "
            "on this sailing all 3 travellers need one.",
            "left": 2,
            "needed": 3,
        }
    ]


def test_says_that_no_accessible_cabin_is_left_where_everybody_needs_one():
    run = night(two=(5, 2, 900))
    makers.accommodation(run, "access", units=0, places=2, accessible=True)

    (refusal,) = refused(wish(run, needs_accessible=True))

    assert (refusal["code"], refusal["left"]) == ("accessible_short", 0)


@pytest.mark.parametrize("kind", ["kennel", "deck"])
def test_places_for_pets(kind):
    run = sailing()
    makers.pet_space(run, kind, places=1, amount=700)

    (refusal,) = refused(wish(run, pets=(kind, kind)))
    booking = hold_booking(wish(run, pets=(kind,)), now=BEFORE)

    assert {**refusal, "message": ""} == {
        "code": "pet_places_short", "message": "", "place": kind, "left": 1, "needed": 2,
    }  # fmt: skip
    assert booking.total == 1700
    assert taken(booking) == {"p0 persons": 1, f"x0 pet:{kind}": 1}


@pytest.mark.parametrize("place", ["kennel", "deck", "vehicle"])
def test_where_no_pet_can_stay(place):
    run = sailing()
    makers.price(run, "pet", place, 300)

    (refusal,) = refused(wish(run, pets=(place,)))

    assert (refusal["code"], refusal["place"]) == ("pet_place_unknown", place)


def test_an_assistance_dog_is_neither_refused_nor_charged_nor_counted():
    run = sailing(persons=1)

    booking = hold_booking(wish(run, assistance_dogs=2), now=BEFORE)

    assert booking.total == 1000
    assert taken(booking) == {"p0 persons": 1}


@pytest.mark.parametrize(
    ("values", "now", "code", "numbers"),
    [
        ({"status": "stop_sale"}, BEFORE, "sale_stopped", {}),
        ({"status": "cancelled"}, BEFORE, "cancelled", {}),
        ({"status": "departed"}, BEFORE, "departed", {}),
        ({}, EVENING, "departed", {}),
        (
            {}, EVENING - timedelta(minutes=10),
            "sale_closed", {"closes_at": "2027-06-01T18:50:00Z"},
        ),
        (
            {"sale_opens_at": BEFORE}, BEFORE - A_MOMENT,
            "sale_not_open", {"opens_at": "2027-05-01T00:00:00Z"},
        ),
        (
            {"sale_closes_at": BEFORE}, BEFORE,
            "sale_closed", {"closes_at": "2027-05-01T00:00:00Z"},
        ),
        (
            {"sale_closes_at": EVENING + timedelta(hours=1)}, EVENING,
            "departed", {},
        ),
        ({"configuration": None}, BEFORE, "no_vessel", {}),
    ],
)  # fmt: skip
def test_sailings_that_are_not_on_sale(values, now, code, numbers):
    run = sailing(persons=1)
    Sailing.objects.update(**values)

    # One reason is enough: the party of five is not told that it would not fit either.
    (refusal,) = refused(wish(run, 5), now=now)

    assert refusal.pop("message")
    assert refusal == {"code": code, **numbers}


@pytest.mark.parametrize(
    ("values", "now"),
    [
        ({"sale_opens_at": BEFORE}, BEFORE),
        ({"sale_closes_at": BEFORE}, BEFORE - A_MOMENT),
        ({"sale_closes_at": EVENING}, EVENING - A_MOMENT),
        ({}, EVENING - timedelta(minutes=10) - A_MOMENT),
    ],
)
def test_a_sale_includes_its_start_and_excludes_its_end(values, now):
    run = sailing()
    Sailing.objects.update(**values)

    assert offer_for(wish(run), now=now).bookable
    assert hold_booking(wish(run), now=now).state == "held"


def other_day(days, **values):
    return sailing(EVENING + timedelta(days=days), **values)


@pytest.mark.parametrize("days", [-3, -2, -1, 1, 2, 3])
def test_names_a_sailing_up_to_three_days_away(days):
    run = sailing(persons=1)
    other = other_day(days)

    (refusal,) = refused(wish(run, 2))

    departs_at = EVENING + timedelta(days=days)
    assert refusal["nearest"] == {
        "kind": "other_sailing",
        "message": f"Space for you: the departure on {departs_at:%A, %d %B} at 20:00.",
        "offer": f"BLUE~{other.public_id.hex}~0-1",
        "departs_at": f"{departs_at:%Y-%m-%d}T19:00:00Z",
    }


@pytest.mark.parametrize("days", [-4, 4])
def test_names_nothing_beyond_three_days(days):
    run = sailing(persons=1)
    other_day(days)

    assert "nearest" not in refused(wish(run, 2))[0]


def test_prefers_the_same_day_and_skips_what_is_full_itself():
    run = sailing(persons=1)
    sailing(EVENING + timedelta(minutes=30), persons=1)
    later = sailing(EVENING + timedelta(hours=2))
    other_day(1)

    (refusal,) = refused(wish(run, 2))

    assert refusal["nearest"]["offer"] == f"BLUE~{later.public_id.hex}~0-1"


def test_the_days_are_those_of_the_port():
    """23:30 UTC on 4 June is 5 June in London in summer: the fourth day."""
    run = sailing(persons=1)
    fourth = sailing(datetime(2027, 6, 4, 23, 30, tzinfo=UTC))

    assert "nearest" not in refused(wish(run, 2))[0]

    Sailing.objects.filter(pk=fourth.pk).update(status="cancelled")
    third = sailing(datetime(2027, 6, 4, 22, 59, tzinfo=UTC))
    assert refused(wish(run, 2))[0]["nearest"]["offer"] == f"BLUE~{third.public_id.hex}~0-1"


def test_names_no_departure_of_a_day_that_is_over_nor_one_that_has_left():
    run = sailing(persons=1)
    other_day(-1)
    sailing(EVENING - timedelta(hours=2))

    (refusal,) = refused(wish(run, 2), now=EVENING - timedelta(hours=1))

    assert "nearest" not in refusal


def test_a_cancelled_or_departed_sailing_names_another_one_too():
    run = sailing()
    other = sailing(EVENING + timedelta(hours=1))
    Sailing.objects.filter(pk=run.pk).update(status="cancelled")

    (refusal,) = refused(wish(run))

    assert (refusal["code"], refusal["nearest"]["offer"]) == (
        "cancelled", f"BLUE~{other.public_id.hex}~0-1",
    )  # fmt: skip


def test_a_refused_fare_family_names_another_day_as_well():
    run, other = sailing(persons=1), other_day(1)
    Route.objects.get().tariffs.all().delete()
    makers.family(Route.objects.get(), "eco", adult=800, order=1)
    makers.family(Route.objects.get(), "flexi", adult=1500, order=2)

    with pytest.raises(NotBookable) as caught:
        hold_booking(wish(run, 2, family="flexi"), now=BEFORE)

    (refusal,) = caught.value.details["refusals"]
    assert refusal["code"] == "persons_short"
    assert refusal["nearest"]["offer"] == f"BLUE~{other.public_id.hex}~0-1~eco"


def test_no_other_sailing_helps_where_the_fare_is_missing():
    run = sailing(persons=1)
    other_day(1)
    FareRule.objects.filter(code="adult").delete()

    refusals = refused(wish(run, 2))

    assert [(each["code"], each.get("nearest")) for each in refusals] == [
        ("no_fare", None), ("persons_short", None),
    ]  # fmt: skip


def test_names_the_release_of_a_share_that_will_help():
    run = sailing(persons=10)
    makers.allotted(run, "persons", 9, release_at=RELEASE)

    assert refused(wish(run, 2)) == [
        {
            "code": "persons_short",
            "message": "Only 1 place is left; your party needs 2.",
            "left": 1,
            "needed": 2,
            "nearest": HINT,
        }
    ]


def test_names_no_release_that_does_not_help():
    run = sailing(persons=10, lane_cm=400)
    makers.allotted(run, "persons", 9, release_at=RELEASE)

    refusals = refused(wish(run, 2, vehicle=car()))

    assert [(each["code"], each.get("nearest")) for each in refusals] == [
        ("persons_short", HINT), ("lane_metres_short", None),
    ]  # fmt: skip


def test_names_no_release_when_the_vehicle_would_then_be_too_heavy():
    run = ship_with(lane_cm=1000, total_kg=2000)
    makers.allotted(run, "deck:main", 900, release_at=RELEASE)

    (refusal,) = refused(wish(run, vehicle=car()))

    assert (refusal["code"], refusal.get("nearest")) == ("lane_metres_short", None)


def test_names_the_release_for_the_cabin_that_it_is_about():
    run = sailing()
    for code in ("inside", "window"):
        makers.accommodation(run, code, places=2)
    makers.allotted(run, "acc:inside", 1, release_at=RELEASE)
    run.pools.filter(resource="acc:window").update(authorised=0)

    refusals = refused(wish(run, 2, accommodation=["inside", "window"]))

    assert [(each["accommodation"], each.get("nearest")) for each in refusals] == [
        ("inside", HINT), ("window", None),
    ]  # fmt: skip


def test_names_the_release_of_cabins_where_everybody_needs_one():
    run = night(two=(2, 2, 900))
    makers.allotted(run, "acc:two", 2, release_at=RELEASE)

    (refusal,) = refused(wish(run, 2))

    assert (refusal["code"], refusal["nearest"]) == ("berths_short", HINT)


@pytest.mark.parametrize("closes_at", [None, EVENING - timedelta(days=2)])
def test_names_no_release_after_the_end_of_the_sale(closes_at):
    run = sailing(persons=10)
    Sailing.objects.update(sale_closes_at=closes_at)
    end = closes_at or EVENING - timedelta(minutes=10)
    makers.allotted(run, "persons", 9, release_at=end)

    assert "nearest" not in refused(wish(run, 2))[0]

    makers.allotted(run, "persons", 9, release_at=end - A_MOMENT)
    assert refused(wish(run, 2))[0]["nearest"]["kind"] == "allotment_release"


def test_a_share_is_free_for_all_from_its_release_without_a_job():
    run = sailing(persons=10)
    makers.allotted(run, "persons", 9, release_at=RELEASE)

    assert not offer_for(wish(run, 2), now=RELEASE - A_MOMENT).bookable
    assert offer_for(wish(run, 2), now=RELEASE).bookable
    booking = hold_booking(wish(run, 2), now=RELEASE)

    assert taken(booking) == {"p0 persons": 1, "p1 persons": 1}
    assert offer_for(wish(run, 2), now=RELEASE).left["persons"] == 8


def test_a_search_holds_no_longer_than_until_the_next_release_or_opening():
    now = RELEASE - timedelta(seconds=5)
    run = sailing()
    makers.allotted(run, "persons", 9, release_at=RELEASE)
    with_release = _until(wish(run), now)

    Sailing.objects.get().allotments.get().pools.all().delete()
    run.sale_opens_at = now + timedelta(seconds=3)
    run.save()

    assert with_release <= RELEASE.timestamp()
    assert _until(wish(run), now) <= (now + timedelta(seconds=3)).timestamp()


def test_members_use_their_share_first_and_one_need_may_come_from_two_rows():
    run = sailing(persons=10, lane_cm=1000)
    makers.allotted(run, "persons", 1, release_at=RELEASE)
    makers.allotted(run, "deck:low", 300, release_at=RELEASE)

    booking = hold_booking(wish(run, 2, vehicle=car(), group="Residents"), now=BEFORE)

    assert taken(booking) == {"p0 persons": 1, "p1 persons": 1, "v0 deck:low": 500}
    rows = run.pools.order_by("resource", "allotment").values_list(
        "resource", "allotment__group__code", "used"
    )
    assert list(rows) == [
        ("deck:low", "residents", 300), ("deck:low", None, 200),
        ("persons", "residents", 1), ("persons", None, 1),
    ]  # fmt: skip


def test_a_leg_over_several_sectors_has_the_least_and_takes_all_of_them():
    run = sailing(stops=("AAA", "BBB", "CCC"), persons=10, lane_cm=2000)
    makers.accommodation(run, "two", units=3, places=2)
    hold_booking(wish(run, 2, vehicle=car(), accommodation=["two"]), now=BEFORE)

    through = offer_for(wish(run, legs="0-2"), to="CCC")
    booking = hold_booking(wish(run, vehicle=car(), accommodation=["two"], legs="0-2"), now=BEFORE)

    assert through.left == {"persons": 8, "lane_cm": 1500}
    assert [each.left for each in through.accommodation] == [2]
    expected = {"p0 persons": 1, "v0 deck:low": 500, "a0 acc:two": 1}
    assert taken(booking, sector=0) == taken(booking, sector=1) == expected


def test_a_share_counts_on_the_sectors_on_which_it_is_left():
    run = sailing(stops=("AAA", "BBB", "CCC"), persons=4)
    makers.allotted(run, "persons", 3, release_at=RELEASE)
    hold_booking(wish(run, 2, group="residents"), now=BEFORE)

    members, public = wish(run, legs="0-2", group="residents"), wish(run, legs="0-2")

    assert offer_for(members, to="CCC").left["persons"] == 2
    assert offer_for(public, to="CCC").left["persons"] == 1


def _until(request, now):
    return search(origin="AAA", destination="BBB", day=DAY, party=party_of(request), now=now).until
