"""Money of amendments, with the demo gateway."""

from datetime import timedelta

import pytest

from bookings.errors import WrongState
from bookings.models import Amendment, Booking
from bookings.operations.amend import withdraw_amendment
from bookings.operations.confirm import confirm_with_operator
from bookings.operations.expire import expire_holds
from bookings.tests.amending import amended, moved_to, pools, valid_tickets
from bookings.tests.makers import held
from ferries.models import FareRule
from ferries.tests import makers
from maritime.lib import clock
from maritime.lib.money import format_minor
from maritime.lib.references import access_token
from payments import queries
from payments.models import DemoRefund, Payment, Refund
from payments.operations.settle import settle
from payments.operations.start import start_payment
from payments.tests.makers import at_provider, state_of, succeeded
from payments.tests.test_concurrency import CROWD, together

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def pair():
    first = makers.sailing()
    return first, makers.sailing(departs_at=first.departs_at + DAY)


def sold(sailing, *, price: int) -> Booking:
    """Return a booking confirmed at 1000 whose adult fare is another now."""
    now = clock.now()
    booking = held(sailing, now=now)
    succeeded(booking)
    confirm_with_operator(booking.pk, now=now)
    FareRule.objects.filter(code="adult").update(amount=price)
    return Booking.objects.get(pk=booking.pk)


def waiting(pair, *, price: int = 1500) -> tuple[Booking, Amendment]:
    booking = sold(pair[0], price=price)
    return booking, amended(booking, moved_to(pair[1]), now=clock.now())


def started(booking: Booking) -> Payment:
    payment = start_payment(booking.pk, now=clock.now()).payment
    assert payment is not None
    return payment


def arrived(payment: Payment) -> Payment:
    at_provider(payment, status="succeeded", amount_received=payment.amount)
    return settle(payment.pk, now=clock.now())


def test_the_difference_is_asked_for_and_makes_the_change(pair, heard):
    booking, amendment = waiting(pair)
    heard.said.clear()

    payment = started(booking)
    assert started(booking) == payment
    settled = arrived(payment)

    assert (payment.amount, settled.state, settled.counted) == (500, "succeeded", True)
    booking.refresh_from_db()
    assert (booking.total, booking.paid, booking.state) == (1500, 1500, "confirmed")
    assert state_of(amendment) == "applied"
    assert heard.said == ["payment_succeeded"]
    assert pools(*pair) == {(1, "persons"): 1}
    assert valid_tickets(booking) == [(1, "Adult 0 Doe", pair[1].source_ref)]
    with pytest.raises(WrongState):
        start_payment(booking.pk, now=clock.now())


def test_a_declined_card_leaves_booking_and_change_as_they_are(pair):
    booking, amendment = waiting(pair)
    payment = started(booking)
    at_provider(payment, last_error="card_declined")

    assert settle(payment.pk, now=clock.now()).state == "open"

    assert state_of(amendment) == "awaiting_payment"
    assert pools(*pair) == {(0, "persons"): 1, (1, "persons"): 1}
    assert arrived(payment).counted


def test_money_after_the_time_goes_straight_back(pair, heard):
    booking, amendment = waiting(pair)
    payment = started(booking)
    expire_holds(now=clock.now() + DAY)
    heard.said.clear()

    settled = arrived(payment)

    assert (settled.state, settled.counted) == ("succeeded", False)
    assert heard.said == ["refund_opened 500"]
    assert Refund.objects.get().reason.startswith("The payment arrived after")
    booking.refresh_from_db()
    assert (booking.total, booking.paid, booking.state) == (1000, 1000, "confirmed")
    assert state_of(amendment) == "expired"
    assert valid_tickets(booking) == [(1, "Adult 0 Doe", pair[0].source_ref)]


def test_the_end_of_a_change_closes_its_payment(pair, run_jobs):
    booking, _ = waiting(pair)
    payment = started(booking)

    withdraw_amendment(booking.pk, actor="customer", now=clock.now())
    run_jobs()

    assert state_of(payment) == "canceled"
    assert queries.open_payment_of(booking) is None
    assert pools(*pair) == {(0, "persons"): 1}


def test_money_of_an_earlier_change_never_pays_for_a_later_one(pair):
    booking, _ = waiting(pair)
    payment = started(booking)
    withdraw_amendment(booking.pk, actor="customer", now=clock.now())
    FareRule.objects.filter(code="adult").update(amount=1700)
    later = amended(booking, moved_to(pair[1]), now=clock.now())

    assert arrived(payment).counted is False

    assert Payment.objects.get(pk=payment.pk).refunded == 500
    assert state_of(later) == "awaiting_payment"


def test_the_price_of_the_payment_follows_the_change(pair):
    booking, _ = waiting(pair)
    first = started(booking)
    withdraw_amendment(booking.pk, actor="customer", now=clock.now())
    FareRule.objects.filter(code="adult").update(amount=1700)
    amended(booking, moved_to(pair[1]), now=clock.now())

    second = started(booking)

    assert (state_of(first), second.amount) == ("canceled", 700)


def test_a_lower_fare_opens_one_refund_of_the_difference(pair, run_jobs):
    booking, amendment = waiting(pair, price=700)
    run_jobs()

    refund = Refund.objects.get()
    assert (refund.amount, refund.request_key) == (300, f"amend:{amendment.pk}")
    assert DemoRefund.objects.get().amount == 300
    booking.refresh_from_db()
    assert (booking.total, booking.paid, booking.refunded) == (700, 1000, 300)


@pytest.mark.django_db(transaction=True)
def test_many_who_settle_make_the_change_once(pair):
    booking, _ = waiting(pair)
    payment = started(booking)
    at_provider(payment, status="succeeded", amount_received=500)

    answers = together(lambda number: settle(payment.pk, now=clock.now()).state)

    assert answers == ["succeeded"] * CROWD
    assert booking.events.filter(name="amended").count() == 1
    assert pools(*pair) == {(1, "persons"): 1}


def page(client, booking, path="", **data):
    url = f"/booking/{access_token(booking.public_id)}/{path}"
    return client.post(url, data) if data else client.get(url)


def hidden(answer) -> dict:
    quote = answer.context["quote"]
    return {"quote": quote["token"], "due": quote["due"], "refund": quote["refund"]}


def test_a_traveller_moves_a_crossing_and_pays(client, pair, settings):
    settings.PAYMENTS_DEMO = True
    booking = sold(pair[0], price=1500)

    assert b"Change this booking" in page(client, booking).content
    assert b"Show sailings" in page(client, booking, "amend/").content
    day = makers.local_date(pair[1])
    answer = page(client, booking, f"amend/crossing/1/?date={day}")
    (offer,) = answer.context["offers"]
    answer = page(client, booking, f"amend/crossing/1/?date={day}", offer=offer.id)
    assert b"Change and pay" in answer.content
    answer = page(client, booking, "amend/confirm/", **hidden(answer))
    assert answer.url == f"/pay/{access_token(booking.public_id)}/"

    bill = client.get(answer.url)
    assert b"The space for your change is held until" in bill.content
    assert f"Pay {format_minor(500, 'USD')} now" in bill.content.decode()
    paid = client.post(f"{answer.url}demo/", {"outcome": "succeed"})
    client.get(paid.url)

    booking.refresh_from_db()
    assert (booking.total, booking.paid) == (1500, 1500)
    assert valid_tickets(booking) == [(1, "Adult 0 Doe", pair[1].source_ref)]


def test_a_traveller_withdraws_a_change(client, pair):
    booking, amendment = waiting(pair)

    assert b"A change waits for your payment" in page(client, booking, "amend/").content
    page(client, booking, "amend/withdraw/", yes="1")

    assert state_of(amendment) == "withdrawn"
    assert client.get(f"/pay/{access_token(booking.public_id)}/").status_code == 302
