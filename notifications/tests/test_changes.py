"""Mails about what is going to sail: new times, another ship, and the reminder a day before."""

from datetime import timedelta

import pytest
from django.utils import translation

from bookings.models import BookingEvent
from bookings.operations import reschedule
from bookings.signals import crossing_changed
from ferries.models import Leg
from ferries.tests import makers as ferries_makers
from maritime.lib import clock
from maritime.ops.models import Job
from notifications import messages, reminders
from notifications.models import Message
from notifications.tests import makers

pytestmark = pytest.mark.django_db

Kind = Message.Kind


def sent_with(row, *, days: int = 0, hours: int = 0):
    """Let a booking be three days old and its crossing depart so much later than now."""
    row.created_at = clock.now() - timedelta(days=3)
    row.save(update_fields=["created_at"])
    departs_at = clock.now() + timedelta(days=days, hours=hours)
    row.legs.update(departs_at=departs_at, arrives_at=departs_at + timedelta(hours=1))
    return row


def built(kind: str):
    return messages.build(messages.load(Message.objects.get(kind=kind).pk), now=clock.now())


def test_a_crossing_within_a_day_is_announced_once_with_its_tickets() -> None:
    row = sent_with(makers.booking(), hours=23)

    queued = reminders.remind_of_departures(now=clock.now())
    again = reminders.remind_of_departures(now=clock.now())

    assert (queued, again) == (1, 0)
    assert Job.objects.get(task="notifications.send_departure_reminder_email")
    mail = built(Kind.DEPARTURE_REMINDER)
    assert f"You sail soon: Seattle to Bainbridge Island ({row.reference})" in mail.subject
    assert [each[0] for each in mail.attachments] == [
        f"tickets-{row.reference}.pdf",
        f"crossings-{row.reference}.ics",
    ]


@pytest.mark.parametrize(
    ("state", "hours", "age_days"),
    [("confirmed", 25, 3), ("confirmed", -1, 3), ("cancelled", 23, 3), ("confirmed", 23, 0)],
    ids=["later than a day", "has departed", "cancelled", "booked a moment ago"],
)
def test_others_are_not_reminded(state: str, hours: int, age_days: int) -> None:
    row = sent_with(makers.booking(state), hours=hours)
    row.created_at = clock.now() - timedelta(days=age_days)
    row.save(update_fields=["created_at"])

    assert reminders.remind_of_departures(now=clock.now()) == 0


def test_a_reminder_of_what_has_departed_is_withdrawn() -> None:
    row = sent_with(makers.booking(), hours=23)
    reminders.remind_of_departures(now=clock.now())
    sent_with(row, hours=-1)

    assert not messages.is_still_true(messages.load(Message.objects.get().pk))


def test_new_times_reach_leg_event_and_mail_once() -> None:
    run = ferries_makers.sailing()
    row = makers.booking()
    way = Leg.objects.get(sailing=run)
    before = way.departs_at - timedelta(hours=2)
    row.legs.update(
        sailing=run, offer_id=f"x~y~{way.from_sequence}-{way.to_sequence}", departs_at=before
    )

    told = reschedule.record_new_times(run.pk, now=clock.now())
    again = reschedule.record_new_times(run.pk, now=clock.now())

    assert (told, again) == (1, 0)
    leg = row.legs.get()
    assert (leg.departs_at, leg.arrives_at) == (way.departs_at, way.arrives_at)
    assert BookingEvent.objects.get(booking=row, name="times_changed").actor == "timetable"
    text = str(built(Kind.SAILING_CHANGE).body)
    assert "no longer on" in text
    assert "new tickets are attached" in " ".join(text.split())


def test_another_ship_is_named_with_the_one_before() -> None:
    row = makers.booking()
    leg = row.legs.get()
    event = BookingEvent.objects.create(booking=row, name="x", actor="staff:1", at=clock.now())

    crossing_changed.send(
        sender=type(row),
        booking=row,
        event=event,
        changes=[{"leg": leg.pk, "what": "vessel", "before": "Tacoma"}],
    )

    assert "the ship is now Wenatchee, no longer Tacoma." in " ".join(
        str(built(Kind.SAILING_CHANGE).body).split()
    )


def test_a_hold_without_tickets_gets_no_mail_about_a_change() -> None:
    row = makers.booking("held")
    event = BookingEvent.objects.create(booking=row, name="x", actor="staff:1", at=clock.now())

    crossing_changed.send(sender=type(row), booking=row, event=event, changes=[])

    assert not Message.objects.exists()


def test_a_mail_is_written_in_the_language_of_its_booking() -> None:
    row = makers.booking("cancelled", contact_language="de")
    makers.message("cancellation", row, charge=553, refund=123_456)

    with translation.override("fr"):
        mail = built("cancellation")

    assert mail.extra_headers["Content-Language"] == "de"
    html = str(mail.alternatives[0][0])
    assert '<html lang="de"' in html
    assert "1.234,56" in html
    assert "/de/booking/" in html
