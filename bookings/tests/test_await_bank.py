"""While a bank works on a payment the places are kept longer, once, and never into check-in."""

from datetime import timedelta

import pytest
from django.db import transaction

from bookings.models import Amendment, Booking, JourneyLeg
from bookings.operations.await_bank import await_bank, bank_refused, hold_limit
from bookings.operations.cancel import cancel_in_full
from bookings.operations.confirm import begin_payment
from bookings.operations.expire import expire_holds
from bookings.tests.amending import amended, moved_to
from bookings.tests.makers import confirmed, events, held, used
from ferries.models import CapacityClaim, FareRule
from ferries.tests import makers as ferries
from maritime.lib import clock

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BANK = 72 * HOUR
RETRY = 15 * MINUTE


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def sailing(now):
    """A sailing in ten days, whose check-in closes 30 minutes before."""
    return ferries.sailing(departs_at=now + 10 * DAY)


@pytest.fixture
def booking(sailing, now):
    booking = held(sailing, now=now)
    JourneyLeg.objects.update(check_in_minutes=30)
    return begin_payment(booking.pk, now=now)


def ask(booking, *, now, hold=BANK):
    with transaction.atomic():
        return await_bank(booking.pk, hold=hold, now=now)


def refuse(booking, *, now):
    with transaction.atomic():
        bank_refused(booking.pk, hold=RETRY, now=now)


def ends(booking):
    """Return when the hold ends, by the booking and by its claims."""
    (claims,) = set(
        CapacityClaim.objects.filter(holder=booking.public_id).values_list("expires_at", flat=True)
    )
    return Booking.objects.get(pk=booking.pk).expires_at, claims


def test_keeps_the_places_for_the_bank(booking, now):
    assert ask(booking, now=now) is True

    assert ends(booking) == (now + BANK, now + BANK)
    assert events(booking)[-1] == ("payment_pending", "payment_pending", "system")
    assert expire_holds(now=now + 71 * HOUR) == 0
    assert expire_holds(now=now + 73 * HOUR) == 1


def test_keeps_them_once(booking, now):
    ask(booking, now=now)

    assert ask(booking, now=now + HOUR) is False

    assert ends(booking) == (now + BANK, now + BANK)


def test_never_beyond_the_close_of_check_in(booking, sailing, now):
    JourneyLeg.objects.update(departs_at=now + 10 * HOUR)

    assert ask(booking, now=now) is True

    limit = now + 10 * HOUR - 30 * MINUTE
    assert hold_limit(booking) == limit
    assert ends(booking) == (limit, limit)


def test_departure_is_the_limit_where_there_is_no_check_in(booking, now):
    JourneyLeg.objects.update(departs_at=now + 10 * HOUR, check_in_minutes=0)

    ask(booking, now=now)

    assert ends(booking)[0] == now + 10 * HOUR


def test_never_makes_a_hold_shorter(booking, now):
    before = ends(booking)

    assert ask(booking, now=now, hold=MINUTE) is False

    assert ends(booking) == before


def test_a_no_of_the_bank_leaves_time_for_another_try(booking, now):
    ask(booking, now=now)

    refuse(booking, now=now + HOUR)

    assert ends(booking) == (now + HOUR + RETRY, now + HOUR + RETRY)
    assert Booking.objects.get().state == "payment_pending"


def test_after_a_no_the_bank_is_not_waited_for_again(booking, now):
    ask(booking, now=now)
    refuse(booking, now=now + HOUR)

    assert ask(booking, now=now + HOUR) is False


def test_a_no_never_makes_a_hold_longer(booking, now):
    before = ends(booking)
    refuse(booking, now=now)
    assert ends(booking) == before

    JourneyLeg.objects.update(departs_at=now + HOUR)
    ask(booking, now=now)
    refuse(booking, now=now + 20 * MINUTE)
    assert ends(booking)[0] == now + 30 * MINUTE


def test_a_hold_that_is_over_stays_over(booking, sailing, now):
    assert ask(booking, now=now + HOUR) is False
    assert ends(booking) == (now + RETRY, now + RETRY)

    expire_holds(now=now + HOUR)
    assert ask(booking, now=now + HOUR) is False
    assert used(sailing) == 0


def test_cancelled_and_unstarted_bookings_are_left_alone(booking, now):
    other = held(now=now)
    assert ask(other, now=now) is False

    cancel_in_full(booking.pk, actor="staff:1", reason="storm", now=now)
    assert ask(booking, now=now) is False
    refuse(booking, now=now)


def test_beginning_to_pay_never_holds_into_check_in(now):
    booking = held(now=now)
    JourneyLeg.objects.update(departs_at=now + 50 * MINUTE, check_in_minutes=30)

    begin_payment(booking.pk, now=now + 10 * MINUTE)

    assert ends(booking) == (now + 20 * MINUTE, now + 20 * MINUTE)


def test_an_outstanding_change_is_kept_for_the_bank_too(sailing, now):
    booking = confirmed(sailing, now=now)
    FareRule.objects.filter(code="adult").update(amount=1500)
    later = ferries.sailing(departs_at=now + 12 * DAY)
    amendment = amended(booking, moved_to(later), now=now)
    claims = CapacityClaim.objects.filter(holder=amendment.holder)

    assert ask(booking, now=now) is True
    assert ask(booking, now=now + HOUR) is False

    assert Amendment.objects.get().expires_at == now + BANK
    assert {claim.expires_at for claim in claims.all()} == {now + BANK}
    refuse(booking, now=now + HOUR)
    assert Amendment.objects.get().expires_at == now + HOUR + RETRY
    assert {claim.expires_at for claim in claims.all()} == {now + HOUR + RETRY}
