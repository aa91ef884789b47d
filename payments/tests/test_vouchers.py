"""Vouchers: issued by cancellations, spent on other bookings, filled again by refunds."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.errors import HoldExpired, WrongState
from bookings.models import Booking
from bookings.operations.amend import withdraw_amendment
from bookings.operations.cancel import cancel_in_full
from bookings.operations.confirm import confirm_with_operator
from bookings.operations.hold import hold_booking
from bookings.tests.amending import amended, moved_to
from bookings.tests.cancel_worlds import cancel, ships, wish
from bookings.tests.makers import held, people
from ferries.conditions import Band, Terms
from ferries.demo.operator_rules import BRITTANY_STANDARD
from ferries.models import FareRule
from ferries.tests import makers
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from payments.errors import (
    VoucherCurrency,
    VoucherExpired,
    VoucherTooSmall,
    VoucherUnknown,
    WrongMove,
)
from payments.models import DemoIntent, DemoRefund, Payment, Refund, Voucher
from payments.operations.refund import refund_booking
from payments.operations.send import send_refund
from payments.operations.spend import spend_voucher
from payments.operations.vouchers import issue_voucher
from payments.tests.makers import opened, state_of, succeeded
from payments.tests.test_amend import waiting
from payments.tests.test_concurrency import CROWD, together

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HALF_AS_VOUCHER = Terms(bands=(Band("v", percent=50, medium="voucher", sentence="Half."),))


def sold(*runs, terms: Terms = BRITTANY_STANDARD, **wishes) -> Booking:
    """Return a confirmed booking, paid by card, under the terms."""
    runs = runs or (makers.sailing(departs_at=clock.now() + 30 * DAY),)
    booking = succeeded(held(*runs, now=clock.now(), **wishes)).booking
    confirm_with_operator(booking.pk, now=clock.now())
    booking.legs.update(conditions=terms.as_json())
    return Booking.objects.get(pk=booking.pk)


def voucher(amount: int = 1000, **values) -> Voucher:
    """Return a voucher of a booking that does not matter."""
    booking = sold()
    facts = {"currency": "USD", "expires_at": clock.now() + DAY, "is_demo": True, **values}
    return Voucher.objects.create(booking=booking, amount=amount, request_key="k", **facts)


def spend(booking: Booking, found: Voucher) -> Payment:
    return spend_voucher(booking.pk, code=found.code, now=clock.now())


def used(found: Voucher) -> int:
    return Voucher.objects.values_list("used", flat=True).get(pk=found.pk)


def untouched(booking: Booking, found: Voucher) -> bool:
    booking.refresh_from_db()
    nothing_paid = not booking.payments.exists() and booking.paid == 0
    return nothing_paid and booking.state == "held" and used(found) == 0


def send_all() -> None:
    for refund in Refund.objects.filter(state="requested"):
        send_refund(refund.pk, now=clock.now())


def test_brittany_standard_gives_half_as_a_voucher(heard):
    booking = sold(travellers=people(2, 1))
    now = clock.now()

    cancel(booking, now=now)

    made = Voucher.objects.get()
    assert (made.amount, made.used, made.currency, made.booking) == (1250, 0, "USD", booking)
    assert made.is_demo
    assert timedelta(0) <= made.expires_at - now - 365 * DAY < timedelta(minutes=1)
    assert len(made.code) == 12
    assert set(made.code) <= set("34679ACDEFGHJKMNPQRTUVWXY")
    booking.refresh_from_db()
    assert (booking.state, booking.paid, booking.refunded, booking.total) == (
        "cancelled", 2500, 1250, 1250,
    )  # fmt: skip
    payment = Payment.objects.get()
    assert (payment.captured, payment.refunded) == (2500, 1250)
    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.voucher) == ("succeeded", 1250, made)
    assert heard.said[-1] == "refund_settled 1250"
    assert DemoRefund.objects.count() == 0


def test_a_part_gives_a_voucher_of_its_own():
    booking = sold(travellers=people(3))

    cancel(booking, "p1", now=clock.now())
    event = booking.events.latest("pk")
    cancel(booking, now=clock.now())

    assert list(Voucher.objects.order_by("pk").values_list("amount", "request_key")) == [
        (500, f"cancel:{booking.pk}:{event.pk}"),
        (1000, f"cancel:{booking.pk}"),
    ]
    booking.refresh_from_db()
    assert (booking.refunded, booking.total) == (1500, 1500)


def test_card_and_voucher_from_one_cancellation():
    mixed = Terms(
        bands=(
            Band("fare", percent=50, components=("passenger",), medium="voucher"),
            Band("rest", charge="none"),
        )
    )
    runs = ships()
    booking = succeeded(hold_booking(wish(*runs), now=clock.now())).booking
    confirm_with_operator(booking.pk, now=clock.now())
    booking.legs.update(conditions=mixed.as_json())

    cancel(booking, now=clock.now())
    send_all()

    # Passengers 1500 each way are halved; car, cabin and dog (7000 each way) come back by card.
    assert Voucher.objects.get().amount == 1500
    assert DemoRefund.objects.get().amount == 14000
    booking.refresh_from_db()
    assert (booking.paid, booking.refunded, booking.total) == (17000, 15500, 1500)


def test_goodwill_on_its_way_leaves_less_for_the_voucher():
    booking = sold()
    refund_booking(booking.pk, amount=800, request_key="k", reason="goodwill", actor="staff:1")

    cancel(booking, now=clock.now())

    assert Voucher.objects.get().amount == 200
    assert Payment.objects.get().refunded == 1000


def test_the_same_cancellation_issues_once_and_nothing_from_nothing():
    booking = sold()
    facts = {"reason": "r", "now": clock.now()}

    with transaction.atomic():
        first = issue_voucher(booking, amount=600, event_id=1, **facts)
        again = issue_voucher(booking, amount=600, event_id=1, **facts)
        rest = issue_voucher(booking, amount=600, event_id=2, **facts)
        nothing = issue_voucher(booking, amount=600, event_id=3, **facts)

    assert first == again
    assert rest is not None
    assert (rest.amount, nothing) == (400, None)
    assert Payment.objects.get().refunded == 1000


def test_it_pays_a_whole_booking(heard, run_jobs):
    found, booking = voucher(1600), held(now=clock.now())
    heard.said.clear()

    payment = spend(booking, found)

    assert (payment.gateway, payment.state, payment.captured) == ("voucher", "succeeded", 1000)
    assert payment.counted
    assert heard.said == ["payment_succeeded"]
    run_jobs()
    booking.refresh_from_db()
    assert (booking.state, booking.paid) == ("confirmed", 1000)
    assert used(found) == 1000


def test_the_code_may_be_typed_as_people_type():
    found, booking = voucher(), held(now=clock.now())
    code = found.code.lower()

    spend_voucher(booking.pk, code=f" {code[:4]}-{code[4:8]} {code[8:]}", now=clock.now())

    assert used(found) == 1000


def test_asking_again_pays_once():
    found, booking = voucher(5000), held(now=clock.now())

    assert spend(booking, found) == spend(booking, found)

    assert used(found) == 1000


def test_a_paid_booking_takes_no_voucher():
    found = voucher()
    paid = sold()

    with pytest.raises(WrongState):
        spend(paid, found)

    assert used(found) == 0


def test_the_open_card_payment_is_closed(run_jobs):
    found, booking = voucher(), held(now=clock.now())
    card = opened(booking)

    spend(booking, found)
    run_jobs()

    assert state_of(card) == "canceled"
    assert DemoIntent.objects.get(intent_id=card.intent_id).status == "canceled"


def test_it_pays_for_a_change():
    first = makers.sailing()
    pair = first, makers.sailing(departs_at=first.departs_at + DAY)
    found = voucher(700)
    booking, amendment = waiting(pair, price=1500)

    payment = spend(booking, found)

    booking.refresh_from_db()
    assert (payment.captured, booking.paid, booking.total) == (500, 1500, 1500)
    assert (state_of(amendment), used(found)) == ("applied", 500)


def test_a_payment_of_the_booking_is_no_answer_for_a_later_change():
    first = makers.sailing()
    later = makers.sailing(departs_at=first.departs_at + DAY)
    found, booking = voucher(5000), held(first, now=clock.now())
    spend(booking, found)
    confirm_with_operator(booking.pk, now=clock.now())
    booking.refresh_from_db()
    FareRule.objects.filter(code="adult").update(amount=1500)
    amended(booking, moved_to(later), now=clock.now())
    withdraw_amendment(booking.pk, actor="customer", now=clock.now())

    with pytest.raises(WrongState):
        spend(booking, found)

    assert used(found) == 1000


def test_not_while_the_bank_is_at_work():
    found, booking = voucher(), held(now=clock.now())
    Payment.objects.filter(pk=opened(booking).pk).update(state="processing")

    with pytest.raises(WrongMove):
        spend(booking, found)

    assert used(found) == 0


def test_too_small_says_how_much_is_missing():
    found, booking = voucher(999), held(now=clock.now())

    with pytest.raises(VoucherTooSmall) as error:
        spend(booking, found)

    assert error.value.details == {"left": 999, "due": 1000, "currency": "USD"}
    assert error.value.message.startswith("This voucher covers USD 9.99 of USD 10.00; a voucher")
    assert untouched(booking, found)


def test_the_moment_of_expiry_is_too_late():
    found, booking = voucher(), held(now=clock.now())
    now = clock.now()
    Voucher.objects.update(expires_at=now)

    with pytest.raises(VoucherExpired):
        spend_voucher(booking.pk, code=found.code, now=now)

    assert untouched(booking, found)
    Voucher.objects.update(expires_at=now + timedelta(microseconds=1))
    assert spend_voucher(booking.pk, code=found.code, now=now).captured == 1000


def test_another_currency_is_not_converted():
    found, booking = voucher(currency="EUR"), held(now=clock.now())

    with pytest.raises(VoucherCurrency) as error:
        spend(booking, found)

    assert error.value.details == {"voucher_currency": "EUR", "currency": "USD"}
    assert untouched(booking, found)


def test_demo_and_live_vouchers_never_meet():
    found, booking = voucher(is_demo=False), held(now=clock.now())

    with pytest.raises(VoucherUnknown):
        spend(booking, found)

    assert untouched(booking, found)


def test_after_the_hold_it_is_too_late():
    found, booking = voucher(), held(now=clock.now())

    with pytest.raises(HoldExpired):
        spend_voucher(booking.pk, code=found.code, now=clock.now() + timedelta(hours=2))

    assert used(found) == 0


def test_a_refund_goes_back_to_the_voucher(heard):
    found, booking = voucher(1600), held(now=clock.now())
    spend(booking, found)
    now = clock.now()
    cancel_in_full(booking.pk, actor="staff:1", reason="storm", now=now)
    refund = Refund.objects.get(payment__booking=booking)

    for _ in range(2):
        send_refund(refund.pk, now=now)

    assert state_of(refund) == "succeeded"
    assert used(found) == 0
    booking.refresh_from_db()
    assert (booking.paid, booking.refunded) == (1000, 1000)
    assert heard.said[-2:] == ["refund_opened 1000", "refund_settled 1000"]
    # It would have run out tomorrow.
    assert Voucher.objects.get(pk=found.pk).expires_at == now + 90 * DAY
    assert DemoRefund.objects.count() == 0


def test_a_voucher_of_a_booking_that_a_voucher_paid():
    found, booking = voucher(), held(now=clock.now())
    spend(booking, found)
    confirm_with_operator(booking.pk, now=clock.now())
    booking.legs.update(conditions=HALF_AS_VOUCHER.as_json())

    cancel(booking, now=clock.now())

    made = Voucher.objects.get(booking=booking)
    assert (made.amount, made.is_demo, used(found)) == (500, True, 1000)


@pytest.mark.parametrize("used", [-1, 1001])
def test_the_table_refuses_more_than_the_amount(used):
    found = voucher()

    with pytest.raises(IntegrityError), transaction.atomic():
        Voucher.objects.filter(pk=found.pk).update(used=used)


@pytest.mark.django_db(transaction=True)
def test_many_bookings_at_once_spend_it_once():
    run = makers.sailing()
    found = voucher()
    bookings = [held(run, now=clock.now()) for _ in range(CROWD)]

    answers = together(lambda number: spend(bookings[number], found).captured)

    assert sorted(map(str, answers)) == ["1000"] + ["voucher_too_small"] * (CROWD - 1)
    assert used(found) == 1000
    assert Booking.objects.filter(pk__in=[one.pk for one in bookings], paid=1000).count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_clicks_for_one_booking_pay_it_once():
    found, booking = voucher(9000), held(now=clock.now())

    answers = together(lambda number: spend(booking, found).pk)

    assert len(set(answers)) == 1
    assert (used(found), Payment.objects.filter(voucher=found).count()) == (1000, 1)


def assert_no_money_is_lost():
    """Assert that what came in by card is kept, went back by card, or stands on vouchers."""
    payments = Payment.objects.all()
    captured = sum(one.captured for one in payments if not one.voucher_id)
    kept = sum(booking.paid - booking.refunded for booking in Booking.objects.all())
    by_card = Refund.objects.filter(voucher=None, payment__voucher=None)
    assert captured == kept + sum(refund.amount for refund in by_card) + sum(
        one.left for one in Voucher.objects.all()
    )
    assert all(one.refunded <= one.captured for one in payments)
    assert kept == sum(one.captured - one.refunded for one in payments)


BANDS = st.sampled_from(
    (
        (Band("v", percent=33, medium="voucher"),),
        (Band("free", charge="none"),),
        (Band("p", percent=25, components=("vehicle",), medium="voucher"), Band("r", percent=50)),
        (Band("flat", charge="flat", amount=777, per="booking", medium="voucher"),),
    )
)
STEPS = st.one_of(
    st.tuples(st.just("cancel"), st.integers(0, 5), st.sampled_from(((), ("p1",), ("p1", "p2")))),
    st.tuples(st.just("spend"), st.integers(0, 5), st.integers(1, 3)),
    st.tuples(st.just("goodwill"), st.integers(0, 5), st.integers(1, 1500)),
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bands=BANDS, steps=st.lists(STEPS, min_size=2, max_size=8))
def test_any_sequence_conserves_the_money(bands, steps):
    run = makers.sailing(departs_at=clock.now() + 30 * DAY)
    terms = Terms(bands=bands)
    bookings = [sold(run, terms=terms, travellers=people(3)) for _ in range(2)]

    for number, (what, which, detail) in enumerate(steps):
        with suppress(MaritimeError):
            _take_step(run, bookings, number, what, which, detail, terms)
        send_all()
        assert_no_money_is_lost()


def _take_step(run, bookings, number, what, which, detail, terms):
    booking = bookings[which % len(bookings)]
    if what == "cancel":
        cancel(booking, *detail, now=clock.now())
    elif what == "goodwill":
        facts = {"request_key": f"g{number}", "reason": "r", "actor": "staff:1"}
        refund_booking(booking.pk, amount=detail, **facts)
    elif own := Voucher.objects.filter(booking__in=bookings):
        best = max(own, key=lambda one: (one.left, one.pk))
        new = held(run, now=clock.now(), travellers=people(detail))
        spend(new, best)
        confirm_with_operator(new.pk, now=clock.now())
        new.legs.update(conditions=terms.as_json())
        bookings.append(new)
