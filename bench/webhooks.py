"""Goal P13: events of the provider come in and are worked off at the same time.

Signed as Stripe signs, sent by HTTP to the running server, processed by two processes of the
product's worker for the queue `payments` with its relay. The provider is the demo gateway, whose
books are rows: what it costs to ask Stripe itself is a call over the network, not CPU of ours. What
a settlement causes (tickets, mails) waits in queues of its own, whose workers are others.

A card payment of Stripe is five events here: created, charge succeeded, succeeded, charge updated, and
one of them twice. One of the five settles. The worst case is another one: nothing but settlements.
"""

import json
import statistics
import uuid
from collections.abc import Iterator

from bench import workers
from bench.clients import Load, drive, post, send_all
from bench.pairs import count_queries
from bench.report import Finding
from bench.server import Request, Server
from bookings.operations.hold import hold_booking
from bookings.tests.makers import request as wish
from ferries.tests import makers
from maritime.lib import clock
from payments import webhook_signature
from payments.models import DemoIntent, Payment, WebhookEvent
from payments.operations.start import start_payment

PATH = "/api/v1/webhooks/stripe"
PER_SECOND = 200
SECONDS = 15
EVENTS_EACH = 5
SETTLEMENTS = 200
BURST = 2000
CLIENTS = 4
ROUNDS = 3
ROUND_SECONDS = 2.0
# The relay looks once a second; what is left after two looks is a backlog.
GRACE_SECONDS = 2.0
GIVE_UP_SECONDS = 120.0
OPEN = (WebhookEvent.State.RECEIVED, WebhookEvent.State.FAILED)


def measure(server: Server) -> list[Finding]:
    """Measure refusals, the mix at a steady rate, settlements alone, and a burst."""
    # Those of the webhook requests: nobody works on them.
    WebhookEvent.objects.all().delete()
    findings = _refusals(server)
    mixed, alone = (_paid(number) for number in (PER_SECOND * SECONDS // EVENTS_EACH, SETTLEMENTS))
    with workers.running("payments", processes=2):
        findings += _steady(server, mixed)
        findings += _settlements(server, alone)
        findings += _burst(server)
    return findings


def _steady(server: Server, intents: list[str]) -> list[Finding]:
    requests = [_signed(*event) for event in _mix(intents)]
    load = send_all(server.port, requests, clients=CLIENTS, per_second=PER_SECOND)
    left, seconds = _work_off()
    settled = Payment.objects.filter(intent_id__in=intents, counted=True).count()
    if settled < len(intents) or load.answers[200] < len(requests):
        raise RuntimeError(f"{settled} of {len(intents)} settled; answers {load.answers}")
    note = (
        f"{load.per_second(200):.0f} events/s for {load.seconds:.0f} s, one in {EVENTS_EACH} settles;"
        f" {left} open at the end of the load, all done {seconds:.1f} s later;"
        f" p99 of the answer {load.p99_ms:.0f} ms"
    )
    return [
        Finding("P13", "mix: events answered a second", load.per_second(200), 0.99 * PER_SECOND,
                "/s", at_least=True, note=note),
        Finding("P13", "the same, done after the last event", seconds, GRACE_SECONDS, "s"),
    ]  # fmt: skip


def _settlements(server: Server, intents: list[str]) -> list[Finding]:
    """Measure how many settlements of different payments a second two processes make at most."""
    requests = [_signed("payment_intent.succeeded", intent, _name()) for intent in intents]
    load = send_all(server.port, requests, clients=CLIENTS, per_second=PER_SECOND)
    _, seconds = _work_off()
    rate = len(requests) / (load.seconds + seconds)
    note = f"{len(requests)} events, each settles another payment; without what follows it"
    return [Finding("P13", "worst case: settlements a second", rate, PER_SECOND, "/s",
                    at_least=True, note=note)]  # fmt: skip


def _burst(server: Server) -> list[Finding]:
    """Send 2,000 new events as fast as the clients can, while the workers go on."""
    requests = [_signed("payment_intent.succeeded", "pi_of_others", _name()) for _ in range(BURST)]
    load = send_all(server.port, requests, clients=CLIENTS)
    _, seconds = _work_off()
    if load.answers[200] < BURST:
        raise RuntimeError(f"answers {load.answers}")
    note = f"{load.per_second(200):.0f} events/s, all processed {seconds:.1f} s after the last"
    return [Finding("P13", f"burst of {BURST:,} events, p99 of the answer", load.p99_ms, 50, "ms",
                    note=note)]  # fmt: skip


def _refusals(server: Server) -> list[Finding]:
    """Compare the rate at which wrong signatures are refused with that of the bare view.

    As in use: a client that sends more than WEBHOOK_REFUSALS_PER_MINUTE is told 429 from then on,
    still only after its signature was looked at.
    """
    body = _body("payment_intent.succeeded", "pi_1", "evt_1")
    headers = {"Stripe-Signature": f"t={int(clock.now().timestamp())},v1={'0' * 64}"}
    wrong = post(PATH, body, **{name.replace("-", "_"): text for name, text in headers.items()})
    bare = b"GET /bare HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    queries = count_queries(Request("POST", lambda _: (PATH, body, headers), expect=400))
    rounds: list[tuple[Load, Load]] = [
        (
            drive(server.port, lambda _: bare, clients=CLIENTS, seconds=ROUND_SECONDS),
            drive(server.port, lambda _: wrong, clients=CLIENTS, seconds=ROUND_SECONDS),
        )
        for _ in range(ROUNDS)
    ]
    ratio = statistics.median(
        _refused(refused) / plain.per_second(200) for plain, refused in rounds
    )
    rate = statistics.median(_refused(refused) for _, refused in rounds)
    return [
        Finding("P13", "wrong signatures a second / bare view", ratio, 0.6, at_least=True,
                note=f"{rate:.0f}/s"),
        Finding("P13", "SQL of a wrong signature", queries, 0, ""),
    ]  # fmt: skip


def _refused(load: Load) -> float:
    return load.per_second(400) + load.per_second(429)


def _work_off() -> tuple[int, float]:
    """Return how many events wait, and after how many seconds none does."""
    waiting = WebhookEvent.objects.filter(state__in=OPEN)
    left = waiting.count()
    return left, workers.wait_until(lambda: not waiting.exists(), seconds=GIVE_UP_SECONDS)


def _paid(number: int) -> list[str]:
    """Return the intents of so many held bookings, which their customers have just paid."""
    run = makers.sailing(persons=1_000_000)
    now = clock.now()
    payments = [start_payment(hold_booking(wish(run), now=now).pk, now=now).payment
                for _ in range(number)]  # fmt: skip
    intents = [str(payment.intent_id) for payment in payments if payment]
    amount = payments[0].amount if payments[0] else 0
    DemoIntent.objects.filter(intent_id__in=intents).update(
        status="succeeded", amount_received=amount
    )
    return intents


def _mix(intents: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield kind, object and event id of the five events of each payment, in Stripe's order."""
    for intent in intents:
        name = _name()
        yield "payment_intent.created", intent, _name()
        yield "charge.succeeded", intent.replace("pi_", "ch_", 1), _name()
        yield "payment_intent.succeeded", intent, name
        yield "charge.updated", intent.replace("pi_", "ch_", 1), _name()
        yield "payment_intent.succeeded", intent, name


def _name() -> str:
    return f"evt_{uuid.uuid4().hex}"


def _signed(kind: str, about: str, event_id: str) -> bytes:
    body = _body(kind, about, event_id)
    secret = webhook_signature.demo_secret()
    signature = webhook_signature.sign(body, secret=secret, at=clock.now())
    return post(PATH, body, Stripe_Signature=signature)


def _body(kind: str, about: str, event_id: str) -> bytes:
    content = {"id": about, "object": kind.partition(".")[0], "metadata": {"pad": "x" * 1200}}
    return json.dumps(
        {
            "id": event_id, "object": "event", "type": kind, "livemode": False,
            "api_version": "2026-10-28.endive", "created": 1, "data": {"object": content},
        }
    ).encode()  # fmt: skip
