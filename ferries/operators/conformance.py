"""Asks an operator's system whether it keeps to the protocol, rule by rule (`check_operator`).

The rules are those of docs/operator-protocol.yaml. Without `book` nothing is written. With it two
reservations are made and cancelled again. The breaker is not asked and learns nothing.
"""

import copy
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ferries.errors import OperatorUnavailable
from ferries.models import Operator
from ferries.offers import Offer
from ferries.operators import addresses, answers, client
from ferries.operators.answers import Malformed
from ferries.operators.client import Answer
from ferries.operators.http import HttpConnector, party_json
from ferries.party import Party, VehicleSize
from maritime.lib import clock
from maritime.lib.errors import MaritimeError

ONE = Party(adults=1)
FAMILY = Party(adults=2, children=1, vehicle=VehicleSize("car", 450, 160))
CLEAR_NO = (400, 404, 422)
SHORT_HOLD_SECONDS = 2.0


@dataclass(frozen=True)
class Verdict:
    """One rule and what came of it: pass, fail or skipped, with a note."""

    rule: str
    outcome: str
    note: str = ""


@dataclass(frozen=True)
class Where:
    """Between which ports (our codes) and on which local day there is something to ask about."""

    origin: str
    destination: str
    day: date


class Broken(Exception):
    """The rule is not kept; says how."""


class Skipped(Exception):
    """The rule cannot be looked at; says why."""


def examine(
    operator: Operator, connector: HttpConnector, where: Where, *, book: bool
) -> Iterator[Verdict]:
    """Look at one rule after the other; `book` also at those that need reservations."""
    visit = _Visit(operator, connector, where)
    try:
        for capability, rule, look in (*READING, *(BOOKING if book else ())):
            yield _verdict(visit, capability, rule, look)
    finally:
        if book:
            visit.leave()


class _Visit:
    """One examination: the offer it found, the references it used."""

    def __init__(self, operator: Operator, connector: HttpConnector, where: Where) -> None:
        self.operator = operator
        self._connector = connector
        self._where = where
        self._offer: Offer | None = None
        self._held_as = ""
        mark = secrets.token_hex(4).upper()
        self._reference, self._short = f"CHECK-{mark}-1", f"CHECK-{mark}-2"

    def leave(self) -> None:
        """Give back whatever was reserved."""
        for reference in (self._reference, self._short):
            with suppress(MaritimeError):
                self._connector.cancel(self.operator, reference=reference)

    def address(self) -> str:
        try:
            return addresses.read(self.operator.base_url).url("")
        except addresses.Forbidden as error:
            raise Broken(str(error)) from error

    def health(self) -> str:
        started = time.monotonic()
        _require(client.ask_once(self.operator, "GET", "/health"), 200)
        return f"{round((time.monotonic() - started) * 1000)} ms"

    def search(self) -> str:
        found = self._search(ONE)
        bookable = [offer for offer in found if offer.bookable]
        self._offer = bookable[0] if bookable else None
        return f"{len(found)} offers, {len(bookable)} bookable"

    def search_family(self) -> str:
        return f"{len(self._search(FAMILY))} offers"

    def unknown_stop(self) -> str:
        body = {**self._question(), "origin": "no-such-stop-0"}
        return _require(client.ask_once(self.operator, "POST", "/v1/search", body=body), *CLEAR_NO)

    def nobody(self) -> str:
        body = {**self._question(), "party": party_json(Party(adults=0))}
        return _require(client.ask_once(self.operator, "POST", "/v1/search", body=body), 400, 422)

    def no_key(self) -> str:
        if not self.operator.api_key_variable:
            raise Skipped("the operator has no key")
        stranger = copy.copy(self.operator)
        stranger.api_key_variable = ""
        try:
            answer = client.ask_once(stranger, "POST", "/v1/search", body=self._question())
        except OperatorUnavailable as error:
            if str(error.__cause__) in ("status 401", "status 403"):
                return str(error.__cause__)
            raise
        raise Broken(f"without a key it answers {answer.status}")

    def check(self) -> str:
        offer = self._wanted()
        now = self._connector.check(self.operator, offer_id=offer.id, party=ONE)
        if (now.amount, now.departs_at) != (offer.amount, offer.departs_at):
            raise Broken("price or departure differ from those of the search")
        return ""

    def check_unknown(self) -> str:
        body = {"offer": "no-such-offer-0", "party": party_json(ONE)}
        return _require(client.ask_once(self.operator, "POST", "/v1/check", body=body), 404)

    def status_unknown(self) -> str:
        return _require(self._about("GET", self._reference), 404)

    def cancel_unknown(self) -> str:
        return _require(self._about("POST", self._reference, "/cancel"), 404)

    def reserve(self) -> str:
        self._held_as = self._stands(self._hold(self._reference, seconds=600), "held")
        return self._held_as

    def reserve_again(self) -> str:
        return self._same(self._stands(self._hold(self._reference, seconds=600), "held"))

    def reserve_other(self) -> str:
        other = replace(ONE, adults=2)
        return _require(self._hold(self._reference, seconds=600, party=other), 409)

    def status_held(self) -> str:
        return self._same(self._stands(self._about("GET", self._reference), "held"))

    def confirm(self) -> str:
        return self._same(
            self._stands(self._about("POST", self._reference, "/confirm"), "confirmed")
        )

    def status_confirmed(self) -> str:
        return self._same(self._stands(self._about("GET", self._reference), "confirmed"))

    def cancel(self) -> str:
        self._stands(self._about("POST", self._reference, "/cancel"), "cancelled")
        return ""

    def status_cancelled(self) -> str:
        self._stands(self._about("GET", self._reference), "cancelled")
        return ""

    def confirm_cancelled(self) -> str:
        return _require(self._about("POST", self._reference, "/confirm"), 409)

    def reserve_cancelled(self) -> str:
        return _require(self._hold(self._reference, seconds=600), 409)

    def hold_ends(self) -> str:
        self._stands(self._hold(self._short, seconds=SHORT_HOLD_SECONDS), "held")
        time.sleep(SHORT_HOLD_SECONDS + 1)
        self._stands(self._about("GET", self._short), "cancelled")
        return ""

    def _search(self, party: Party) -> Sequence[Offer]:
        where = self._where
        return self._connector.search(
            self.operator,
            origin=where.origin,
            destination=where.destination,
            day=where.day,
            party=party,
        )

    def _question(self) -> dict[str, object]:
        where = self._where
        ends = self._connector.names_of(where.origin, where.destination)
        return {
            "origin": ends[0],
            "destination": ends[1],
            "date": where.day.isoformat(),
            "party": party_json(ONE),
        }

    def _wanted(self) -> Offer:
        if self._offer is None:
            raise Skipped("the search found nothing to book")
        return self._offer

    def _hold(self, reference: str, *, seconds: float, party: Party = ONE) -> Answer:
        offer = self._wanted()
        body = {
            "offer": offer.id.partition("~")[2],
            "party": party_json(party),
            "until": (clock.now() + timedelta(seconds=seconds)).isoformat(),
        }
        path = f"/v1/reservations/{reference}"
        return client.ask_once(self.operator, "PUT", path, body=body)

    def _about(self, method: str, reference: str, action: str = "") -> Answer:
        return client.ask_once(self.operator, method, f"/v1/reservations/{reference}{action}")

    def _stands(self, answer: Answer, state: str) -> str:
        """Return the operator's own reference of a reservation that is in the state."""
        _require(answer, 200, 201)
        reference = str(answer.body.get("reference"))
        found = answers.reservation(answer.body, reference=reference)
        if reference not in (self._reference, self._short) or found.state != state:
            raise Broken(f"it is {found.state} as {reference:.40}, not {state}")
        return found.operator_reference

    def _same(self, operator_reference: str) -> str:
        if operator_reference != self._held_as:
            raise Broken(f"it was {self._held_as} and is {operator_reference}")
        return ""


Look = Callable[[_Visit], str]
READING: tuple[tuple[str, str, Look], ...] = (
    ("", "the address may be asked", _Visit.address),
    ("", "health answers 200", _Visit.health),
    ("search", "a search for one person has the protocol's shape", _Visit.search),
    ("search", "a search for a family with a car has a line for each", _Visit.search_family),
    ("search", "an unknown stop is 400, 404 or 422", _Visit.unknown_stop),
    ("search", "a party of nobody is 400 or 422", _Visit.nobody),
    ("search", "without the key it is 401 or 403", _Visit.no_key),
    ("check", "a check answers as the search did", _Visit.check),
    ("check", "an unknown offer is 404", _Visit.check_unknown),
    ("status", "the status of an unknown reference is 404", _Visit.status_unknown),
    ("cancel", "cancelling an unknown reference is 404", _Visit.cancel_unknown),
)
BOOKING: tuple[tuple[str, str, Look], ...] = (
    ("reserve", "a reservation is held", _Visit.reserve),
    ("reserve", "the same reservation again is the same one", _Visit.reserve_again),
    ("reserve", "the same reference for another party is 409", _Visit.reserve_other),
    ("status", "its status is held", _Visit.status_held),
    ("confirm", "a confirmation confirms it", _Visit.confirm),
    ("confirm", "the same confirmation again answers alike", _Visit.confirm),
    ("status", "its status is confirmed", _Visit.status_confirmed),
    ("cancel", "a cancellation cancels it", _Visit.cancel),
    ("cancel", "the same cancellation again answers alike", _Visit.cancel),
    ("status", "its status is cancelled", _Visit.status_cancelled),
    ("confirm", "what is cancelled is not confirmed: 409", _Visit.confirm_cancelled),
    ("reserve", "a cancelled reference is not reserved again: 409", _Visit.reserve_cancelled),
    ("status", "a hold ends by itself", _Visit.hold_ends),
)


def _verdict(visit: _Visit, capability: str, rule: str, look: Look) -> Verdict:
    if capability and not visit.operator.can(capability):
        return Verdict(rule, "skipped", f"the operator is said not to have {capability}")
    try:
        return Verdict(rule, "pass", look(visit))
    except Skipped as reason:
        return Verdict(rule, "skipped", str(reason))
    except (Broken, Malformed) as error:
        return Verdict(rule, "fail", str(error))
    except MaritimeError as error:
        return Verdict(rule, "fail", str(error.__cause__ or type(error).__name__)[:200])


def _require(answer: Answer, *statuses: int) -> str:
    if answer.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise Broken(f"it answers {answer.status}, not {wanted}")
    return str(answer.status)
