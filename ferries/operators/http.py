"""The connector of operators that are asked over HTTP; docs/operators.md has the protocol."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import httpx

from ferries import words
from ferries.errors import (
    NotBookable,
    OperatorRefused,
    OperatorUnavailable,
    UnknownOffer,
)
from ferries.models import Operator
from ferries.operators import answers, client, memory
from ferries.operators.answers import Asked, Malformed, StopPort
from ferries.operators.base import Offer, Refusal, Reservation
from ferries.operators.client import Answer
from ferries.party import Party
from maritime.lib import clock

FOUND = (httpx.codes.OK, httpx.codes.CREATED)
VEHICLE_FIELDS = ("kind", "length_cm", "height_cm", "trailer_length_cm")
# Kept in English, since answers are cached for readers of every language.
NOT_SOLD_HERE = Refusal("not_sold_here", words.NOT_SOLD_HERE)


class HttpConnector:
    """Asks the operator's system what `Operator.capabilities` says it can be asked.

    It is given the operator's names of our ports, so it needs no database and may run in any
    thread. Where a port has several names, the first is asked about.
    """

    def __init__(self, stops: Iterable[StopPort]) -> None:
        self._stops = tuple(stops)

    def search(
        self, operator: Operator, *, origin: str, destination: str, day: date, party: Party
    ) -> list[Offer]:
        """Return the offers of a port pair (our codes) on the local day of the origin port.

        Raises OperatorUnavailable, also when the operator has no name for one of the ports. Offers
        of an operator that cannot be sold from here say so.
        """
        if not operator.can("search"):
            return []
        ends = self._stop_at(origin), self._stop_at(destination)
        question = {
            "origin": ends[0].stop_id,
            "destination": ends[1].stop_id,
            "date": day.isoformat(),
            "party": party_json(party),
        }
        answer = client.ask(operator, "POST", "/v1/search", body=question)
        body = _found(answer, missing=OperatorUnavailable())
        with _strictly():
            asked = Asked(operator, party, {end.stop_id: end for end in ends})
            offers = answers.offers(body, asked)
            if any(not _is_for(offer, ends, day) for offer in offers):
                raise Malformed("an offer is for another day or direction")
        if not operator.can("check"):
            memory.note_listed(offers, day=day)
        return [_for_sale(operator, offer) for offer in offers]

    def check(self, operator: Operator, *, offer_id: str, party: Party) -> Offer:
        """Return the offer as it stands now; raises UnknownOffer, OperatorUnavailable.

        Where the system cannot be asked about one offer, the search that listed it is asked anew.
        """
        if not operator.can("check"):
            return self._search_again(operator, offer_id=offer_id, party=party)
        question = {"offer": _remote_id(offer_id), "party": party_json(party)}
        answer = client.ask(operator, "POST", "/v1/check", body=question)
        body = _found(answer, missing=UnknownOffer())
        with _strictly():
            asked = Asked(operator, party, {stop.stop_id: stop for stop in self._stops})
            offer = answers.offer(body.get("offer"), asked)
            if offer.id != offer_id:
                raise Malformed("the offer is another one")
        return _for_sale(operator, offer)

    def reserve(
        self, operator: Operator, *, offer_id: str, party: Party, reference: str, until: datetime
    ) -> Reservation:
        """Hold space until the moment. Our reference makes it one reservation, however often asked.

        Raises NotBookable with the operator's reasons, UnknownOffer, OperatorRefused,
        OperatorUnavailable (then it may be held all the same, until `until`).
        """
        if not operator.sells:
            raise NotBookable(
                [{**NOT_SOLD_HERE.as_dict(), "message": words.told(NOT_SOLD_HERE.message)}]
            )
        question = {
            "offer": _remote_id(offer_id),
            "party": party_json(party),
            "until": until.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        answer = client.ask(operator, "PUT", _path(reference), body=question)
        return _reservation(_found(answer, missing=UnknownOffer()), reference)

    def confirm(self, operator: Operator, *, reference: str) -> Reservation:
        """Make the reservation firm; never sends a confirmation that may have arrived already.

        Asks how it stands before, and again when the answer was lost. A system that cannot be asked
        is sent the same confirmation again: the protocol makes the second one do nothing. Raises
        OperatorRefused, OperatorUnavailable (worth another try later).
        """
        found = self._settle(operator, reference, "confirm", done=("confirmed",))
        if found.state in ("cancelled", "unknown"):
            raise OperatorRefused from ValueError(f"the reservation is {found.state}")
        return _settled(found, "confirmed")

    def status(self, operator: Operator, *, reference: str) -> Reservation:
        """Return where the reservation stands; unknown when the operator never heard of it.

        `untold` where the system cannot be asked.
        """
        if not operator.can("status"):
            return Reservation("untold")
        return _known(client.ask(operator, "GET", _path(reference)), reference)

    def cancel(self, operator: Operator, *, reference: str) -> Reservation:
        """Give the space back; what is cancelled or unknown already is answered as that.

        Asks how it stands before it says so, and again when the answer was lost, as `confirm` does.
        Raises OperatorRefused, OperatorUnavailable (worth another try later).
        """
        found = self._settle(operator, reference, "cancel", done=("cancelled", "unknown"))
        return _settled(found, "cancelled", "unknown")

    def _settle(
        self, operator: Operator, reference: str, action: str, *, done: tuple[str, ...]
    ) -> Reservation:
        """Give one order at most, unless the reservation is in a good state; return its state."""
        known = self.status(operator, reference=reference)
        if known.state in done:
            return known
        order = client.ask if known.state == "untold" else client.ask_once
        try:
            answer = order(operator, "POST", _path(reference, f"/{action}"))
            return _reservation_or_unknown(answer, reference)
        except NotBookable as error:
            raise OperatorRefused(**error.details) from error
        except OperatorUnavailable:
            known = self.status(operator, reference=reference)
            if known.state not in done:
                raise
            return known

    def _search_again(self, operator: Operator, *, offer_id: str, party: Party) -> Offer:
        listed = memory.where_listed(offer_id)
        if listed is None:
            raise UnknownOffer
        origin, destination, day = listed
        found = self.search(operator, origin=origin, destination=destination, day=day, party=party)
        for offer in found:
            if offer.id == offer_id:
                return offer
        raise UnknownOffer

    def names_of(self, origin: str, destination: str) -> tuple[str, str]:
        """Return what the operator calls two ports (our codes); raises OperatorUnavailable."""
        return self._stop_at(origin).stop_id, self._stop_at(destination).stop_id

    def _stop_at(self, port: str) -> StopPort:
        for stop in self._stops:
            if stop.code == port:
                return stop
        raise OperatorUnavailable from ValueError(f"the operator has no stop at {port}")


def _found(answer: Answer, *, missing: Exception) -> dict[str, Any]:
    """Return the body of a good answer; 404 raises `missing`, 409 and the rest a refusal."""
    if answer.status in FOUND:
        return answer.body
    if answer.status == httpx.codes.NOT_FOUND:
        raise missing
    with _strictly():
        refusals = answers.read_refusals(answer.body)
    if answer.status == httpx.codes.CONFLICT and refusals:
        raise NotBookable([refusal.as_dict() for refusal in refusals])
    raise OperatorRefused from ValueError(f"status {answer.status}")


def _settled(found: Reservation, *wanted: str) -> Reservation:
    """Return the reservation; a good answer with another state than ordered counts as none."""
    if found.state not in wanted:
        raise OperatorUnavailable from ValueError(f"it was not done: {found.state}")
    return found


def _known(answer: Answer, reference: str) -> Reservation:
    """Return where a reservation stands; whatever is no state and no 404 counts as no answer."""
    try:
        return _reservation_or_unknown(answer, reference)
    except (NotBookable, OperatorRefused) as error:
        raise OperatorUnavailable from error


def _reservation_or_unknown(answer: Answer, reference: str) -> Reservation:
    if answer.status == httpx.codes.NOT_FOUND:
        return Reservation("unknown")
    return _reservation(_found(answer, missing=OperatorUnavailable()), reference)


def _for_sale(operator: Operator, offer: Offer) -> Offer:
    """Return the offer, refused if the operator cannot be sold from here."""
    if operator.sells or not offer.bookable:
        return offer
    return replace(offer, refusals=(NOT_SOLD_HERE,))


def _reservation(body: Mapping[str, Any], reference: str) -> Reservation:
    with _strictly():
        return answers.reservation(body, reference=reference)


@contextmanager
def _strictly() -> Iterator[None]:
    """Treat an answer of another shape as none."""
    try:
        yield
    except Malformed as error:
        raise OperatorUnavailable from error


def _is_for(offer: Offer, ends: tuple[StopPort, StopPort], day: date) -> bool:
    local_day = clock.local(offer.departs_at, ends[0].zone).date()
    return (offer.origin, offer.destination, local_day) == (ends[0].code, ends[1].code, day)


def _remote_id(offer_id: str) -> str:
    """Return the operator's own id within ours; raises UnknownOffer."""
    remote = offer_id.partition("~")[2]
    if not answers.REMOTE_ID.fullmatch(remote):
        raise UnknownOffer
    return remote


def _path(reference: str, action: str = "") -> str:
    return f"/v1/reservations/{quote(reference, safe='')}{action}"


def party_json(party: Party) -> dict[str, Any]:
    """Return what the protocol says of a party: numbers and sizes, and nothing else that we know."""
    vehicle = party.vehicle
    return {
        "adults": party.adults,
        "children": party.children,
        "infants": party.infants,
        "vehicle": {name: getattr(vehicle, name) for name in VEHICLE_FIELDS} if vehicle else None,
    }
