"""The mails say what is true now, to whom it concerns, and nothing that a name could break."""

import email.policy
from datetime import timedelta
from email import message_from_bytes
from io import BytesIO

import pypdf
import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import resolve

from maritime.lib import clock, references
from notifications import messages
from notifications.tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _live_payments(settings):
    settings.PAYMENTS_DEMO = False
    settings.BASE_URL = "https://tickets.example"


def built(kind: str, row, *, now=None, **facts) -> EmailMultiAlternatives:
    queued = makers.message(kind, row, **facts)
    return messages.build(messages.load(queued.pk), now=now or clock.now())


def html_of(mail: EmailMultiAlternatives) -> str:
    return str(mail.alternatives[0][0])


def test_the_confirmation_carries_tickets_and_a_calendar_file() -> None:
    row = makers.booking(car=True)

    mail = built("booking_confirmation", row)

    assert mail.to == ["ada@example.org"]
    assert mail.subject == f"Your tickets: Seattle to Bainbridge Island ({row.reference})"
    pdf, calendar = mail.attachments
    assert pdf[0] == f"tickets-{row.reference}.pdf"
    assert len(pypdf.PdfReader(BytesIO(pdf[1])).pages) == 2
    assert calendar[0] == f"crossings-{row.reference}.ics"
    assert "BEGIN:VEVENT" in str(calendar[1])
    for part in (str(mail.body), html_of(mail)):
        for words in (
            row.reference, "Ada Lovelace", "Car ABC 123", "Seattle to Bainbridge Island",
            "Sat 28 Nov 2026, 12:00", "12:35", "Wenatchee", "BLUE Ferries", "Adult", "USD 11.05",
            "Demo timetable, based on WSF autumn 2024.",
        ):  # fmt: skip
            assert words in part, words


def test_text_and_html_are_alternatives_and_the_source_is_sound() -> None:
    mail = built("booking_confirmation", makers.booking())

    parsed = message_from_bytes(mail.message().as_bytes(), policy=email.policy.default)

    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html",
        "application/pdf", "text/calendar",
    ]  # fmt: skip
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed.get_body(("plain",)).get_content().startswith("Hello Ada Lovelace,\n")


def test_links_begin_with_the_configured_address_and_open_the_booking() -> None:
    row = makers.booking()

    mail = built("booking_confirmation", row)

    link = f"https://tickets.example/booking/{references.access_token(row.public_id)}/"
    assert link in str(mail.body)
    assert f'href="{link}"' in html_of(mail)
    assert resolve(link.removeprefix("https://tickets.example")).url_name == "booking"


def test_styles_are_in_the_tags_and_dark_mode_stays_in_a_style_element() -> None:
    html = html_of(built("booking_confirmation", makers.booking()))

    assert 'class="button" style="' in html or ('style="' in html and 'class="button"' in html)
    assert html.count("<style") == 1
    style = html.split("<style", 1)[1].split("</style>")[0]
    assert "prefers-color-scheme: dark" in style.replace(":dark", ": dark")
    assert ".wrap" not in style
    assert "<script" not in html
    assert "src=" not in html


def test_two_zones_are_named_and_another_day_is_told() -> None:
    row = makers.booking()
    makers.leg(
        row, 1, origin_name="Sopron", origin_zone="Europe/Budapest", destination_name="Dover",
        destination_zone="Europe/London", departs_at=makers.DEPARTURE,
        arrives_at=makers.DEPARTURE + timedelta(hours=5),
    )  # fmt: skip

    text = str(built("payment_success", row, payment=makers.payment(row).pk).body)

    assert "Departs Sat 28 Nov 2026, 12:00\n  Arrives 12:35\n" in text
    assert "Departs Sat 28 Nov 2026, 21:00 CET\n  Arrives Sun 29 Nov 2026, 01:00 GMT\n" in text


def test_a_return_journey_is_named_as_one() -> None:
    row = makers.booking()
    makers.leg(
        row, 1, origin="USBBI", origin_name="Bainbridge Island", destination="USSEA",
        destination_name="Seattle",
    )  # fmt: skip

    legs = list(row.legs.order_by("position"))

    assert messages.journey_text(legs) == "Seattle to Bainbridge Island and back"
    assert messages.journey_text(legs[:1]) == "Seattle to Bainbridge Island"


def test_a_cancellation_lists_charge_and_refund() -> None:
    mail = built("cancellation", makers.booking("cancelled"), charge=553, refund=552)

    text = str(mail.body)
    assert "Cancellation charge: USD 5.53\nYou get back: USD 5.52\n" in text
    assert "to the means that you paid with" in text
    assert "5 to 10 days" in text
    assert "the operator" not in text
    assert mail.attachments == []


def test_a_cancellation_without_refund_says_so() -> None:
    text = str(built("cancellation", makers.booking("cancelled"), charge=1105, refund=0).body)

    assert "You get back: USD 0.00" in text
    assert "nothing is paid back" in text
    assert "5 to 10 days" not in text


def test_a_cancellation_of_what_was_never_paid_says_so() -> None:
    row = makers.booking("cancelled", paid=0)

    text = str(built("cancellation", row, charge=0, refund=0).body)

    assert "Nothing had been paid" in text
    assert "You get back" not in text


def test_an_operator_s_refusal_is_an_apology() -> None:
    row = makers.booking("cancelled_by_operator")

    text = str(built("cancellation", row, charge=0, refund=1105).body)

    assert "We are sorry: the operator could not take your booking" in text
    assert "You get back: USD 11.05" in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("paid", "The operator is confirming the booking now"),
        ("confirmed", "is confirmed. The tickets come in a mail of their own"),
        ("cancelled", "the booking is cancelled. Our mail about the cancellation"),
    ],
)
def test_payment_success_says_what_happens_next(state: str, words: str) -> None:
    row = makers.booking(state)

    text = str(built("payment_success", row, payment=makers.payment(row).pk).body)

    assert "Your payment of USD 11.05" in text
    assert words in " ".join(text.split())


def test_payment_failed_says_until_when_in_port_local_time_and_where_to_pay() -> None:
    row = makers.booking("payment_pending", expires_at=makers.DEPARTURE - timedelta(days=1))
    failed = makers.payment(row, state="open", captured=0, counted=False)
    before = row.expires_at - timedelta(minutes=10)

    mail = built("payment_failed", row, now=before, payment=failed.pk)

    link = f"https://tickets.example/pay/{references.access_token(row.public_id)}/"
    for part in (str(mail.body), html_of(mail)):
        assert "no money was taken" in " ".join(part.split())
        assert "Fri 27 Nov 2026, 12:00 PST" in part
        assert link in part
    assert resolve(link.removeprefix("https://tickets.example")).url_name == "pay"


def test_payment_failed_after_the_hold_offers_no_payment() -> None:
    row = makers.booking("payment_pending", expires_at=makers.DEPARTURE - timedelta(days=1))
    failed = makers.payment(row, state="open", captured=0, counted=False)

    text = str(built("payment_failed", row, now=row.expires_at, payment=failed.pk).body)

    assert "Your hold has ended" in text
    assert "/pay/" not in text


def test_a_refund_says_amount_means_and_time() -> None:
    row = makers.booking("cancelled")
    sent = makers.refund(makers.payment(row), amount=552)

    mail = built("refund_confirmation", row, refund=sent.pk)

    assert mail.subject == f"Your refund of USD 5.52 is on its way ({row.reference})"
    for part in (str(mail.body), html_of(mail)):
        flat = " ".join(part.split())
        assert "USD 5.52" in flat
        assert "back to the means that you paid with" in flat
        assert "5 to 10 days" in flat
        assert "cancelled" not in flat


def test_the_refund_of_late_money_says_why() -> None:
    row = makers.booking("expired")
    late = makers.payment(row, counted=False)
    sent = makers.refund(late, reason="The payment arrived too late.", actor="system")

    text = str(built("refund_confirmation", row, refund=sent.pk).body)

    assert "The payment arrived too late.\n\nWe have sent USD 11.05" in text


@pytest.mark.parametrize("demo_by", ["setting", "payment"])
def test_demo_payments_are_labelled_everywhere(settings, demo_by: str) -> None:
    settings.PAYMENTS_DEMO = demo_by == "setting"
    row = makers.booking("paid")
    demo = makers.payment(row, gateway="demo" if demo_by == "payment" else "stripe")

    mail = built("payment_success", row, payment=demo.pk)

    assert mail.subject.startswith("Demo: ")
    for part in (str(mail.body), html_of(mail)):
        assert "no money moved" in part
        assert "Not valid for travel" in part


def test_real_payments_are_not_labelled() -> None:
    row = makers.booking("paid")

    mail = built("payment_success", row, payment=makers.payment(row).pk)

    assert "Demo:" not in mail.subject
    assert "no money moved" not in str(mail.body) + html_of(mail)


def test_names_are_text_and_never_markup_or_headers() -> None:
    row = makers.booking("cancelled", contact_given_name='<b>Ada</b> & "Co"\r\nBcc: x@example.org')
    row.legs.update(origin_name="Port\r\nBcc: x@example.org")

    mail = built("cancellation", row, charge=0, refund=0)
    confirmation = built("booking_confirmation", makers.booking())
    source = mail.message()

    assert "&lt;b&gt;Ada&lt;/b&gt; &amp;" in html_of(mail)
    assert "<b>Ada" not in html_of(mail)
    assert '<b>Ada</b> & "Co"' in str(mail.body)
    assert source["Bcc"] is None
    assert confirmation.message()["Subject"]


def test_a_line_break_in_a_port_s_name_does_not_break_the_subject() -> None:
    row = makers.booking()
    row.legs.update(origin_name="Port\r\nBcc: x@example.org")

    mail = built("booking_confirmation", row)

    assert mail.subject == (
        f"Your tickets: Port Bcc: x@example.org to Bainbridge Island ({row.reference})"
    )
    assert mail.message()["Bcc"] is None


def test_the_message_id_stays_the_same_for_one_message_and_differs_between_two(settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Maritime <tickets@ferries.example>"
    row = makers.booking("cancelled")
    queued = makers.message("cancellation", row, charge=0, refund=0)
    loaded = messages.load(queued.pk)

    first = messages.build(loaded, now=clock.now()).extra_headers["Message-ID"]
    again = messages.build(loaded, now=clock.now()).extra_headers["Message-ID"]
    other = built("refund_confirmation", row, refund=makers.refund(makers.payment(row)).pk)

    assert first == again == f"<{queued.public_id}@ferries.example>"
    assert other.extra_headers["Message-ID"] != first


@pytest.mark.parametrize(
    ("kind", "state", "holds"),
    [
        ("booking_confirmation", "confirmed", True),
        ("booking_confirmation", "cancelled", False),
        ("cancellation", "cancelled", True),
        ("cancellation", "cancelled_by_operator", True),
        ("payment_success", "cancelled", True),
        ("payment_failed", "payment_pending", True),
        ("payment_failed", "expired", True),
        ("payment_failed", "paid", False),
        ("payment_failed", "confirmed", False),
    ],
)
def test_tells_what_is_still_true(kind: str, state: str, holds: bool) -> None:
    queued = makers.message(kind, makers.booking(state), payment=1, charge=0, refund=0)

    assert messages.is_still_true(messages.load(queued.pk)) is holds


@pytest.mark.parametrize(
    ("state", "holds"), [("succeeded", True), ("pending", True), ("failed", False), ("canceled", False)]
)  # fmt: skip
def test_a_refund_that_failed_is_not_announced(state: str, holds: bool) -> None:
    row = makers.booking("cancelled")
    queued = makers.message(
        "refund_confirmation", row, refund=makers.refund(makers.payment(row), state=state).pk
    )

    assert messages.is_still_true(messages.load(queued.pk)) is holds


def test_building_takes_a_fixed_number_of_queries(django_assert_max_num_queries) -> None:
    queued = makers.message("booking_confirmation", makers.booking(car=True))

    with django_assert_max_num_queries(14):
        messages.build(messages.load(queued.pk), now=clock.now())
