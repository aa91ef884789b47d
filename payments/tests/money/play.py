"""What a story needs to be played: HTTP as customer, staff and provider, deliveries, workers."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from bookings.models import Booking
from bookings.operations.hold import hold_booking
from bookings.tests.makers import request
from ferries.models import Sailing
from ferries.tests import makers
from maritime.lib import clock
from maritime.lib.references import access_token
from payments.models import Voucher
from payments.tests.money.clockwork import Workers, at_once
from payments.tests.provider.controls import Impossible
from payments.tests.provider.events import Event
from payments.tests.provider.server import Provider

WEBHOOK = "/api/v1/webhooks/stripe"
SECRET = "whsec_new"
NORMAL, DOUBLED, REVERSED = "normal", "doubled", "reversed"
MODES = (NORMAL, DOUBLED, REVERSED)


class Play:
    """What the phrases share: the booking, its ship, its intents, the provider and the workers."""

    def __init__(self, provider: Provider, *, mode: str = NORMAL, mute: bool = False) -> None:
        self.provider = provider
        self.mode = mode
        self.workers = Workers(crowded=mode == DOUBLED, mute=mute)
        self.sailing: Sailing | None = None
        self.booking: Booking | None = None
        self.intents: list[str] = []

    def tell(self, steps: str) -> None:
        """Do all steps, then let the workers finish."""
        for step in steps.split(";"):
            self.do(step.strip())
        self.workers.run_all()

    def do(self, step: str) -> None:
        """Do the step whose phrase is the longest that the text begins with."""
        words = step.split()
        for length in range(len(words), 0, -1):
            method = getattr(type(self), "_".join(words[:length]), None)
            if method:
                method(self, *words[length:])
                return
        raise ValueError(step)

    # -- helpers

    def post_all(self, events: Sequence[Event]) -> None:
        for event in reversed(events) if self.mode == REVERSED else events:
            statuses = self._perhaps_twice(partial(_deliver, event))
            assert set(statuses) == {200}, statuses

    def _perhaps_twice(self, work: Callable[[], Any]) -> list[Any]:
        return at_once(work, work) if self.mode == DOUBLED else [work()]

    def _post(self, path: str, body: dict[str, object] | None = None) -> Any:
        return self._send("post", path, body)

    def _send(self, method: str, path: str, body: dict[str, object] | None = None) -> Any:
        return getattr(Client(), method)(
            f"/api/v1/bookings/{self._booking().reference}/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {self._token()}",
        )

    def _staff(self) -> Client:
        user, _ = get_user_model().objects.get_or_create(
            username="bob", defaults={"is_staff": True, "is_superuser": True}
        )
        client = Client()
        client.force_login(user)
        return client

    def _voucher(self, amount: int) -> Voucher:
        source = hold_booking(request(makers.sailing()), now=clock.now())
        return Voucher.objects.create(
            booking=source,
            currency="USD",
            amount=amount,
            expires_at=clock.now() + timedelta(days=300),
            request_key=f"gift:{source.reference}",
        )

    def _booking(self) -> Booking:
        assert self.booking is not None
        return self.booking

    def _sailing(self) -> Sailing:
        assert self.sailing is not None
        return self.sailing

    def _token(self) -> str:
        return access_token(self._booking().public_id)

    def _intent(self, which: str = "-1") -> str:
        _need(self.intents, "no payment was started")
        return self.intents[int(which)]

    def _newest_refund(self) -> str:
        _need(self.provider.books.refunds, "no refund was made")
        return list(self.provider.books.refunds)[-1]

    def _newest_dispute(self) -> str:
        _need(self.provider.books.disputes, "no dispute was opened")
        return list(self.provider.books.disputes)[-1]

    def _base_url(self) -> str:
        open_intent = next(iter(self.provider.books.intents.values()), None)
        _need(open_intent, "no payment was started")
        assert open_intent
        name: str = open_intent["metadata"]["environment"]
        return name


def _deliver(event: Event) -> int:
    body, header = event.signed(SECRET)
    answer = Client().post(
        WEBHOOK, body, content_type="application/json", HTTP_STRIPE_SIGNATURE=header
    )
    answer.close()
    return answer.status_code


def _need(condition: object, what: str) -> None:
    """Raise Impossible for a step that has no place here."""
    if not condition:
        raise Impossible(what)


def answered(answer: Any, *statuses: int) -> Any:
    """Return an answer of one of the statuses; raise Impossible for another refusal."""
    _need(answer.status_code in statuses, f"{answer.status_code} {answer.content[:200]!r}")
    return answer
