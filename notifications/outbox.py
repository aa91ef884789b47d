"""Queue e-mails with their cause and send each once: a row, a claim, SMTP, a mark.

At least once is the promise: a worker that dies between the mail server's "accepted" and our mark
makes one double, which carries the same Message-ID and is flagged on its row.
"""

import smtplib
import socket
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from psycopg.types.json import Jsonb

from bookings.models import Booking
from maritime.lib import clock
from maritime.ops import counters, jobs
from notifications import messages
from notifications.errors import AddressRefused, MailServerTrouble, SendingElsewhere
from notifications.models import Message

# Shorter than the lease of a job, so the run that follows a killed worker finds the message free; no
# other run comes while the claim's owner lives, since he keeps his lease.
CLAIM_SECONDS = 20
TASKS = {
    Message.Kind.BOOKING_CONFIRMATION: "notifications.send_booking_confirmation_email",
    Message.Kind.CANCELLATION: "notifications.send_cancellation_email",
    Message.Kind.PAYMENT_SUCCESS: "notifications.send_payment_success_email",
    Message.Kind.PAYMENT_FAILED: "notifications.send_payment_failed_email",
    Message.Kind.REFUND_CONFIRMATION: "notifications.send_refund_confirmation_email",
    Message.Kind.DEPARTURE_REMINDER: "notifications.send_departure_reminder_email",
    Message.Kind.SAILING_CHANGE: "notifications.send_sailing_change_email",
}
# After these the server has certainly not taken the message; after any other error it may have.
DEFINITE = (
    smtplib.SMTPResponseException,
    smtplib.SMTPRecipientsRefused,
    ConnectionRefusedError,
    socket.gaierror,
)


# One statement where get_or_create takes four; docs/benchmarks.md has the figures.
INSERT = """
    INSERT INTO notifications_message
        (public_id, booking_id, kind, key, facts, state, attempts, may_be_double, created_at)
    VALUES (%(public_id)s, %(booking_id)s, %(kind)s, %(key)s, %(facts)s, 'queued', 0, false,
        %(created_at)s)
    ON CONFLICT (key) DO NOTHING
    RETURNING id
"""


def queue(
    kind: str, *, booking: Booking, subject_key: str, version: int = 1, **facts: Any
) -> Message:
    """Write the message and its job in the caller's transaction; once for each key and version.

    `subject_key` names what the mail is about ("refund:17"); `facts` are ids and amounts.
    """
    message = Message(
        kind=kind,
        booking=booking,
        key=f"{subject_key}:{version}",
        facts=facts,
        created_at=clock.now(),
    )
    values: dict[str, Any] = {**vars(message), "facts": Jsonb(facts)}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        row = cursor.fetchone()
    if row is None:
        return Message.objects.get(key=message.key)
    (message.pk,) = row
    message._state.adding = False  # noqa: SLF001 - as after Django's own insert
    jobs.add(TASKS[Message.Kind(kind)], key=f"mail:{message.key}", message_id=message.pk)
    return message


def queue_again(message: Message) -> Message:
    """Queue the same mail as a new version, with a Message-ID of its own (staff's resend)."""
    subject_key, _, version = message.key.rpartition(":")
    return queue(
        message.kind,
        booking=message.booking,
        subject_key=subject_key,
        version=int(version) + 1,
        **message.facts,
    )


def send_once(message_id: int) -> str:
    """Send the message unless that has happened; return the state that it ends in.

    A message that is no longer true (a confirmation of what was cancelled since) is withdrawn.
    Raises AddressRefused for good, MailServerTrouble and SendingElsewhere for a later attempt.
    """
    message = messages.load(message_id)
    if message.state not in {Message.State.QUEUED, Message.State.SENDING}:
        return message.state
    if not messages.is_still_true(message):
        return _settle(message, Message.State.WITHDRAWN)
    email = messages.build(message, now=clock.now())
    _claim(message)
    try:
        email.send()
    except smtplib.SMTPRecipientsRefused as error:
        _refused(message, error)
    except Exception as error:
        _release(message, may_be_sent=not isinstance(error, DEFINITE))
        if isinstance(error, smtplib.SMTPException):
            # The server's words may quote the address, which must not reach the log.
            raise MailServerTrouble(f"{type(error).__name__} by the mail server") from None
        raise
    return _settle(message, Message.State.SENT, sent_at=clock.now())


def _claim(message: Message) -> None:
    """Take the message for this attempt; a claim whose owner must be dead is taken over."""
    now = clock.now()
    stale = Q(state=Message.State.SENDING, claimed_at__lte=now - timedelta(seconds=CLAIM_SECONDS))
    claimed = Message.objects.filter(
        Q(state=Message.State.QUEUED) | stale, pk=message.pk, attempts=message.attempts
    ).update(
        state=Message.State.SENDING,
        claimed_at=now,
        attempts=F("attempts") + 1,
        may_be_double=message.may_be_double or message.state == Message.State.SENDING,
    )
    if not claimed:
        raise SendingElsewhere
    message.attempts += 1


def _refused(message: Message, error: smtplib.SMTPRecipientsRefused) -> None:
    for_good = all(500 <= code < 600 for code, _ in error.recipients.values())
    if for_good:
        _settle(message, Message.State.REFUSED)
        raise AddressRefused from None
    _release(message, may_be_sent=False)
    raise MailServerTrouble("the mail server put the address off") from None


def _release(message: Message, *, may_be_sent: bool) -> None:
    changes: dict[str, Any] = {"state": Message.State.QUEUED, "claimed_at": None}
    if may_be_sent:
        changes["may_be_double"] = True
    _held(message).update(**changes)


def _settle(message: Message, state: Message.State, **values: Any) -> str:
    _held(message).update(state=state, **values)
    counters.count("maritime_mails", kind=message.kind, outcome=state)
    return state


def _held(message: Message) -> QuerySet[Message]:
    """Select the message while no later attempt has taken it over."""
    return Message.objects.filter(pk=message.pk, attempts=message.attempts)
