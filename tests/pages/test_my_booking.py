"""My booking: what happened, what comes back and when, papers, and the mail once more."""

import io
import re
from datetime import timedelta

import pypdf
import pytest
from django.core import mail

from bookings.models import Booking, OrderItem
from bookings.operations import reschedule
from ferries.models import Leg
from maritime.lib import clock
from notifications.models import Message
from payments.models import Refund
from payments.operations.refund import refund_payment


@pytest.fixture
def bought(crossing, client, pages, run_jobs):
    """Return the address of a confirmed booking, whose mails are sent."""
    pay_address = pages.hold(crossing)
    pages.pay(pay_address)
    client.get(f"{pay_address}return/")
    run_jobs()
    return pay_address.replace("/pay/", "/booking/")


def story(page):
    """Return the lines of the timeline without their moments."""
    block = re.search(r'<ol class="events">(.*?)</ol>', page.text, re.DOTALL)[1]
    lines = re.findall(r"<li[^>]*><time[^>]*>[^<]*</time>(.*?)</li>", block, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", line) for line in lines]


def pdf_text(answer):
    assert answer["Content-Type"] == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_tells_what_happened_in_order_and_what_is_next(bought, client):
    assert story(client.get(bought)) == [
        "Places held for you",
        "Payment started",
        "Paid",
        "Confirmed by the ferry company, tickets issued",
        "Tickets sent to alice@example.com",
        "Next: Departure from Aaa",
    ]


def test_tells_a_held_booking_until_when_to_pay(crossing, client, pages):
    address = pages.hold(crossing).replace("/pay/", "/booking/")

    assert story(client.get(address)) == [
        "Places held for you",
        "Next: Pay by then, or the places go back",
    ]


def test_tells_by_how_much_the_operator_has_moved_a_crossing(bought, crossing, client, run_jobs):
    later = crossing.departs_at + timedelta(minutes=25)
    Leg.objects.filter(sailing=crossing).update(departs_at=later)
    reschedule.record_new_times(crossing.pk, now=clock.now())
    run_jobs()

    told = story(client.get(bought))

    moved = next(line for line in told if line.startswith("The ferry company has changed"))
    at = clock.local(later, "America/Los_Angeles")
    assert f"{at:%H:%M}" in moved
    assert "no longer on" in moved
    assert told[-2].startswith("Tickets sent to")


def test_a_refund_on_its_way_names_the_day_when_it_is_due(bought, client):
    payment = Booking.objects.get().payments.get()
    refund_payment(payment.pk, amount=400, request_key="k", reason="kindness", actor="staff:1")
    opened = Refund.objects.get().created_at

    page = client.get(bought)

    due = clock.local(opened + timedelta(days=7), "America/Los_Angeles")
    assert "<strong>USD 4.00</strong> on its way" in page.text
    assert f"on your account by {due:%a} {due.day} {due:%B %Y} at the latest" in page.text
    assert story(page)[-2:] == [
        "Next: Departure from Aaa",
        "Next: Refund of USD 4.00 due at the latest",
    ]


def test_a_refund_that_is_done_is_past(bought, client, run_jobs):
    payment = Booking.objects.get().payments.get()
    refund_payment(payment.pk, amount=400, request_key="k", reason="kindness", actor="staff:1")
    run_jobs()

    told = story(client.get(bought))

    assert told[-3:-1] == ["Refund of USD 4.00 asked for", "USD 4.00 sent back"]
    assert not any("due" in line for line in told)


def test_lines_with_one_label_are_one_line(crossing, client, pages):
    address = pages.checkout_address(crossing, adults=2)
    typed = pages.names(address, p1_given_name="Bo", p1_surname="Moreau")
    pay_address = client.post(address, typed).url

    text = client.get(pay_address.replace("/pay/", "/booking/")).text

    assert '<th scope="row">Adult (2)</th><td>USD 20.00</td>' in text


def test_a_cancelled_line_stands_apart(bought, client):
    OrderItem.objects.update(cancelled_at=clock.now())

    text = client.get(bought).text

    assert '<del>Adult</del> <span class="hint">cancelled</span>' in text
    assert "(adult; cancelled)" in text


def test_an_expired_booking_leads_back_with_the_same_party(crossing, client, pages):
    car = {"vehicle": "car", "vehicle_length_cm": 480, "vehicle_height_cm": 180}
    pay_address = pages.hold(crossing, **car)
    Booking.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    page = client.get(pay_address.replace("/pay/", "/booking/"))

    link = re.search(r'href="([^"]+)">Hold the same places again', page.text)[1]
    again = client.get(link.replace("&amp;", "&"))

    assert again.status_code == 200
    assert "car 4.8 m long and 1.8 m high" in again.text.lower()
    assert "USD 25.00" in again.text


def test_the_receipt_has_lines_vat_payments_and_refunds(bought, client):
    OrderItem.objects.update(vat=91, vat_bp=1000)
    payment = Booking.objects.get().payments.get()
    refund_payment(payment.pk, amount=400, request_key="k", reason="kindness", actor="staff:1")

    text = pdf_text(client.get(f"{bought}receipt.pdf"))

    assert "Receipt" in text
    assert Booking.objects.get().reference in text
    assert "Alice Moreau" in text
    assert "Adult 10.00" in text
    assert "10 % 9.09 0.91 10.00" in text
    assert "Paid in the demonstration USD 10.00" in text
    assert "Refund: on its way USD -4.00" in text
    assert "Demo payment: no money moved." in text


def test_there_is_no_receipt_before_money_came(crossing, client, pages):
    address = pages.hold(crossing).replace("/pay/", "/booking/")

    answer = client.get(f"{address}receipt.pdf")

    assert answer.status_code == 404
    assert "Nothing has been paid" in answer.text
    assert "receipt.pdf" not in client.get(address).text


@pytest.fixture
def long_ago(bought):
    """Let the mail with the tickets be older than the pause before another one."""
    Message.objects.update(created_at=clock.now() - timedelta(minutes=6))
    return bought


def test_the_mail_with_the_tickets_is_sent_once_more_for_two_clicks(long_ago, client, run_jobs):
    before = len(mail.outbox)
    assert "Send the mail again" in client.get(long_ago).text

    answers = [client.post(f"{long_ago}mail/") for _ in range(2)]
    run_jobs()

    assert [answer.status_code for answer in answers] == [302, 429]
    assert answers[0].url == f"{long_ago}#mail"
    assert len(mail.outbox) == before + 1
    assert mail.outbox[-1].to == ["alice@example.com"]
    assert next(name for name, _, _ in mail.outbox[-1].attachments).startswith("tickets-")
    assert "Send the mail again" not in client.get(long_ago).text


def test_no_mail_again_right_after_the_first(bought, client, run_jobs):
    before = len(mail.outbox)

    assert "Send the mail again" not in client.get(bought).text
    assert client.post(f"{bought}mail/").status_code == 429
    assert run_jobs() == []
    assert len(mail.outbox) == before


def test_no_mail_again_for_a_booking_that_is_cancelled(long_ago, client, run_jobs):
    Booking.objects.update(state="cancelled")

    assert client.post(f"{long_ago}mail/").url == long_ago
    assert run_jobs() == []


def test_nobody_else_gets_the_papers_or_the_mail(long_ago, client):
    forged = re.sub(r"booking/[0-9a-f]{6}", "booking/000000", long_ago)
    assert forged != long_ago

    assert client.get(f"{forged}receipt.pdf").status_code == 404
    assert client.post(f"{forged}mail/").status_code == 404
