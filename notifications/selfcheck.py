"""The checks behind `manage.py check_async`, one for each asynchronous part.

Each raises CheckFailed with a hint for the person who runs it.
"""

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django_redis import get_redis_connection

from ferries import cache
from maritime.lib import clock
from maritime.ops import broker
from maritime.ops.models import Job
from notifications import outbox, trial
from notifications.models import Message
from payments import webhook_signature
from payments.models import WebhookEvent

WEBHOOK_PATH = "/api/v1/webhooks/stripe"
EVENT_TYPE = "maritime.installation_check"
# No sailing has this primary key.
NO_SAILING = 0
POLL_SECONDS = 0.1
SETTLED = (WebhookEvent.State.IGNORED, WebhookEvent.State.DONE)


class CheckFailed(Exception):
    """What is wrong, in words that say where to look."""


@dataclass(frozen=True)
class Outcome:
    """One line of the table."""

    name: str
    passed: bool
    milliseconds: int
    hint: str = ""


@dataclass(frozen=True)
class Check:
    """One question to the installation."""

    name: str
    ask: Callable[[], None]

    def outcome(self) -> Outcome:
        """Ask; whatever goes wrong becomes the hint."""
        started = time.monotonic()
        hint = ""
        try:
            self.ask()
        except CheckFailed as error:
            hint = str(error)
        except Exception as error:  # noqa: BLE001 - an error of any kind is a line, not the end
            hint = f"{type(error).__name__}: {error}"
        return Outcome(self.name, not hint, round((time.monotonic() - started) * 1000), hint)


def run(*, email: str, timeout_seconds: float) -> Iterator[Outcome]:
    """Run all checks in order; mails go to the address, through workers and the mail server."""
    yield Check("Redis connection: cache", cache_answers).outcome()
    yield Check("Redis connection: broker", broker_answers).outcome()
    yield Check("Search cache: set, get, invalidate", search_cache_works).outcome()
    yield Check("Availability cache: set, get, invalidate", availability_cache_works).outcome()
    yield from mails_are_sent(email=email, timeout_seconds=timeout_seconds)
    yield Check(
        "Webhook: accepted, stored, processed",
        lambda: webhook_is_processed(timeout_seconds=timeout_seconds),
    ).outcome()


def cache_answers() -> None:
    """Ask the cache's Redis without the shield that turns its errors into misses."""
    get_redis_connection("default").ping()


def broker_answers() -> None:
    """Open a connection to the broker."""
    if not broker.answers():
        raise CheckFailed("The broker does not answer within 0.2 s. See CELERY_BROKER_URL.")


def search_cache_works() -> None:
    """Store a search between ports that do not exist, read it, make it invalid."""
    value = [secrets.token_hex(4)]
    wish = {"origin": "CHECK", "destination": "CHECK"}
    day = clock.now().date()

    def read() -> cache.Cached:
        return cache.get_search_results(**wish, day=day)

    cache.resume()
    generation = read().generation
    cache.set_search_results(value, **wish, day=day, generation=generation)
    _expect(read().value == value, "A stored search was not read back. See REDIS_URL.")
    cache.invalidate_searches()
    _expect(read().value is None, "A search outlived its invalidation.")


def availability_cache_works() -> None:
    """Store what is left on a sailing that does not exist, read it, make it invalid."""
    value = {"check": secrets.token_hex(4)}

    def read() -> cache.Cached:
        return cache.get_availability([NO_SAILING])[NO_SAILING]

    cache.resume()
    generation = read().generation
    cache.set_availability({NO_SAILING: value}, generations={NO_SAILING: generation})
    _expect(read().value == value, "Stored availability was not read back. See REDIS_URL.")
    cache.invalidate_sailing_availability(NO_SAILING)
    _expect(read().value is None, "Availability outlived its invalidation.")


def mails_are_sent(*, email: str, timeout_seconds: float) -> Iterator[Outcome]:
    """Queue the five mails about marked bookings, wait for each, delete all that was written."""
    now = clock.now()
    trial.delete_leftovers(now=now)
    operator = trial.new_operator()
    give_up = time.monotonic() + timeout_seconds
    try:
        queued = {
            kind: trial.queue_mail(kind, operator=operator, email=email, now=now)
            for kind in trial.STATES
        }
        for kind, message in queued.items():
            yield Check(
                f"Task {outbox.TASKS[kind]}",
                lambda message=message: _wait_for_mail(message, give_up=give_up),  # type: ignore[misc]
            ).outcome()
    finally:
        trial.delete_operator(operator)


def webhook_is_processed(*, timeout_seconds: float) -> None:
    """Post a signed event of a kind that is ignored; see it stored and settled by a worker."""
    give_up = time.monotonic() + timeout_seconds
    with _event_id() as event_id:
        _post(_event(event_id))
        event = WebhookEvent.objects.filter(event_id=event_id).first()
        if event is None:
            raise CheckFailed(
                "The web server took the event but stored it elsewhere: it uses another DATABASE_URL."
            )
        while event.state not in SETTLED:
            if time.monotonic() > give_up:
                raise CheckFailed(_why_waiting(f"event:{event_id}", queue="payments"))
            time.sleep(POLL_SECONDS)
            event.refresh_from_db()


def _wait_for_mail(message: Message, *, give_up: float) -> None:
    while message.state != Message.State.SENT:
        if message.state == Message.State.REFUSED:
            raise CheckFailed("The mail server refuses the address; choose another with --to.")
        job = Job.objects.get(key=f"mail:{message.key}")
        if time.monotonic() > give_up or job.last_error:
            raise CheckFailed(_why_waiting(job.key, queue="emails"))
        time.sleep(POLL_SECONDS)
        message.refresh_from_db()


def _why_waiting(job_key: str, *, queue: str) -> str:
    job = Job.objects.get(key=job_key)
    if job.last_error:
        where = " See EMAIL_URL." if queue == "emails" else ""
        return f"The worker failed with {job.last_error}; its log says more.{where}"
    if job.attempts:
        return "A worker has begun but not ended it in time; try a longer --timeout."
    return f"No worker took it from the queue. Is one running with -Q {queue}?"


@contextmanager
def _event_id() -> Iterator[str]:
    """Give the id of a new event; delete what was stored for it in the end."""
    event_id = f"evt_check_{secrets.token_hex(8)}"
    try:
        yield event_id
    finally:
        WebhookEvent.objects.filter(event_id=event_id).delete()
        Job.objects.filter(key=f"event:{event_id}").delete()


def _event(event_id: str) -> bytes:
    event = {
        "id": event_id,
        "object": "event",
        "type": EVENT_TYPE,
        "livemode": settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")),
        "data": {"object": {"object": "check"}},
    }
    return json.dumps(event).encode()


def _post(body: bytes) -> None:
    accepted = webhook_signature.secrets()
    if not accepted:
        raise CheckFailed("There is no secret to sign with. Set STRIPE_WEBHOOK_SECRET.")
    url = f"{settings.BASE_URL}{WEBHOOK_PATH}"
    if urlsplit(url).scheme not in {"http", "https"}:
        raise CheckFailed(f"BASE_URL is no web address: {settings.BASE_URL}")
    signature = webhook_signature.sign(body, secret=accepted[0], at=clock.now())
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - checked above
    # Our own address: never through a proxy of the environment.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(request, timeout=10).close()
    except urllib.error.HTTPError as error:
        raise CheckFailed(
            f"{url} answered {error.code}. Do the web server and this command have the same "
            "SECRET_KEY and STRIPE_WEBHOOK_SECRET?"
        ) from error
    except OSError as error:
        raise CheckFailed(f"{url} does not answer. Is the web server running?") from error


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion's condition
    if not holds:
        raise CheckFailed(otherwise)
