from datetime import timedelta

import pytest

from bookings.models import Booking
from bookings.tests.makers import body, confirmed, held, people, used
from ferries.tests import makers
from maritime.lib import references

pytestmark = pytest.mark.django_db
HOLD = "/api/v1/bookings"
CAR = {"kind": "car", "length_cm": 480, "height_cm": 160, "registration": "ABC 123"}


def at(booking, rest=""):
    return f"/api/v1/bookings/{booking.reference}{rest}"


def bearer(booking):
    return {"Authorization": f"Bearer {references.access_token(booking.public_id)}"}


def test_holds_and_answers_what_is_needed_to_pay(api):
    sailing = makers.sailing()

    answer = api.post(HOLD, body(sailing, vehicles=[CAR]))

    assert answer.status_code == 201
    booking = Booking.objects.get()
    assert answer.json() == {
        "reference": booking.reference,
        "state": "held",
        "expires_at": booking.expires_at.isoformat().replace("+00:00", "Z"),
        "access_token": references.access_token(booking.public_id),
        "price": {
            "amount": 2500,
            "currency": "USD",
            "lines": [
                price_line("p0", "passenger", booking.items.get(item="p0").label, 0, "adult"),
                price_line("v0", "vehicle", "Car and driver", 2500, "car"),
            ],
        },
    }
    assert answer["Cache-Control"] == "no-store"
    assert booking.vehicles.get().registration == "ABC 123"


def price_line(item, kind, label, amount, rule):
    line = {"leg": 1, "item": item, "kind": kind, "label": label, "amount": amount}
    return {**line, "vat": 0, "rule": rule, "cancelled_at": None}


def test_nothing_of_one_request_reaches_the_next(api):
    sailing = makers.sailing()

    wrong = api.post(HOLD, body(sailing, vehicles=[{**CAR, "length_cm": 0}], offer_code="LATE"))
    right = api.post(HOLD, body(sailing))

    assert wrong.json()["errors"] == {
        "vehicles": {"0": {"length_cm": ["Ensure this value is greater than or equal to 1."]}}
    }
    assert right.status_code == 201
    booking = Booking.objects.get()
    assert (booking.offer_code, booking.vehicles.count()) == ("", 0)


def test_help_is_asked_for_and_told(api):
    wish = {"assistance": ["wheelchair"], "assistance_note": "Folds."}

    answer = api.post(HOLD, body(makers.sailing(), **wish))

    booking = Booking.objects.get()
    told = api.get(at(booking), headers=bearer(booking)).json()
    assert answer.status_code == 201
    assert {name: told[name] for name in wish} == wish


def test_help_that_nobody_knows_is_refused(api):
    answer = api.post(HOLD, body(makers.sailing(), assistance=["sedan chair"]))

    assert answer.status_code == 422
    assert "assistance" in answer.json()["errors"]
    assert not Booking.objects.exists()


def test_a_body_of_null_lacks_everything(api):
    answer = api.post(HOLD, "null", content_type="application/json")

    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        name: ["This field is required."] for name in ("legs", "passengers", "contact")
    }


def test_says_why_it_does_not_fit(api):
    answer = api.post(HOLD, body(makers.sailing(persons=0)))

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "not_bookable"
    assert problem["refusals"] == [
        {
            "code": "persons_short",
            "message": "No places are left; your party needs 1.",
            "left": 0,
            "needed": 1,
            "leg": 1,
        }
    ]
    assert Booking.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"legs": []},
        {"legs": "x"},
        {"passengers": []},
        {"passengers": [{"category": "dog", "given_name": "Rex", "surname": "Doe"}]},
        {"passengers": [{"category": "adult", "given_name": "", "surname": "Doe"}]},
        {"passengers": [{"category": "child", "given_name": "Kim", "surname": "Doe"}]},
        {"vehicles": [{"kind": "car", "length_cm": -1, "height_cm": 160}]},
        {"vehicles": [CAR, CAR]},
        {"contact": {"given_name": "Jane", "surname": "Doe", "email": "nobody"}},
        {"contact": None},
    ],
)
def test_refuses_bad_input(api, change):
    answer = api.post(HOLD, body(makers.sailing(), **change))

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert Booking.objects.count() == 0


def test_a_repeated_request_makes_one_booking(api):
    sailing = makers.sailing()
    key = {"Idempotency-Key": "f3a"}

    first = api.post(HOLD, body(sailing), headers=key)
    second = api.post(HOLD, body(sailing), headers=key)
    other = api.post(HOLD, body(sailing, vehicles=[CAR]), headers=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Booking.objects.count() == 1


def test_refuses_a_key_of_excessive_length(api):
    answer = api.post(HOLD, body(makers.sailing()), headers={"Idempotency-Key": "x" * 256})

    assert answer.status_code == 422
    assert Booking.objects.count() == 0


def test_shows_the_booking_to_its_token(api, now):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now, travellers=people(1, 1))

    answer = api.get(at(booking), headers=bearer(booking))

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["state"], shown["paid"], shown["refunded"]) == ("confirmed", 1500, 0)
    assert [(one["item"], one["category"]) for one in shown["passengers"]] == [
        ("p0", "adult"),
        ("p1", "child"),
    ]
    leg = shown["legs"][0]
    assert leg["departs_at"] == sailing.departs_at.isoformat().replace("+00:00", "Z")
    assert leg["departure_local"][-6:] in ("-08:00", "-07:00")
    assert leg["operator_reference"] == f"{booking.reference}-1"
    assert [(ticket["leg"], ticket["item"]) for ticket in shown["tickets"]] == [
        (1, "p0"),
        (1, "p1"),
    ]
    assert answer["Cache-Control"] == "no-store"
    assert "jane@example.com" not in answer.content.decode()


def test_shows_an_expired_hold_as_expired(api, now):
    booking = held(now=now - timedelta(minutes=16))

    answer = api.get(at(booking), {"surname": "Doe"})

    assert answer.json()["state"] == "expired"
    booking.refresh_from_db()
    assert booking.state == "held"


def test_quotes_and_cancels(api, now):
    sailing = makers.sailing()
    booking = confirmed(sailing, now=now)

    quote = api.post(at(booking, "/cancellation-quote"), headers=bearer(booking)).json()
    agreed = {"token": quote["token"], "expected_refund": 1000, "expected_charge": 0}
    answer = api.post(at(booking, "/cancel"), agreed, headers=bearer(booking))

    assert (quote["refund"], quote["charge"], quote["currency"]) == (1000, 0, "USD")
    assert quote["lines"][0]["rule"] == "free"
    assert quote["expires_at"].endswith("Z")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert answer.json()["tickets"][0]["qr"] is None
    assert used(sailing) == 0


def test_an_outdated_quote_comes_back_fresh(api, now):
    booking = confirmed(now=now)

    agreed = {"token": "old", "expected_refund": 1000, "expected_charge": 0}
    answer = api.post(at(booking, "/cancel"), agreed, headers=bearer(booking))

    assert (answer.status_code, answer.json()["code"]) == (409, "quote_outdated")
    token = answer.json()["quote"]["token"]
    again = api.post(at(booking, "/cancel"), {**agreed, "token": token}, headers=bearer(booking))
    assert again.status_code == 200


def test_hands_out_tickets_and_calendar(api, now):
    booking = confirmed(now=now)

    pdf = api.get(at(booking, "/tickets.pdf"), headers=bearer(booking))
    calendar = api.get(at(booking, "/calendar.ics"), headers=bearer(booking))

    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF")
    assert (calendar.status_code, calendar["Content-Type"]) == (200, "text/calendar")
    assert calendar.content.startswith(b"BEGIN:VCALENDAR")
    assert pdf["Cache-Control"] == calendar["Cache-Control"] == "no-store"


def test_there_are_no_tickets_before_confirmation(api, now):
    booking = held(now=now)

    answer = api.get(at(booking, "/tickets.pdf"), headers=bearer(booking))

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_slows_down_who_guesses_names(api, now):
    booking = held(now=now)

    statuses = [api.get(at(booking), {"surname": f"N{n}"}).status_code for n in range(31)]

    assert statuses == [404] * 30 + [429]
