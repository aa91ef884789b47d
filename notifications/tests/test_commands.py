"""The commands: a preview on paper, and the proof that an installation works."""

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.core.management import CommandError, call_command

from bookings.models import Booking
from ferries.models import Operator
from maritime.lib import clock
from maritime.ops import broker
from maritime.ops.embedded.mailcatcher import Keeper
from maritime.ops.models import Job
from maritime.ops.tests import workers
from notifications import selfcheck, trial
from notifications.models import Message
from notifications.tests import makers
from payments.models import Payment, WebhookEvent


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, no_color=True)
    return out.getvalue()


@pytest.mark.django_db
def test_a_preview_is_written_and_not_sent(tmp_path: Path) -> None:
    row = makers.booking()
    path = tmp_path / "out.html"

    said = run(
        "preview_email",
        "booking_confirmation",
        "--reference",
        row.reference,
        "--to-file",
        str(path),
    )

    assert f"Attached: tickets-{row.reference}.pdf" in said
    assert row.reference in path.read_text()
    assert row.reference in path.with_suffix(".txt").read_text()
    assert mail.outbox == []
    assert not Message.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "state", "words"),
    [
        ("payment_success", "held", "no payment"),
        ("refund_confirmation", "held", "no refund"),
        ("booking_confirmation", "held", "no valid tickets"),
    ],
)
def test_a_preview_without_its_facts_is_refused(tmp_path: Path, kind, state, words) -> None:
    row = makers.booking(state)
    path = tmp_path / "out.html"

    with pytest.raises(CommandError, match=words):
        run("preview_email", kind, "--reference", row.reference, "--to-file", str(path))

    assert not path.exists()


@pytest.mark.django_db
def test_a_preview_of_an_unknown_booking_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no booking"):
        run("preview_email", "cancellation", "--reference", "X", "--to-file", str(tmp_path / "o"))


@contextmanager
def mail_server(folder: Path) -> Iterator[str]:
    """Keep every mail in the folder; give the server's address as EMAIL_URL has it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(Keeper(folder), hostname="127.0.0.1", port=port)
    server.start()
    yield f"smtp://127.0.0.1:{port}"
    server.stop()


def nothing_is_left() -> bool:
    rows = (Booking, Operator, Payment, Message, Job, WebhookEvent)
    return not any(model.objects.exists() for model in rows)


@pytest.mark.django_db(transaction=True)
def test_the_installation_works(live_server, settings, tmp_path: Path) -> None:
    settings.BASE_URL = live_server.url
    settings.PAYMENTS_DEMO = True
    workers.empty_broker()
    broker.breaker.quiet_until = 0.0

    with (
        mail_server(tmp_path) as email_url,
        workers.worker(EMAIL_URL=email_url, PAYMENTS_DEMO="1", BASE_URL=live_server.url),
    ):
        said = run("check_async", "--to", "check@example.org", "--timeout", "40")

    assert "All 10 checks passed." in said
    assert said.count("PASS") == 10
    mails = [
        message_from_bytes(path.read_bytes(), policy=default) for path in tmp_path.glob("*.eml")
    ]
    assert len({received["Message-ID"] for received in mails}) == 5
    assert {received["To"] for received in mails} == {"check@example.org"}
    assert all(trial.NOTE in received.get_body(("plain",)).get_content() for received in mails)
    assert nothing_is_left()


@pytest.mark.django_db(transaction=True)
def test_says_what_is_missing_when_no_worker_runs_and_leaves_nothing(settings) -> None:
    settings.BASE_URL = "http://127.0.0.1:1"
    settings.PAYMENTS_DEMO = True
    workers.empty_broker()
    out = io.StringIO()

    with pytest.raises(CommandError, match="6 of 10 checks failed"):
        call_command("check_async", "--timeout", "0.3", stdout=out, no_color=True)

    said = out.getvalue()
    assert said.count("PASS") == 4
    assert said.count("Is one running with -Q emails?") == 5
    assert "http://127.0.0.1:1/api/v1/webhooks/stripe does not answer" in said
    assert nothing_is_left()


@pytest.mark.django_db(transaction=True)
def test_says_when_secrets_differ(live_server, settings) -> None:
    settings.BASE_URL = live_server.url
    settings.STRIPE_WEBHOOK_SECRETS = []
    settings.PAYMENTS_DEMO = False

    with pytest.raises(selfcheck.CheckFailed, match="no secret to sign with"):
        selfcheck.webhook_is_processed(timeout_seconds=0.1)

    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db
def test_says_when_redis_is_gone(settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"IGNORE_EXCEPTIONS": True, "SOCKET_CONNECT_TIMEOUT": 0.1},
        }
    }
    broker.breaker.quiet_until = 0.0

    connection = selfcheck.Check("cache", selfcheck.cache_answers).outcome()
    search = selfcheck.Check("search", selfcheck.search_cache_works).outcome()
    availability = selfcheck.Check("left", selfcheck.availability_cache_works).outcome()

    assert not connection.passed
    assert "ConnectionError" in connection.hint
    assert "REDIS_URL" in search.hint
    assert "REDIS_URL" in availability.hint


@pytest.mark.django_db
def test_a_check_that_was_killed_is_cleaned_up_after_an_hour() -> None:
    now = clock.now()
    old, young = trial.new_operator(), trial.new_operator()
    for operator in (old, young):
        for kind in trial.STATES:
            trial.queue_mail(kind, operator=operator, email="a@example.org", now=now)
    Booking.objects.filter(legs__operator=old).update(created_at=now - trial.LEFTOVER_AFTER)

    trial.delete_leftovers(now=now)

    assert list(Operator.objects.all()) == [young]
    assert (Booking.objects.count(), Message.objects.count(), Job.objects.count()) == (5, 5, 5)


def test_refuses_what_is_no_address() -> None:
    with pytest.raises(CommandError, match="Not an e-mail address: nobody"):
        call_command("check_async", "--to", "nobody")
