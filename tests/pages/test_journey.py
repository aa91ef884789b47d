"""One traveller's whole journey over the pages, with Django's test client."""

import re

from django.core import mail
from django.urls import reverse

from bookings.models import Booking
from ferries.models import CapacityPool


def used(sailing):
    return sorted(CapacityPool.objects.filter(sailing=sailing).values_list("resource", "used"))


def test_a_traveller_books_pays_finds_and_cancels(crossing, client, pages, run_jobs):
    assert "Aaa" in client.get("/").text
    pay_address = pages.hold(crossing)
    assert "Pay USD 10.00 now" in client.get(pay_address).text
    assert used(crossing) == [("deck:low", 0), ("persons", 1)]

    assert pages.pay(pay_address).url == f"{pay_address}return/"
    booking_address = client.get(f"{pay_address}return/").url
    run_jobs()
    confirmed = client.get(booking_address).text
    assert "Your booking is confirmed" in confirmed
    assert confirmed.count("<svg") == 1
    assert mail.outbox

    booking = Booking.objects.get()
    found = client.post(
        reverse("find_booking"), {"reference": booking.reference.lower(), "surname": "MOREAU"}
    )
    assert found.url == booking_address
    assert client.get(f"{booking_address}tickets.pdf").content[:5] == b"%PDF-"
    assert b"BEGIN:VCALENDAR" in client.get(f"{booking_address}calendar.ics").content

    cancel_page = client.get(f"{booking_address}cancel/").text
    assert "Cancel the booking and get USD 10.00 back" in cancel_page
    agreed = dict(re.findall(r'name="(quote|refund|charge)" value="([^"]+)"', cancel_page))
    assert client.post(f"{booking_address}cancel/", agreed).url == booking_address
    run_jobs()
    cancelled = client.get(booking_address).text
    assert "This booking is cancelled" in cancelled
    assert "USD 10.00 sent back" in cancelled
    assert "<svg" not in cancelled
    assert used(crossing) == [("deck:low", 0), ("persons", 0)]


def test_a_return_journey_with_a_car_is_one_booking(crossing, way_back, client, pages):
    day = (way_back.departs_at).date().isoformat()
    car = {"vehicle": "car", "vehicle_length_cm": 480, "vehicle_height_cm": 180}
    results = pages.search(crossing, return_date=day, **car).text
    chosen = {
        name: re.search(rf'name="{name}" value="([^"]+)"', results)[1]
        for name in ("outbound", "inbound")
    }
    address = f"{reverse('checkout')}?" + "&".join(
        f"{name}={value}" for name, value in {**chosen, "adults": 1, **car}.items()
    )

    answer = client.post(address, pages.names(address, registration="ab 123"))

    assert answer.status_code == 302
    booking = Booking.objects.get()
    assert booking.total == 2 * 2500
    assert booking.vehicles.get().registration == "AB 123"
    assert [used(crossing), used(way_back)] == [[("deck:low", 530), ("persons", 1)]] * 2
    assert "Pay USD 50.00 now" in client.get(answer.url).text


def test_a_double_click_makes_one_booking(crossing, client, pages):
    address = pages.checkout_address(crossing)
    typed = pages.names(address)

    answers = [client.post(address, typed) for _ in range(2)]

    assert answers[0].url == answers[1].url
    assert Booking.objects.count() == 1
    assert used(crossing) == [("deck:low", 0), ("persons", 1)]


def test_a_corrected_name_is_a_new_request(crossing, client, pages):
    address = pages.checkout_address(crossing)
    typed = pages.names(address)
    client.post(address, typed)

    answer = client.post(address, {**typed, "p0_given_name": "Alicia"})

    assert answer.status_code == 302
    assert Booking.objects.count() == 2


def test_a_free_crossing_needs_no_payment(crossing, client, pages, run_jobs):
    crossing.legs.get().origin.routes_from.get().tariffs.get().rules.update(amount=0)
    pay_address = pages.hold(crossing)
    assert "Nothing to pay" in client.get(pay_address).text

    booking_address = client.post(pay_address).url
    run_jobs()

    assert "Your booking is confirmed" in client.get(booking_address).text
    assert Booking.objects.get().paid == 0
