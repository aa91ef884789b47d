"""One traveller's whole journey over HTTP, with web server, worker and SMTP server as processes."""

import io

import pypdf
import pypdfium2
import pytest
import zxingcpp

from bookings import tickets
from bookings.errors import TicketInvalid
from ferries.tests import makers
from tests.journeys.platform import wait_until

pytestmark = pytest.mark.journey

FAMILY = {
    "passengers": [
        {"category": "adult", "given_name": "Zoë", "surname": "Αλεξίου"},
        {"category": "child", "given_name": "Łukasz", "surname": "Αλεξίου", "age": 9},
    ],
    "vehicles": [{"kind": "car", "length_cm": 450, "height_cm": 150, "registration": "ABC 123"}],
    "contact": {"given_name": "Zoë", "surname": "Αλεξίου", "email": "zoe@example.org"},
}


def search(platform, sailing, **extra):
    params = {
        "origin": "AAA", "destination": "BBB", "adults": 1, "children": 1,
        "date": makers.local_date(sailing), "vehicle": "car",
        "vehicle_length_cm": 450, "vehicle_height_cm": 150, **extra,
    }  # fmt: skip
    answer = platform.http.get("/api/v1/ferries/search", params=params)
    assert answer.status_code == 200, answer.text
    (offer,) = answer.json()["outbound"]["offers"]
    return answer.headers["X-Cache"], offer


def booking_of(platform, held):
    answer = platform.http.get(
        f"/api/v1/bookings/{held['reference']}",
        headers={"Authorization": f"Bearer {held['access_token']}"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def hold(platform, offer, key="first"):
    answer = platform.http.post(
        "/api/v1/bookings",
        json={"legs": [{"offer": offer["id"]}], **FAMILY},
        headers={"Idempotency-Key": key},
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def pay(platform, held, outcome="succeed"):
    headers = {"Authorization": f"Bearer {held['access_token']}"}
    started = platform.http.post(f"/api/v1/bookings/{held['reference']}/payment", headers=headers)
    assert started.status_code in (200, 201), started.text
    intent = started.json()
    played = platform.http.post(
        f"/api/v1/demo/payments/{intent['payment_intent']}/{outcome}",
        json={"client_secret": intent["client_secret"]},
    )
    assert played.status_code in (200, 201, 202), played.text
    return intent


def reaches(platform, held, **expected):
    def matches():
        booking = booking_of(platform, held)
        return booking if expected.items() <= booking.items() else None

    return wait_until(matches, seconds=30, what=f"booking with {expected}")


def qr_texts(pdf: bytes):
    texts = []
    for page in pypdfium2.PdfDocument(pdf):
        texts += [code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())]
    return texts


def test_a_family_with_a_car_books_pays_travels_not_and_gets_its_money_back(platform):
    sailing = makers.sailing(persons=10, lane_cm=1000)

    first, offer = search(platform, sailing)
    second, again = search(platform, sailing)
    assert (first, second) == ("MISS", "HIT")
    assert offer == again
    assert offer["bookable"] is True
    assert offer["left"]["persons"] == 10
    # Adult travels with the vehicle fare (25.00), child 5.00.
    assert offer["price"]["amount"] == 3000

    held = hold(platform, offer)
    assert held["state"] == "held"
    assert hold(platform, offer)["reference"] == held["reference"]
    third, offer = search(platform, sailing)
    assert third == "MISS"
    assert offer["left"]["persons"] == 8

    intent = pay(platform, held)
    assert (intent["amount"], intent["currency"]) == (3000, "USD")
    booking = reaches(platform, held, state="confirmed", paid=3000, refunded=0)
    assert len(booking["tickets"]) == 3

    confirmation = wait_until(
        lambda: next((m for m in platform.mailbox.messages if any(m.iter_attachments())), None),
        what="confirmation mail with attachments",
    )
    files = {part.get_content_type(): part for part in confirmation.iter_attachments()}
    assert set(files) == {"application/pdf", "text/calendar"}
    pdf = files["application/pdf"].get_content()
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert held["reference"] in text
    assert "Αλεξίου" in text
    codes = qr_texts(pdf)
    assert len(codes) == 3
    assert len({tickets.verify(code) for code in codes}) == 3
    with pytest.raises(TicketInvalid):
        tickets.verify(codes[0][:-4] + "AAAA")

    headers = {"Authorization": f"Bearer {held['access_token']}"}
    path = f"/api/v1/bookings/{held['reference']}"
    quote = platform.http.post(f"{path}/cancellation-quote", headers=headers).json()
    assert (quote["refund"], quote["charge"]) == (3000, 0)
    agreed = {"token": quote["token"], "expected_refund": 3000, "expected_charge": 0}
    cancelled = platform.http.post(f"{path}/cancel", headers=headers, json=agreed)
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json()["state"] == "cancelled"
    fourth, offer = search(platform, sailing)
    assert (fourth, offer["left"]["persons"]) == ("MISS", 10)

    reaches(platform, held, state="cancelled", paid=3000, refunded=3000)
    wait_until(lambda: len(platform.mailbox.messages) >= 4, what="four mails")
    assert len(platform.mailbox.messages) == 4
    assert {message["To"] for message in platform.mailbox.messages} == {"zoe@example.org"}


def test_a_declined_card_keeps_the_hold_and_the_next_try_succeeds(platform):
    sailing = makers.sailing(persons=10, lane_cm=1000)
    _, offer = search(platform, sailing)
    held = hold(platform, offer)

    pay(platform, held, "decline")
    wait_until(lambda: len(platform.mailbox.messages) == 1, what="payment failed mail")
    assert booking_of(platform, held)["state"] == "payment_pending"
    pay(platform, held, "succeed")

    booking = reaches(platform, held, state="confirmed", paid=3000)
    assert booking["refunded"] == 0
