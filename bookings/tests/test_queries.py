import pytest

from bookings import queries
from bookings.api.serializers import booking_json
from bookings.errors import BookingNotFound
from bookings.tests.makers import CAR, confirmed, held, people
from maritime.lib import references

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("surname", ["Żółć", "ŻÓŁĆ", "  żółć ", "Z\u0307o\u0301\u0142c\u0301"])
def test_finds_by_surname_whatever_its_spelling(now, surname):
    booking = held(now=now, surname="Żółć")

    assert queries.booking_for_guest(booking.reference, surname=surname) == booking


def test_finds_by_email_and_by_token(now):
    booking = held(now=now)
    token = references.access_token(booking.public_id)

    assert queries.booking_for_guest(booking.reference, email="JANE@example.com") == booking
    assert queries.booking_for_guest(booking.reference, token=token) == booking


def test_takes_the_reference_as_people_type_it(now):
    booking = held(now=now)
    typed = f" {booking.reference[:4].lower()}-{booking.reference[4:]} "

    assert queries.booking_for_guest(typed, surname="doe") == booking


def test_gives_one_answer_to_everything_wrong(now):
    booking, other = held(now=now), held(now=now)
    wrong = (
        {},
        {"surname": ""},
        {"surname": " "},
        {"surname": "Smith"},
        {"email": "john@example.com"},
        {"token": references.access_token(other.public_id)},
        {"token": "nonsense"},
    )

    for proof in wrong:
        with pytest.raises(BookingNotFound):
            queries.booking_for_guest(booking.reference, **proof)
    for reference in ("", "NOTHING", references.new_reference()):
        with pytest.raises(BookingNotFound):
            queries.booking_for_guest(reference, surname="Doe")
    with pytest.raises(BookingNotFound):
        queries.booking_by_public_id(None)


def test_the_whole_booking_costs_eight_queries(now, django_assert_num_queries):
    booking = confirmed(now=now, travellers=people(2, 1), vehicles=[CAR])

    with django_assert_num_queries(8):
        found = queries.booking_for_guest(booking.reference, surname="Doe")
        answer = booking_json(found)

    assert len(answer["tickets"]) == 4
