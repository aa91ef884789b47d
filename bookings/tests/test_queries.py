import pytest

from bookings import queries, tickets
from bookings.api.serializers import booking_json
from bookings.errors import BookingNotFound
from bookings.models import Pet, Ticket
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


def test_the_whole_booking_costs_one_query_and_two_for_what_payments_add(
    now, django_assert_num_queries
):
    booking = confirmed(now=now, travellers=people(2, 1), vehicles=[CAR])

    with django_assert_num_queries(3):
        found = queries.booking_for_guest(booking.reference, surname="Doe")
        answer = booking_json(found)

    assert len(answer["tickets"]) == 4


def test_the_whole_booking_is_what_the_models_read(now, pair):
    booking = confirmed(*pair, now=now, travellers=people(2, 1), vehicles=[CAR])
    Pet.objects.create(booking=booking, position=0, place="kennel")

    found = queries.booking_by_public_id(booking.public_id)

    by_models = queries.whole_bookings().get(pk=booking.pk)
    assert columns(found) == columns(by_models)
    for relation in ("legs", "passengers", "vehicles", "pets", "items"):
        mine, theirs = (list(getattr(each, relation).all()) for each in (found, by_models))
        assert mine
        assert [columns(row) for row in mine] == [columns(row) for row in theirs]
        assert all(row.booking is found for row in mine)
    for leg, by_model in zip(found.legs.all(), by_models.legs.all(), strict=True):
        assert columns(leg.operator) == columns(by_model.operator)
        assert list(map(columns, leg.tickets.all())) == list(map(columns, by_model.tickets.all()))
        assert all(ticket.leg is leg for ticket in leg.tickets.all())


def columns(row):
    """Return what the row's columns have, as Python values."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_all_tickets_are_issued_by_one_statement(now, pair, django_assert_num_queries):
    booking = confirmed(*pair, now=now, travellers=people(2, 1), vehicles=[CAR])
    Ticket.objects.all().delete()

    with django_assert_num_queries(1):
        tickets.issue(booking, now=now)

    passengers = booking.passengers.order_by("position").values_list("pk", flat=True)
    holders = [*((pk, None) for pk in passengers), (None, booking.vehicles.get().pk)]
    assert list(
        Ticket.objects.order_by("pk").values_list("leg_id", "passenger_id", "vehicle_id")
    ) == [(leg.pk, *holder) for leg in booking.legs.order_by("position") for holder in holders]
    assert set(Ticket.objects.values_list("issued_at", "voided_at")) == {(now, None)}
