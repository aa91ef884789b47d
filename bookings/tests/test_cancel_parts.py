"""Cancelling a part: what it costs, what it frees, what it leaves alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bookings.errors import AmendmentOutstanding, InvalidSelection
from bookings.models import Amendment
from bookings.operations.cancel import Selection, cancel_by_conditions, quote_cancellation
from bookings.operations.confirm import confirm_with_operator
from bookings.operations.hold import hold_booking
from bookings.operations.journey import LegWish
from bookings.operations.refunds import record_refund
from bookings.tests.cancel_worlds import (
    ALL_TICKETS,
    Refunds,
    agree,
    before,
    cancel,
    family,
    live_sum,
    pools,
    ships,
    tickets,
)
from bookings.tests.makers import CAR, confirmed, events, held, offer_of, people, request
from bookings.tests.makers import pay as pay_held
from ferries.conditions import Band, Terms
from ferries.tests import makers

pytestmark = pytest.mark.django_db
EVERYTHING = {"persons": 3, "deck:low": 530, "acc:inside": 1, "pet:kennel": 1}


def all_pools():
    return {(leg, name): amount for leg in (1, 2) for name, amount in EVERYTHING.items()}


def less(whole, leg, **freed):
    """Return the pools without what was freed on one leg; names without their colons."""
    names = {"persons": "persons", "deck": "deck:low", "cabin": "acc:inside", "pet": "pet:kennel"}
    left = dict(whole)
    for name, amount in freed.items():
        left[leg, names[name]] -= amount
    return {key: amount for key, amount in left.items() if amount}


PARTS = {
    "traveller": (["p1"], 500, 500, {"persons": 1}, {"p1"}),
    "child": (["p2"], 250, 250, {"persons": 1}, {"p2"}),
    "cabin": (["a0"], 2000, 2000, {"cabin": 1}, set()),
    "pet": (["x0"], 250, 250, {"pet": 1}, set()),
    # Half of 2500, of which the driver, who stays, pays the fare of 1000.
    "vehicle": (["v0"], 250, 2250, {"deck": 530}, {"v0"}),
    "vehicle with its driver": (["v0", "p0"], 1250, 1250, {"deck": 530, "persons": 1}, {"v0", "p0"}),
    "crossing": ([], 4250, 4250, {"persons": 3, "deck": 530, "cabin": 1, "pet": 1},
                 {"p0", "p1", "p2", "v0"}),
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_half_of_a_part_goes_back_on_the_day_before(now, part):
    items, refund, charge, freed, void = PARTS[part]
    runs = ships()
    booking = family(*runs, now=now)
    assert (booking.total, pools(*runs), tickets(booking)) == (17000, all_pools(), ALL_TICKETS)

    with Refunds() as refunds:
        after = cancel(booking, *items, legs=[1], now=before(runs[0], 2))

    assert refunds.due == [refund]
    assert after.state == "confirmed"
    assert after.total == live_sum(booking) == 17000 - refund
    fees = booking.items.filter(kind="fee", cancelled_at=None)
    new_fares = 1000 if part == "vehicle" else 0
    assert sum(fee.amount for fee in fees) == charge - new_fares
    assert pools(*runs) == less(all_pools(), 1, **freed)
    assert tickets(booking) == ALL_TICKETS - {(1, item) for item in void}
    assert events(booking)[-1] == ("confirmed", "confirmed", "customer")


def test_each_line_says_its_rule_hours_and_reason(now):
    runs = ships()
    booking = family(*runs, now=now)

    quote = quote_cancellation(booking, selection=Selection(items=("p1",)), now=before(runs[0], 2))

    facts = [(one.leg, one.item, one.rule, one.hours, one.base, one.charge, one.refund)
             for one in quote.lines]  # fmt: skip
    assert facts == [(1, "p1", "late", 2, 1000, 500, 500), (2, "p1", "free", 26, 1000, 0, 1000)]
    assert quote.lines[0].sentence == "50 % from 0 h before departure"
    assert (quote.refund, quote.charge, quote.ends_booking) == (1500, 500, False)
    assert (quote.refund_original, quote.refund_voucher) == (1500, 0)


def test_what_is_kept_is_a_fee_with_the_sentence(now):
    runs = ships()
    booking = family(*runs, now=now)

    cancel(booking, "p1", legs=[1], now=before(runs[0], 2))

    fee = booking.items.get(kind="fee")
    assert (fee.item, fee.leg.position, fee.amount, fee.rule) == ("p1", 0, 500, "cancel:late")
    assert fee.label == "Kept of Adult: 50 % from 0 h before departure"


def test_the_event_tells_staff_what_was_cancelled(now):
    runs = ships()
    booking = family(*runs, now=now)

    cancel(booking, "p1", "a0", legs=[1], now=before(runs[0], 2))

    event = booking.events.latest("pk")
    assert (event.name, event.actor) == ("items_cancelled", "customer")
    assert event.reason == "customer: crossing 1 p1 a0 (refund USD 25.00, charge USD 25.00)"


def test_the_driver_pays_no_more_than_the_vehicle_gives_back(now):
    runs = ships()
    booking = family(*runs, now=now)
    terms = Terms(bands=(Band("most", percent=90, sentence="90 %"),))
    booking.legs.update(conditions=terms.as_json())

    quote = quote_cancellation(booking, selection=Selection((1,), ("v0",)), now=now)
    agree(booking, quote, now=now)

    assert [(one.item, one.charge, one.refund) for one in quote.lines] == [
        ("v0", 2250, 250), ("p0", 250, -250),
    ]  # fmt: skip
    assert quote.refund == 0
    booking.refresh_from_db()
    assert booking.total == live_sum(booking) == 17000


def test_the_drivers_new_fare_is_refunded_like_any_other(now):
    runs = ships()
    booking = family(*runs, now=now)
    cancel(booking, "v0", legs=[1], now=now)

    quote = quote_cancellation(booking, selection=Selection((1,), ("p0",)), now=now)

    assert [(one.item, one.base, one.refund) for one in quote.lines] == [
        ("p0", 0, 0), ("p0", 1000, 1000),
    ]  # fmt: skip


def test_a_trailer_goes_with_its_vehicle(now):
    run = makers.sailing()
    makers.price(run, "trailer", "all", 800)
    towing = replace(CAR, trailer_length_cm=300)
    booking = confirmed(run, now=now, travellers=people(2), vehicles=[towing])
    assert pools(run) == {(1, "persons"): 2, (1, "deck:low"): 830}

    with pytest.raises(InvalidSelection, match="together with its vehicle"):
        quote_cancellation(booking, selection=Selection(items=("t0",)), now=now)
    with Refunds() as refunds:
        cancel(booking, "v0", "p0", now=now)

    assert refunds.due == [3300]
    assert pools(run) == {(1, "persons"): 1}


def test_on_one_ship_only_the_sectors_of_the_leg_are_freed(now):
    ports = [makers.port(code) for code in ("AAA", "BBB", "CCC")]
    run = makers.sailing(*ports)
    legs = (LegWish(offer_of(run, 0, 1)), LegWish(offer_of(run, 1, 2)))
    booking = hold_booking(replace(request(run, travellers=people(2)), legs=legs), now=now)
    pay_held(booking, now=now)
    confirm_with_operator(booking.pk, now=now)

    cancel(booking, "p1", legs=[2], now=now)

    used = run.pools.filter(resource="persons").order_by("sector").values_list("used", flat=True)
    assert list(used) == [2, 1]


def test_without_the_vehicle_they_take_places_on_foot(now):
    run = makers.sailing()
    makers.foot_limit(run, 3)
    booking = confirmed(run, now=now, travellers=people(2), vehicles=[CAR])
    assert pools(run) == {(1, "persons"): 2, (1, "deck:low"): 530}

    cancel(booking, "v0", now=now)
    assert pools(run) == {(1, "persons"): 2, (1, "foot"): 2}
    cancel(booking, "p1", now=now)

    assert pools(run) == {(1, "persons"): 1, (1, "foot"): 1}


def test_the_last_part_ends_the_booking(now):
    runs = ships()
    booking = family(*runs, now=now)
    cancel(booking, "p1", "a0", now=before(runs[0], 2))
    cancel(booking, legs=[2], now=before(runs[0], 2))
    booking.refresh_from_db()
    quote = quote_cancellation(booking, selection=Selection((1,)), now=before(runs[0], 2))
    assert quote.ends_booking

    after = agree(booking, quote, now=before(runs[0], 2))

    assert after.state == "cancelled"
    # Half of the whole outbound crossing.
    assert after.total == live_sum(booking) == 4250
    assert (pools(*runs), tickets(booking)) == ({}, set())


def test_all_items_on_all_crossings_end_the_booking_too(now, heard):
    runs = ships()
    booking = family(*runs, now=now)

    after = cancel(booking, "p0", "p1", "p2", "v0", "a0", "x0", now=now)

    assert after.state == "cancelled"
    assert heard.cancelled == [(booking.reference, 17000, "customer")]


def test_the_whole_keeps_what_it_charges_as_its_total(now):
    runs = ships()
    booking = family(*runs, now=now)

    after = cancel(booking, now=before(runs[0], 2))

    assert (after.state, after.total, live_sum(booking)) == ("cancelled", 4250, 4250)


def test_an_unpaid_booking_keeps_its_price(now):
    booking = held(now=now)

    after = cancel(booking, now=now)

    assert (after.state, after.total, after.items.filter(kind="fee").count()) == (
        "cancelled", 1000, 0,
    )  # fmt: skip


def test_a_flat_charge_for_each_person_is_taken_once_for_his_two_crossings(now):
    booking = family(*ships(), now=now)
    flat = Band("flat", charge="flat", amount=300, per="person", sentence="3.00 each")
    booking.legs.update(conditions=Terms(bands=(flat,)).as_json())

    quote = quote_cancellation(booking, selection=Selection(items=("p1",)), now=now)

    assert (quote.refund, quote.charge) == (1700, 300)


def test_surcharges_that_are_always_refunded_go_back_in_full(now):
    run = makers.sailing()
    makers.price(run, "surcharge", "passenger", 70)
    booking = confirmed(run, now=now, travellers=people(2))
    terms = Terms(bands=(Band("all", percent=100),), always_refunded=("surcharge",))
    booking.legs.update(conditions=terms.as_json())

    quote = quote_cancellation(booking, selection=Selection(items=("p1",)), now=now)

    assert (quote.refund, quote.charge) == (70, 1000)


def test_hours_may_count_from_the_outbound_departure(now):
    runs = ships()
    booking = family(*runs, now=now)
    bands = (
        Band("early", from_hours=24, percent=10, reference="outbound"),
        Band("late", to_hours=24, percent=80, reference="outbound"),
    )
    booking.legs.update(conditions=Terms(bands=bands).as_json())

    quote = quote_cancellation(booking, selection=Selection((2,), ("p1",)), now=before(runs[0], 23))

    assert [(line.rule, line.hours, line.charge) for line in quote.lines] == [("late", 23, 800)]


def test_a_voucher_is_told_apart_from_money(now):
    booking = family(*ships(), now=now)
    bands = (
        Band("fare", percent=50, components=("passenger",), medium="voucher", sentence="Voucher."),
        Band("rest", percent=0),
    )
    booking.legs.update(conditions=Terms(bands=bands).as_json())
    quote = quote_cancellation(booking, selection=Selection((1,), ("p1", "x0")), now=now)
    assert (quote.refund, quote.refund_original, quote.refund_voucher) == (1000, 500, 500)

    with Refunds() as refunds:
        after = agree(booking, quote, now=now)

    assert (refunds.due, refunds.vouchers) == ([500], [500])
    assert after.total == 17000 - 1000
    assert "voucher USD 5.00" in booking.events.latest("pk").reason


def test_while_a_change_waits_for_payment_no_part_is_cancelled(now):
    booking = family(*ships(), now=now)
    amendment = Amendment.objects.create(
        booking=booking, state="awaiting_payment", change={}, difference=500, actor="customer",
        expires_at=now + timedelta(minutes=15),
    )  # fmt: skip

    with pytest.raises(AmendmentOutstanding):
        quote_cancellation(booking, selection=Selection(items=("p1",)), now=now)
    cancel(booking, now=now)

    amendment.refresh_from_db()
    assert amendment.state == "withdrawn"


def test_staff_cancel_a_part_by_the_conditions(now):
    runs = ships()
    booking = family(*runs, now=now)

    with Refunds() as refunds:
        cancel_by_conditions(
            booking.pk, actor="staff:7", reason="by phone", now=before(runs[0], 2),
            selection=Selection((1,), ("p1",)),
        )  # fmt: skip

    assert (refunds.due, refunds.reasons) == ([500], ["by phone"])
    assert events(booking)[-1] == ("confirmed", "confirmed", "staff:7")


def test_goodwill_that_went_back_before_is_taken_off_at_the_end(now):
    booking = confirmed(makers.sailing(), now=now, travellers=people(2))
    record_refund(booking.pk, amount_change=300)

    with Refunds() as refunds:
        cancel(booking, "p1", now=now)
        record_refund(booking.pk, amount_change=1000)
        cancel(booking, now=now)

    assert refunds.due == [1000, 700]
