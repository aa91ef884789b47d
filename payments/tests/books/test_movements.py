"""Every movement of money with its exact entries: debits above zero, credits below."""

import pytest

from bookings.operations.amend_request import AmendRequest
from bookings.operations.cancel import cancel_in_full
from bookings.operations.confirm import confirm_with_operator
from bookings.operations.expire import expire_holds
from bookings.operations.journey import LegWish
from bookings.tests.amending import amended
from bookings.tests.cancel_worlds import cancel
from bookings.tests.makers import held, offer_of
from ferries.models import FareRule
from ferries.tests import makers
from maritime.lib import clock
from payments import ledger
from payments.models import Payment, Refund
from payments.operations.disputes import settle_dispute
from payments.operations.send import send_refund, settle_refunds
from payments.operations.settle import settle
from payments.operations.spend import spend_voucher
from payments.operations.start import start_payment
from payments.operations.vouchers import issue_voucher
from payments.tests.back.worlds import asked, decided, disputed, paid, sent
from payments.tests.books.worlds import DAY, crossings, journey, movements, wrong

pytestmark = pytest.mark.django_db
SALE = [
    ("captured", {"cash": 2501, "customer": -2501}),
    ("sold", {"customer": 2501, "BLUE": -1000, "RED": -1501}),
]


def confirmed(payment):
    confirm_with_operator(payment.booking_id, now=clock.now())
    payment.booking.refresh_from_db()
    return payment.booking


def later(payment):
    """Return the movements after the sale."""
    found = movements(payment.booking)
    assert found[:2] == SALE
    return found[2:]


def test_a_sale_is_owed_to_the_operators_of_its_legs(provider):
    payment = journey(provider)

    assert movements(payment.booking) == SALE
    assert ledger.balance(payment.booking) == {
        ("cash", ""): 2501, ("operator", "BLUE"): -1000, ("operator", "RED"): -1501,
    }  # fmt: skip
    assert ledger.cash_of(payment) == 2501
    row = payment.ledger.first()
    assert (row.key, row.currency, row.is_demo) == (f"captured:{payment.public_id}", "USD", False)
    assert wrong() == []


def test_settling_again_books_nothing_more(provider):
    payment = journey(provider)

    settle(payment.pk, now=clock.now())
    ledger.money_received(payment, at=clock.now())
    ledger.booking_sold(payment, at=clock.now())

    assert movements(payment.booking) == SALE


def test_goodwill_is_taken_from_all_operators_by_largest_remainder(provider):
    payment = journey(provider)

    sent(payment, 100)

    assert later(payment) == [
        ("owed", {"customer": -100, "BLUE": 40, "RED": 60}),
        ("refunded", {"customer": 100, "cash": -100}),
    ]
    assert (ledger.cash_of(payment), wrong()) == (2401, [])


def test_a_cancelled_leg_is_taken_from_its_operator(provider):
    payment = journey(provider)

    cancel(confirmed(payment), legs=[2], now=clock.now())

    assert later(payment) == [("owed", {"customer": -1501, "RED": 1501})]
    assert ledger.balance(payment.booking) == {
        ("cash", ""): 2501, ("customer", ""): -1501, ("operator", "BLUE"): -1000,
    }  # fmt: skip
    send_refund(Refund.objects.get().pk, now=clock.now())
    assert later(payment)[1:] == [("refunded", {"customer": 1501, "cash": -1501})]
    assert wrong() == []


def test_a_refund_that_fails_after_it_arrived_is_taken_back_step_by_step(provider):
    payment = journey(provider)
    refund = sent(payment, 100)

    provider.controls.end_refund(refund.refund_id, "failed")
    settle_refunds(payment.pk)
    settle_refunds(payment.pk)

    assert later(payment)[2:] == [
        ("refund_lost", {"customer": -100, "cash": 100}),
        ("not_owed", {"customer": 100, "BLUE": -40, "RED": -60}),
    ]
    assert (ledger.cash_of(payment), wrong()) == (2501, [])


def test_a_refund_that_fails_on_its_way_never_left(provider):
    payment = journey(provider)
    provider.books.refund_status = "pending"
    refund = sent(payment, 100)

    provider.controls.end_refund(refund.refund_id, "failed")
    settle_refunds(payment.pk)

    assert later(payment) == [
        ("owed", {"customer": -100, "BLUE": 40, "RED": 60}),
        ("not_owed", {"customer": 100, "BLUE": -40, "RED": -60}),
    ]
    assert wrong() == []


def test_a_refund_of_the_dashboard_is_booked_when_it_is_adopted(provider):
    payment = journey(provider)

    provider.controls.dashboard_refund(payment.intent_id, 2501)
    settle_refunds(payment.pk)

    assert later(payment) == [
        ("owed", {"customer": -2501, "BLUE": 1000, "RED": 1501}),
        ("refunded", {"customer": 2501, "cash": -2501}),
    ]
    assert (ledger.balance(payment.booking), wrong()) == ({}, [])


def test_late_money_is_never_owed_to_operators(provider):
    booking = held(*crossings(), now=clock.now())
    payment = start_payment(booking.pk, now=clock.now()).payment
    cancel_in_full(booking.pk, actor="customer", reason="", now=clock.now())
    provider.controls.pay(payment.intent_id)

    settle(payment.pk, now=clock.now())
    send_refund(Refund.objects.get().pk, now=clock.now())

    assert movements(booking) == [
        ("captured", {"cash": 2501, "customer": -2501}),
        ("refunded", {"customer": 2501, "cash": -2501}),
    ]
    assert wrong() == []


def test_money_that_does_not_match_stays_the_customers_in_its_own_currency(provider):
    booking = held(*crossings(), now=clock.now())
    payment = start_payment(booking.pk, now=clock.now()).payment
    provider.controls.pay(payment.intent_id, currency="eur")

    settle(payment.pk, now=clock.now())

    assert movements(booking) == [("captured", {"cash": 2501, "customer": -2501})]
    assert payment.ledger.get().currency == "EUR"
    # The accounts of a booking are in its own currency.
    assert ledger.balance(booking) == {}
    assert (ledger.cash_of(payment), wrong()) == (2501, [])


def test_money_that_becomes_a_voucher_stays_here_and_buys_another_booking(provider):
    payment = journey(provider)
    voucher = issue_voucher(payment.booking, amount=2000, reason="storm", now=clock.now())
    second = held(makers.sailing(departs_at=clock.now() + 5 * DAY), now=clock.now())

    by_voucher = spend_voucher(second.pk, code=voucher.code, now=clock.now())
    send_refund(asked(by_voucher, 300).pk, now=clock.now())

    assert later(payment) == [
        ("owed", {"customer": -2000, "BLUE": 800, "RED": 1200}),
        ("voucher_issued", {"customer": 2000, "voucher": -2000}),
    ]
    assert movements(second) == [
        ("voucher_spent", {"voucher": 1000, "customer": -1000}),
        ("sold", {"customer": 1000, "BLUE": -1000}),
        ("owed", {"customer": -300, "BLUE": 300}),
        ("voucher_returned", {"customer": 300, "voucher": -300}),
    ]
    assert wrong() == []


def test_a_dispute_that_is_won_gives_the_money_back(provider):
    payment = journey(provider)

    dispute_id = disputed(provider, payment)
    settle_dispute(dispute_id, now=clock.now())
    decided(provider, dispute_id, "won")

    assert later(payment) == [
        ("withdrawn", {"cash": -2501, "disputed": 2501}),
        ("reinstated", {"cash": 2501, "disputed": -2501}),
    ]
    assert (ledger.cash_of(payment), wrong()) == (2501, [])


def test_a_dispute_that_is_lost_is_our_loss_once(provider):
    payment = journey(provider)

    dispute_id = disputed(provider, payment, amount=900)
    decided(provider, dispute_id, "lost")
    settle_dispute(dispute_id, now=clock.now())

    assert later(payment) == [
        ("withdrawn", {"cash": -900, "disputed": 900}),
        ("charged_back", {"disputed": -900, "chargeback": 900}),
    ]
    assert (ledger.cash_of(payment), wrong()) == (1601, [])


def test_a_loss_that_comes_back_after_all_is_no_loss_any_more(provider):
    payment = journey(provider)
    dispute_id = disputed(provider, payment, amount=900)
    decided(provider, dispute_id, "lost")
    # Banks change their minds once in a while.
    provider.books.disputes[dispute_id]["status"] = "under_review"

    decided(provider, dispute_id, "won")

    assert later(payment)[2:] == [("reinstated", {"cash": 900, "chargeback": -900})]
    assert (ledger.cash_of(payment), wrong()) == (2501, [])


def test_an_inquiry_moves_nothing(provider):
    payment = journey(provider)

    disputed(provider, payment, inquiry=True)

    assert later(payment) == []


def change_both(payment, runs, *, blue, red):
    """Move both crossings to another day, on which they cost something else."""
    booking = confirmed(payment)
    legs = {}
    for number, (run, fare) in enumerate(zip(runs, (blue, red), strict=True), start=1):
        ports = [call.port for call in run.calls.order_by("sequence")]
        ship = makers.sailing(*ports, company=run.operator, departs_at=run.departs_at + 5 * DAY)
        rules = FareRule.objects.filter(tariff__route__operator=run.operator, code="adult")
        rules.update(amount=fare)
        legs[number] = LegWish(offer_of(ship))
    return amended(booking, AmendRequest(legs=legs), now=clock.now())


@pytest.mark.parametrize(
    ("fares", "expected"),
    [
        pytest.param((1301, 1200), [("shares", {"BLUE": -301, "RED": 301})], id="same price"),
        pytest.param(
            (1301, 1000),
            [("owed", {"customer": -200, "BLUE": -301, "RED": 501})],
            id="cheaper",
        ),
    ],
)
def test_a_change_moves_money_between_operators(provider, fares, expected):
    runs = crossings()
    payment = paid(provider, held(*runs, now=clock.now()))

    change_both(payment, runs, blue=fares[0], red=fares[1])

    assert later(payment) == expected
    assert wrong() == []


def test_a_dearer_change_brings_everybody_to_what_they_sold(provider):
    runs = crossings()
    payment = paid(provider, held(*runs, now=clock.now()))
    change_both(payment, runs, blue=2000, red=1000)
    second = start_payment(payment.booking_id, now=clock.now()).payment
    provider.controls.pay(second.intent_id)

    settle(second.pk, now=clock.now())

    assert Payment.objects.filter(counted=True).count() == 2
    assert ledger.balance(payment.booking) == {
        ("cash", ""): 3000, ("operator", "BLUE"): -2000, ("operator", "RED"): -1000,
    }  # fmt: skip
    assert wrong() == []


def test_a_waiting_hold_has_no_books(provider):
    booking = held(*crossings(), now=clock.now())
    start_payment(booking.pk, now=clock.now())

    expire_holds(now=clock.now() + DAY)

    assert (movements(booking), wrong()) == ([], [])
