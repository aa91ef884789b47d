"""What the API really answers keeps to the shapes of the OpenAPI document."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from bookings.models import Booking
from bookings.tests.makers import confirmed, held, offer_of
from ferries.models import FareRule, Port
from ferries.tests import makers
from maritime import api_docs
from maritime.lib import clock
from maritime.lib.references import access_token
from payments.models import Refund, Voucher
from payments.tests.makers import succeeded
from tests.api.test_schema import faults

pytestmark = pytest.mark.django_db


class Caller:
    """Calls operations and holds each answer against its shape."""

    def __init__(self, user=None, booking=None):
        self.client = APIClient()
        if user:
            self.client.force_login(user)
        self.headers = {}
        self.reference = ""
        if booking:
            self.reference = booking.reference
            self.headers = {"Authorization": f"Bearer {access_token(booking.public_id)}"}

    def __call__(self, method, template, body=None, *, status=200, query="", **parts):
        address = "/api/v1" + template.format(reference=self.reference, **parts) + query
        answer = getattr(self.client, method)(address, body, format="json", headers=self.headers)
        assert answer.status_code == status, answer.content
        described = api_docs.document()["paths"]["/api/v1" + template][method]["responses"]
        content = described[str(status)].get("content", {None: None})
        kind = answer.get("Content-Type")
        assert kind in content
        if kind != "application/json":
            return answer.content
        value = json.loads(answer.content)
        assert faults(document(), content[kind]["schema"], value) == []
        return value


def document():
    return json.loads(json.dumps(api_docs.document()))


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.PAYMENTS_DEMO = True
    settings.STRIPE_SECRET_KEY = ""
    settings.REFUND_APPROVAL_ABOVE = 5


@pytest.fixture
def sailings():
    first = makers.sailing(persons=10, lane_cm=2000)
    Port.objects.filter(code="AAA").update(unlocode="GBAAA", latitude=50.5, longitude=-1.25)
    later = first.departs_at + timedelta(days=1)
    return first, makers.sailing(departs_at=later, persons=10, lane_cm=2000)


@pytest.fixture
def booking(sailings, now):
    return confirmed(sailings[0], now=now)


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def staff():
    """Return a function that makes a caller with permissions."""

    def make(name, *codenames):
        user = User.objects.create_user(name, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return Caller(user)

    return make


def travellers(**facts):
    return [{"category": "adult", **facts}]


def test_ports_and_sailings(sailings):
    call = Caller()
    day = clock.local(sailings[0].departs_at, "America/Los_Angeles").date()
    query = f"?origin=AAA&destination=BBB&date={day}&adults=2&vehicle=car"

    call("get", "/ports")
    found = call("get", "/ferries/search", query=query)
    both = call("get", "/ferries/search", query=f"{query}&return_date={day}&vehicle_height_cm=400")
    call("get", "/sailings/{public_id}/availability", public_id=sailings[0].public_id)

    assert found["outbound"]["offers"][0]["bookable"]
    assert both["outbound"]["offers"][0]["refusals"]


def test_pages_of_ports(sailings):
    call = Caller()

    first = call("get", "/ports", query="?limit=1")
    last = APIClient().get(first["next"])

    assert [port["code"] for port in first["ports"]] == ["AAA"]
    assert [port["code"] for port in last.json()["ports"]] == ["BBB"]
    assert "next" not in last.json()
    link = APIClient().get("/api/v1/ports?limit=1")["Link"]
    assert link == f'<{first["next"]}>; rel="next"'
    assert "Link" not in last


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "after=ZZZ"])
def test_no_such_page_of_ports(sailings, query):
    answer = APIClient().get(f"/api/v1/ports?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert list(answer.json()["errors"]) == [query.partition("=")[0]]


def test_from_a_quote_to_a_payment(sailings):
    legs = [{"offer": offer_of(sailings[0])}]
    vehicles = [{"kind": "car", "length_cm": 450, "height_cm": 160, "registration": "ABC 123"}]
    contact = {"given_name": "Alice", "surname": "Moreau", "email": "alice@example.org"}
    call = Caller()
    quote = call(
        "post", "/quotes", {"legs": legs, "passengers": travellers(), "vehicles": vehicles}
    )
    names = travellers(given_name="Alice", surname="Moreau")
    call(
        "post",
        "/bookings",
        {
            "quote": quote["token"],
            "legs": legs,
            "passengers": names,
            "vehicles": vehicles,
            "contact": contact,
        },
        status=201,
    )
    call = Caller(booking=Booking.objects.get())

    call("get", "/bookings/{reference}")
    started = call("post", "/bookings/{reference}/payment", status=201)
    again = call("post", "/bookings/{reference}/payment")
    played = call(
        "post",
        "/demo/payments/{payment_intent}/{outcome}",
        {"client_secret": started["client_secret"]},
        payment_intent=started["payment_intent"],
        outcome="close_window",
    )

    assert again == started
    assert played["status"] == "requires_payment_method"


def test_a_voucher(sailings, now):
    booking = held(sailings[0], now=now)
    facts = {"amount": 5000, "currency": "USD", "request_key": "k", "is_demo": True}
    until = now + timedelta(days=365)
    voucher = Voucher.objects.create(booking=booking, expires_at=until, **facts)

    spent = Caller(booking=booking)(
        "post", "/bookings/{reference}/voucher", {"code": voucher.code}, status=201
    )

    assert (spent["amount"], spent["left"]) == (1000, 4000)


def test_documents(booking):
    call = Caller(booking=booking)

    assert call("get", "/bookings/{reference}/tickets.pdf").startswith(b"%PDF")
    assert call("get", "/bookings/{reference}/calendar.ics").startswith(b"BEGIN:VCALENDAR")


def test_changes(booking, sailings):
    call = Caller(booking=booking)
    wish = {"legs": [{"leg": 1, "offer": offer_of(sailings[1])}]}
    quote = call("post", "/bookings/{reference}/amendment-quotes", wish)
    sums = {name: quote[name] for name in ("token", "due", "refund")}

    made = call("post", "/bookings/{reference}/amendments", sums)
    FareRule.objects.filter(code="adult").update(amount=1800)
    back = {"legs": [{"leg": 1, "offer": offer_of(sailings[0])}]}
    quote = call("post", "/bookings/{reference}/amendment-quotes", back)
    sums = {name: quote[name] for name in ("token", "due", "refund")}
    waiting = call("post", "/bookings/{reference}/amendments", sums, status=202)
    call("delete", "/bookings/{reference}/amendments", status=204)

    assert (made["state"], waiting["state"]) == ("applied", "awaiting_payment")


def test_cancels(booking):
    call = Caller(booking=booking)
    quote = call("post", "/bookings/{reference}/cancellation-quote", {"legs": [1], "items": []})

    ended = call(
        "post",
        "/bookings/{reference}/cancel",
        {
            "token": quote["token"],
            "expected_refund": quote["refund"],
            "expected_charge": quote["charge"],
        },
    )

    assert (ended["state"], len(ended["tickets"])) == ("cancelled", 1)


def test_staff_cancel(booking, staff):
    caller = staff("bob", "cancel_booking")
    caller.reference = booking.reference

    ended = caller(
        "post",
        "/admin/bookings/{reference}/cancel",
        {"reason": "storm", "refund": "full", "overrule": "delay"},
    )

    assert ended["state"] == "cancelled"


@pytest.mark.parametrize(("act", "state"), [("approve", "requested"), ("decline", "canceled")])
def test_staff_refund(staff, act, state):
    payment = succeeded()
    bob, eve = staff("bob", "refund_payment"), staff("eve", "approve_refund")
    bob.reference = payment.booking.reference
    body = {"amount": 600, "reason": "kitchen closed", "request_key": "kitchen-1"}
    asked = bob("post", "/admin/bookings/{reference}/refund", body, status=201)

    decided = eve("post", "/admin/refunds/{refund_id}/" + act, refund_id=asked["refunds"][0]["id"])

    assert (asked["state"], decided["state"]) == ("waiting", state)
    assert Refund.objects.get().state == state
