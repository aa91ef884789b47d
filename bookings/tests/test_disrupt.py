"""What bookings hear of another ship."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from bookings.models import Booking, Disruption, JourneyLeg
from bookings.operations import disrupt
from bookings.operations.confirm import mark_paid
from bookings.operations.hold import VehicleInput, hold_booking
from bookings.operations.journey import LegWish
from bookings.tests import makers as bookings
from ferries.models import AccommodationType, CapacityClaim, CapacityPool, DeckArea, Route
from ferries.operations.swap_vessel import apply_swap, plan_swap
from ferries.tests import makers
from maritime.ops.models import Job

pytestmark = pytest.mark.django_db

TALL = VehicleInput("car", 600, 300, registration="TALL 1")


def swap(run, ship, *, now, displace=True):
    run.refresh_from_db()
    plan = plan_swap(run, ship, sizes=disrupt.sizes_of, now=now)
    return apply_swap(plan, displace=displace, sizes=disrupt.sizes_of, actor="staff:7", now=now)


def tell(run, *, now):
    """Run what the job runs."""
    job = Job.objects.filter(task="bookings.record_vessel_change").latest("pk")
    assert job.arguments["sailing_id"] == run.pk
    return disrupt.record_vessel_change(**job.arguments, now=now)


def ship(**values):
    return makers.configuration(makers.operator(), **values)


def test_a_vehicle_without_a_place_opens_a_disruption_of_its_leg(now):
    run = makers.sailing(tall_lane_cm=2000)
    booking = bookings.confirmed(run, now=now, vehicles=[TALL])
    unharmed = bookings.confirmed(run, now=now)

    swap(run, ship(), now=now)

    found = Disruption.objects.get()
    assert (found.leg.booking, found.kind, found.items) == (booking, "vessel_change", ["v0"])
    assert found.reason == "v0: Your vehicle is 3.00 m high; this ship admits up to 2.20 m."
    assert (found.created_at, found.resolved_at) == (now, None)
    states = CapacityClaim.objects.filter(holder=booking.public_id).order_by("item")
    assert list(states.values_list("item", "state")) == [("p0", "confirmed"), ("v0", "displaced")]
    assert not unharmed.legs.get().disruptions.exists()


def test_every_booking_of_the_sailing_is_told_once(now):
    run = makers.sailing(tall_lane_cm=2000)
    booking = bookings.confirmed(run, now=now, vehicles=[TALL])
    other = bookings.confirmed(run, now=now)
    new = ship()
    swap(run, new, now=now)

    assert tell(run, now=now) == 2
    assert tell(run, now=now) == 0

    assert set(JourneyLeg.objects.values_list("vessel", flat=True)) == {new.vessel.name}
    event = booking.events.get(name="vessel_changed")
    assert event.reason == f"{run.service_date} v2: {new}; no place for v0"
    assert (event.from_state, event.to_state, event.actor) == ("confirmed", "confirmed", "staff:7")
    assert other.events.get(name="vessel_changed").reason == f"{run.service_date} v2: {new}"


def test_an_older_change_has_nothing_to_say_after_a_later_one(now):
    run = makers.sailing()
    bookings.confirmed(run, now=now)
    swap(run, ship(), now=now)
    swap(run, ship(), now=now)

    told = disrupt.record_vessel_change(run.pk, version=2, actor="staff:7", now=now)

    assert told == 0
    assert tell(run, now=now) == 1


def test_ended_bookings_are_left_as_they_are(now):
    run = makers.sailing()
    booking = bookings.held(run, now=now)
    before = booking.legs.get().vessel
    Booking.objects.update(state="expired")
    swap(run, ship(), now=now)

    assert tell(run, now=now) == 0

    assert booking.legs.get().vessel == before


def test_the_leg_shows_the_cabin_that_the_party_gets(now):
    run = makers.sailing()
    new = ship()
    for fitting, code in ((run.configuration, "inside"), (new, "window")):
        AccommodationType.objects.create(
            configuration=fitting, code=code, name=code.title(), kind="cabin", units=3,
            max_occupancy=4,
        )  # fmt: skip
    CapacityPool.objects.create(
        sailing=run, sector=0, resource="acc:inside", physical=3, authorised=3
    )
    Route.objects.get().tariffs.get().rules.create(
        code="inside", kind="accommodation", category="inside", label="Inside", amount=5000
    )
    wish = LegWish(bookings.offer_of(run), accommodation=("inside", "inside"))
    request = bookings.request(run, travellers=bookings.people(adults=2))
    booking = hold_booking(
        type(request)(
            legs=(wish,), travellers=request.travellers, vehicles=(), contact=request.contact
        ),
        now=now,
    )
    swap(run, new, now=now)

    tell(run, now=now)

    assert booking.legs.get().accommodation == ["window", "window"]
    event = booking.events.get(name="vessel_changed")
    assert "inside becomes window; inside becomes window" in event.reason


def test_money_for_a_held_booking_that_lost_its_space_is_not_taken(now):
    run = makers.sailing(tall_lane_cm=2000)
    booking = bookings.held(run, now=now, vehicles=[TALL])
    swap(run, ship(), now=now)

    outcome = mark_paid(booking.pk, amount=booking.total, now=now)

    booking.refresh_from_db()
    assert (outcome, booking.state, booking.paid) == ("no_space", "expired", 0)


def test_the_dry_run_of_the_command_shows_who_and_why(now, capsys):
    run = makers.sailing(lane_cm=900, tall_lane_cm=2000)
    tall = bookings.confirmed(run, now=now, vehicles=[TALL])
    low = bookings.confirmed(run, now=now, vehicles=[bookings.CAR])
    new = ship(lane_cm=0)
    new.deck_areas.create(code="main", name="main deck", lane_cm=5000, clear_height_cm=250)

    call_command("swap_vessel", run.public_id.hex, str(new.pk), "--dry-run")

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "BOOKING ITEM STATE FITS WHERE, OR WHY NOT",
        f"{tall.reference} v0 confirmed NO Your vehicle is 3.00 m high; "
        "this ship admits up to 2.50 m.",
        f"{low.reference} v0 confirmed yes low to main",
        "3 items fit, 1 of them elsewhere than before; 1 do not fit.",
        "Dry run: nothing was written.",
    ]
    assert not Disruption.objects.exists()


def test_the_command_displaces_only_when_told_to(now, capsys):
    run = makers.sailing(tall_lane_cm=2000)
    bookings.confirmed(run, now=now, vehicles=[TALL])
    new = ship()

    with pytest.raises(CommandError, match="1 items of 1 bookings do not fit on this ship"):
        call_command("swap_vessel", str(run.pk), str(new.pk))
    untouched = Disruption.objects.count()
    call_command("swap_vessel", str(run.pk), str(new.pk), "--displace")

    run.refresh_from_db()
    assert (untouched, Disruption.objects.count()) == (0, 1)
    assert run.configuration == new
    assert f"{run} now sails with {new}." in capsys.readouterr().out


def test_the_command_knows_no_such_ship():
    run = makers.sailing()

    with pytest.raises(CommandError, match="There is no configuration 999999"):
        call_command("swap_vessel", str(run.pk), "999999")


def wait_for_a_blocked_session():
    """Return once somebody waits for a lock of this database; fail after ten seconds."""
    blocked = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
    )
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(blocked)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    pytest.fail("nobody waits")


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_meets_a_change_of_ship_plans_by_the_new_ships_limits(now):
    run = makers.sailing(tall_lane_cm=2000)
    new = ship(tall_lane_cm=2000)
    # The deck of the same name admits 2.20 m on the old ship and 1.50 m on the new one.
    DeckArea.objects.filter(configuration=new, code="low").update(clear_height_cm=150)
    swapped = threading.Event()

    def hold():
        try:
            swapped.wait(10)
            # Reads the old ship, for the change is not committed, and then waits for its pools.
            return hold_booking(bookings.request(run, vehicles=[bookings.CAR]), now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held = pool.submit(hold)
            swap(run, new, now=now)
            swapped.set()
            wait_for_a_blocked_session()
        booking = held.result(timeout=20)

    claims = CapacityClaim.objects.filter(holder=booking.public_id, item="v0")
    assert [claim.pool.resource for claim in claims] == ["deck:tall"]
    assert call_command("audit_capacity") is None
