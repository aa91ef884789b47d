"""The page on which staff count the persons of a sailing and take their list."""

import csv
import io
from dataclasses import replace

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from bookings.models import Booking
from bookings.operations.hold import hold_booking
from bookings.operations.journey import LegWish
from bookings.tests import makers as bookings
from bookings.tests.listing import listed, listed_sailing
from ferries.tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, django_user_model):
    """Return a maker of signed-in staff with these permissions."""

    def make(*codenames):
        person = django_user_model.objects.create_user("ann", is_staff=True)
        person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(person)
        return client

    return make


def page_of(run):
    return reverse("admin:bookings_persons_list", args=[run.pk])


def table(answer):
    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_list_has_all_persons_infants_too_and_who_took_it_is_noted(staff, now):
    run = listed_sailing()
    first = bookings.confirmed(run, now=now, travellers=listed(1, 1, 1))
    Booking.objects.filter(pk=first.pk).update(assistance=["sight"], assistance_note="A guide.")
    bookings.confirmed(run, now=now, travellers=listed(1, nationality="GR"))
    held = bookings.held(run, now=now, travellers=listed(1))

    answer = staff("view_persons_list").post(page_of(run))

    rows = table(answer)
    assert len(rows) == 4
    assert held.reference not in answer.text
    assert [row["age group"] for row in rows].count("infant") == 1
    assert {row["nationality"] for row in rows} == {"NO", "GR"}
    assert (rows[0]["family name"], rows[0]["date of birth"]) == ("Doe", "1990-05-17")
    assert "no-store" in answer["Cache-Control"]
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id) == ("ann", str(run.pk))
    assert "4 persons" in entry.get_change_message()
    assert [row["special care of the party"] for row in rows].count("sight; A guide.") == 3


def test_the_page_counts_and_tells_what_is_missing(staff, now):
    run = makers.sailing()
    bookings.confirmed(run, now=now, travellers=bookings.people(2, 0, 1))
    ann = staff("view_persons_list")
    assert "No route of this sailing asks" in ann.get(page_of(run)).text

    run.operator.routes.update(persons_list=True)
    text = ann.get(page_of(run)).text

    assert "3 persons are booked on it, infants included" in text
    assert "Of 3 persons something is missing" in text
    assert "style=" not in text
    assert not LogEntry.objects.exists()


def test_each_hop_counts_who_is_on_board_between_its_ports(staff, now):
    ports = [makers.port(code) for code in ("AAA", "BBB", "CCC")]
    run = listed_sailing(*ports)
    request = bookings.request(run, travellers=listed(2))
    for start, end in ((0, 2), (1, 2)):
        leg = LegWish(bookings.offer_of(run, start, end))
        bookings.pay(hold_booking(replace(request, legs=(leg,)), now=now), now=now)

    hops = staff("view_persons_list").get(page_of(run)).context["found"].hops

    assert [(hop.origin, hop.destination, hop.persons) for hop in hops] == [
        ("Aaa", "Bbb", 2),
        ("Bbb", "Ccc", 4),
    ]


def test_who_was_cancelled_is_not_on_the_list(staff, now):
    run = listed_sailing()
    booking = bookings.confirmed(run, now=now, travellers=listed(2))
    booking.items.filter(item="p1").update(cancelled_at=now)

    assert len(table(staff("view_persons_list").post(page_of(run)))) == 1


def test_a_name_is_no_formula(staff, now):
    run = listed_sailing()
    booking = bookings.confirmed(run, now=now, travellers=listed(1))
    booking.passengers.update(surname="=HYPERLINK(1)")

    assert (
        table(staff("view_persons_list").post(page_of(run)))[0]["family name"] == "'=HYPERLINK(1)"
    )


def test_without_the_permission_there_is_neither_list_nor_link(staff, now):
    run = listed_sailing()
    others = staff("view_sailing", "change_sailing", "view_booking", "view_passenger")

    assert others.get(page_of(run)).status_code == 403
    assert others.post(page_of(run)).status_code == 403
    change = reverse("admin:ferries_sailing_change", args=[run.pk])
    assert page_of(run) not in others.get(change).text


def test_the_sailing_links_to_it(staff, now):
    run = listed_sailing()
    change = reverse("admin:ferries_sailing_change", args=[run.pk])

    assert page_of(run) in staff("view_sailing", "view_persons_list").get(change).text
