"""Each message is sent once: claims, refusals, doubles that are flagged, and resends."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from maritime.lib import clock
from maritime.ops.models import Job
from notifications import outbox
from notifications.errors import AddressRefused, MailServerTrouble, SendingElsewhere
from notifications.models import Message
from notifications.tests import makers

pytestmark = pytest.mark.django_db
State = Message.State


class Server(EmailBackend):
    """A mail server that first raises the errors of a test, then takes every mail."""

    errors: list[Exception] = []

    def send_messages(self, email_messages):
        if Server.errors:
            raise Server.errors.pop(0)
        return super().send_messages(email_messages)


@pytest.fixture(autouse=True)
def server(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    Server.errors = []
    return Server


@pytest.fixture
def queued() -> Message:
    return makers.message("cancellation", makers.booking("cancelled"), charge=0, refund=1105)


def reloaded(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_queueing_writes_the_message_and_its_job_once() -> None:
    row = makers.booking()

    first = outbox.queue("booking_confirmation", booking=row, subject_key="confirmation:1")
    again = outbox.queue("booking_confirmation", booking=row, subject_key="confirmation:1")

    assert (first.key, again.pk) == ("confirmation:1:1", first.pk)
    job = Job.objects.get()
    assert job.task == "notifications.send_booking_confirmation_email"
    assert (job.key, job.arguments) == ("mail:confirmation:1:1", {"message_id": first.pk})
    assert job.max_attempts == 4


def test_sends_once(queued: Message) -> None:
    assert outbox.send_once(queued.pk) == "sent"
    assert outbox.send_once(queued.pk) == "sent"

    assert len(mail.outbox) == 1
    sent = reloaded(queued)
    assert (sent.state, sent.attempts, sent.may_be_double) == (State.SENT, 1, False)
    assert clock.now() - sent.sent_at < timedelta(seconds=10)


def test_a_fresh_claim_of_another_worker_is_left_alone(queued: Message) -> None:
    Message.objects.update(state=State.SENDING, claimed_at=clock.now() - timedelta(seconds=15))

    with pytest.raises(SendingElsewhere):
        outbox.send_once(queued.pk)

    assert mail.outbox == []
    assert reloaded(queued).attempts == 0


def test_the_claim_of_a_killed_worker_is_taken_over_and_flagged(queued: Message) -> None:
    Message.objects.update(
        state=State.SENDING, attempts=1, claimed_at=clock.now() - timedelta(seconds=76)
    )

    assert outbox.send_once(queued.pk) == "sent"

    sent = reloaded(queued)
    assert (sent.attempts, sent.may_be_double) == (2, True)
    assert mail.outbox[0].extra_headers["Message-ID"].startswith(f"<{queued.public_id}@")


def test_an_address_that_is_refused_for_good_is_not_tried_again(queued: Message, server) -> None:
    server.errors = [smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"no such user")})]

    with pytest.raises(AddressRefused) as caught:
        outbox.send_once(queued.pk)

    assert caught.value.permanent
    assert reloaded(queued).state == State.REFUSED
    assert outbox.send_once(queued.pk) == "refused"
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("error", "may_be_double"),
    [
        (smtplib.SMTPRecipientsRefused({"ada@example.org": (451, b"greylisted")}), False),
        (smtplib.SMTPDataError(452, b"ada@example.org: full"), False),
        (smtplib.SMTPSenderRefused(450, b"later", "tickets@maritime.example"), False),
        (smtplib.SMTPServerDisconnected("lost while ada@example.org was sent"), True),
    ],
)
def test_trouble_is_for_another_attempt_and_quotes_no_address(
    queued: Message, server, error: Exception, may_be_double: bool
) -> None:
    server.errors = [error]

    with pytest.raises(MailServerTrouble) as caught:
        outbox.send_once(queued.pk)

    assert not caught.value.permanent
    assert "@" not in str(caught.value)
    assert caught.value.__suppress_context__
    waiting = reloaded(queued)
    assert (waiting.state, waiting.may_be_double) == (State.QUEUED, may_be_double)
    assert outbox.send_once(queued.pk) == "sent"
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("error", "may_be_double"), [(ConnectionRefusedError(), False), (TimeoutError(), True)]
)
def test_a_server_that_does_not_answer_is_tried_again(
    queued: Message, server, error: Exception, may_be_double: bool
) -> None:
    server.errors = [error]

    with pytest.raises(type(error)):
        outbox.send_once(queued.pk)

    waiting = reloaded(queued)
    assert (waiting.state, waiting.may_be_double) == (State.QUEUED, may_be_double)


def test_what_is_no_longer_true_is_withdrawn() -> None:
    row = makers.booking()
    queued = makers.message("booking_confirmation", row)
    type(row).objects.update(state="cancelled")

    assert outbox.send_once(queued.pk) == "withdrawn"

    assert mail.outbox == []
    assert reloaded(queued).state == State.WITHDRAWN


def test_an_attempt_that_lost_its_claim_does_not_settle(queued: Message, server) -> None:
    class Overtaken(Exception):
        pass

    def overtake(*_):
        Message.objects.update(attempts=5, claimed_at=clock.now())
        raise Overtaken

    server.send_messages, original = overtake, server.send_messages
    try:
        with pytest.raises(Overtaken):
            outbox.send_once(queued.pk)
    finally:
        server.send_messages = original

    assert (reloaded(queued).state, reloaded(queued).attempts) == (State.SENDING, 5)


def test_a_resend_is_a_new_version_with_its_own_message_id(queued: Message) -> None:
    outbox.send_once(queued.pk)

    again = outbox.queue_again(reloaded(queued))

    assert again.key == queued.key.removesuffix(":1") + ":2"
    assert again.facts == queued.facts
    assert outbox.send_once(again.pk) == "sent"
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]


@pytest.mark.parametrize("kind", Message.Kind.values)
def test_each_task_sends_its_message_through_its_job(kind: str, run_jobs) -> None:
    state = {"cancellation": "cancelled", "payment_failed": "held"}.get(kind, "confirmed")
    row = makers.booking(state)
    paid = makers.payment(row)
    row.legs.update(departs_at=clock.now() + timedelta(hours=9))
    leg = row.legs.get()
    facts = {
        "departure_reminder": {"leg": leg.pk},
        "sailing_change": {"changes": [{"leg": leg.pk, "what": "vessel", "before": "Tacoma"}]},
        "cancellation": {"charge": 0, "refund": 1105},
        "payment_success": {"payment": paid.pk},
        "payment_failed": {"payment": paid.pk},
        "refund_confirmation": {"refund": makers.refund(paid).pk},
    }
    makers.message(kind, row, **facts.get(kind, {}))

    assert run_jobs() == [outbox.TASKS[kind]]

    assert (Message.objects.get().state, Job.objects.get().state) == (State.SENT, Job.State.DONE)
    assert len(mail.outbox) == 1


def test_a_mail_is_retried_from_its_job_row_and_ends_as_a_dead_letter(
    queued: Message, server, run_jobs
) -> None:
    server.errors = [smtplib.SMTPServerDisconnected("x") for _ in range(4)]
    for _ in range(4):
        Job.objects.update(next_at=clock.now())
        assert run_jobs() == [outbox.TASKS["cancellation"]]

    job = Job.objects.get()
    assert (job.state, job.attempts) == (Job.State.DEAD, 4)
    assert job.last_error == "notifications.errors.MailServerTrouble"
    assert reloaded(queued).state == State.QUEUED
