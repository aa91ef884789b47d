"""The page on which staff swap a ship, and the list of what that leaves to be settled."""

import pytest
from django.urls import reverse

from bookings.models import Disruption
from bookings.operations.hold import VehicleInput
from bookings.tests import makers as bookings
from ferries.tests import makers

pytestmark = pytest.mark.django_db

TALL = VehicleInput("car", 600, 300, registration="TALL 1")


@pytest.fixture
def bob(client, django_user_model):
    """Bob is on the staff."""
    bob = django_user_model.objects.create_superuser("bob", "bob@maritime.example", "secret")
    client.force_login(bob)
    return client


def page_of(run):
    return reverse("admin:bookings_swap_vessel", args=[run.pk])


def low_ship():
    return makers.configuration(makers.operator())


def test_the_dry_run_comes_first_and_the_confirmation_swaps(bob, now):
    run = makers.sailing(tall_lane_cm=2000)
    booking = bookings.confirmed(run, now=now, vehicles=[TALL])
    new = low_ship()

    empty = bob.get(page_of(run))
    shown = bob.get(page_of(run), {"configuration": new.pk})
    plan = shown.context["plan"]
    done = bob.post(
        page_of(run),
        {"configuration": new.pk, "fingerprint": plan.fingerprint, "displace": "on"},
    )

    assert empty.context["plan"] is None
    text = shown.content.decode()
    assert booking.reference in text
    assert "Your vehicle is 3.00 m high; this ship admits up to 2.20 m." in text
    assert "style=" not in text
    assert done.status_code == 302
    run.refresh_from_db()
    assert (run.configuration, run.version) == (new, 2)


def test_nobody_is_displaced_without_the_tick(bob, now):
    run = makers.sailing(tall_lane_cm=2000)
    bookings.confirmed(run, now=now, vehicles=[TALL])
    new = low_ship()
    plan = bob.get(page_of(run), {"configuration": new.pk}).context["plan"]

    answer = bob.post(page_of(run), {"configuration": new.pk, "fingerprint": plan.fingerprint})

    assert "1 items of 1 bookings do not fit on this ship." in answer.content.decode()
    run.refresh_from_db()
    assert run.version == 1


def test_what_was_shown_must_still_be_true(bob, now):
    run = makers.sailing(tall_lane_cm=2000)
    new = low_ship()
    plan = bob.get(page_of(run), {"configuration": new.pk}).context["plan"]
    late = bookings.held(run, now=now, vehicles=[TALL])

    answer = bob.post(
        page_of(run),
        {"configuration": new.pk, "fingerprint": plan.fingerprint, "displace": "on"},
    )

    text = answer.content.decode()
    assert "Sales have gone on since the dry run" in text
    assert late.reference in text
    run.refresh_from_db()
    assert run.version == 1


def test_strangers_and_staff_without_the_right_are_kept_out(client, django_user_model):
    run = makers.sailing()
    stranger = client.get(page_of(run))
    clerk = django_user_model.objects.create_user("carol", password="secret", is_staff=True)
    client.force_login(clerk)

    assert stranger.status_code == 302
    assert client.get(page_of(run)).status_code == 403


def test_a_sailing_that_is_gone_is_not_found(bob):
    assert bob.get(reverse("admin:bookings_swap_vessel", args=[999_999])).status_code == 404


def test_disruptions_are_listed_and_settled(bob, now):
    run = makers.sailing(tall_lane_cm=2000)
    booking = bookings.confirmed(run, now=now, vehicles=[TALL])
    leg = booking.legs.get()
    found = Disruption.objects.create(
        leg=leg, kind="vessel_change", items=["v0"], reason="v0: too high", created_at=now
    )
    listing = reverse("admin:bookings_disruption_changelist")

    shown = bob.get(listing).content.decode()
    page = bob.get(reverse("admin:bookings_disruption_change", args=[found.pk]))
    bob.post(listing, {"action": "settle", "_selected_action": [found.pk]})

    assert booking.reference in shown
    assert "v0: too high" in shown
    assert page.status_code == 200
    found.refresh_from_db()
    assert found.resolved_at is not None
