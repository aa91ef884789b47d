"""How the company answers the six questions of the protocol; plain values in and out, no HTTP."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from ferries import refusals
from ferries.offers import Refusal
from ferries.party import Party
from ferries.simulator import tariff
from ferries.simulator.books import Books, Entry
from ferries.simulator.controls import Controls
from ferries.simulator.questions import Hold, Search, read_party
from ferries.simulator.tariff import Space
from ferries.simulator.timetable import Departure, Timetable

Body = dict[str, Any]


class NotFound(Exception):
    """No such stop, offer or reservation."""


class Refused(Exception):
    """The company says no: a code, a sentence, and the single reasons where a party does not fit."""

    def __init__(self, code: str, message: str, reasons: Sequence[Refusal] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reasons = tuple(reasons)


class Company:
    """Sells the timetable's departures and writes its books; `now` comes from the caller."""

    def __init__(self, timetable: Timetable, books: Books, controls: Controls) -> None:
        self._timetable = timetable
        self._books = books
        self._controls = controls

    def search(self, question: Search, *, now: datetime) -> Body:
        """Return the day's offers between two stops."""
        ends = question.origin, question.destination
        if not all(self._timetable.knows(stop) for stop in ends):
            raise NotFound
        found = self._timetable.departures(*ends, question.day)
        standing = self._books.standing([each.sailing for each in found], now=now)
        offers = [self._offer(each, question.party, standing, now) for each in found]
        return {"offers": offers}

    def check(self, offer: str, party: Party, *, now: datetime) -> Body:
        """Return one offer as it stands now."""
        departure = self._departure(offer)
        standing = self._books.standing([departure.sailing], now=now)
        return {"offer": self._offer(departure, party, standing, now)}

    def reserve(self, reference: str, hold: Hold, *, now: datetime) -> Body:
        """Hold space; the same question again is the same reservation."""
        question = json.dumps({"offer": hold.offer, "party": asdict(hold.party)})
        departure = self._departure(hold.offer)
        with self._books.open():
            known = self._books.find(reference)
            if known and known.question != question:
                raise Refused("reference_taken", "The reference is used for another reservation.")
            if known and known.state_at(now) == "cancelled":
                raise Refused("reservation_cancelled", "The reservation is cancelled.")
            if known and known.state_at(now) != "expired":
                return _answer(known, now)
            if self._controls.happens("sold_out_between", "reserve"):
                raise _sold_out(hold.party)
            self._require_space(departure, hold.party, now)
            entry = _entry(reference, departure, hold, question)
            self._books.write(entry)
        return _answer(entry, now)

    def confirm(self, reference: str, *, now: datetime) -> Body:
        """Make a reservation firm; an expired one only if its space is still free."""
        with self._books.open():
            entry = self._entry(reference)
            state = entry.state_at(now)
            if state == "confirmed":
                return _answer(entry, now)
            if state == "cancelled":
                raise Refused("reservation_cancelled", "The reservation is cancelled.")
            if self._controls.settings.refuse_confirm:
                raise Refused("not_confirmed", "The company cannot take this reservation.")
            if state == "expired":
                question = json.loads(entry.question)
                departure = self._departure(question["offer"])
                self._require_space(departure, read_party(question), now)
            confirmed = replace(entry, state="confirmed")
            self._books.write(confirmed)
        return _answer(confirmed, now)

    def status(self, reference: str, *, now: datetime) -> Body:
        """Return where a reservation stands."""
        return _answer(self._entry(reference), now)

    def cancel(self, reference: str, *, now: datetime) -> Body:
        """Give the space back; again is harmless."""
        with self._books.open():
            cancelled = replace(self._entry(reference), state="cancelled")
            self._books.write(cancelled)
        return _answer(cancelled, now)

    def reservations(self) -> dict[str, int]:
        """Return how many reservations are in each state; expired holds still count as held."""
        return self._books.counts()

    def _departure(self, offer: str) -> Departure:
        departure = self._timetable.departure(offer)
        if departure is None:
            raise NotFound
        return departure

    def _entry(self, reference: str) -> Entry:
        entry = self._books.find(reference)
        if entry is None:
            raise NotFound
        return entry

    def _require_space(self, departure: Departure, party: Party, now: datetime) -> None:
        standing = self._books.standing([departure.sailing], now=now)
        reasons = tariff.against(departure, party, self._space(departure, standing), now=now)
        if reasons:
            message = " ".join(reason.message for reason in reasons)
            raise Refused("not_bookable", message, reasons)

    def _space(self, departure: Departure, standing: Sequence[Entry]) -> Space:
        """Return what is left on the fullest stretch of the ride."""
        if self._controls.settings.sold_out:
            return Space(0, 0)
        sectors = [
            [entry for entry in standing if entry.crosses(departure.sailing, sector)]
            for sector in range(departure.first, departure.last)
        ]
        return Space(
            tariff.PERSONS - max(sum(entry.persons for entry in sector) for sector in sectors),
            tariff.LANE_CM - max(sum(entry.lane_cm for entry in sector) for sector in sectors),
        )

    def _offer(
        self, departure: Departure, party: Party, standing: Sequence[Entry], now: datetime
    ) -> Body:
        space = self._space(departure, standing)
        reasons = tariff.against(departure, party, space, now=now)
        return {
            "id": departure.id,
            "sailing": departure.sailing,
            "vessel": tariff.VESSEL,
            "origin": departure.origin,
            "destination": departure.destination,
            "departs_at": refusals.utc_text(departure.departs_at),
            "arrives_at": refusals.utc_text(departure.arrives_at),
            "currency": tariff.CURRENCY,
            "lines": [asdict(line) for line in tariff.price(party)[0]],
            "left": space.left,
            "refusals": [asdict(reason) for reason in reasons],
        }


def _sold_out(party: Party) -> Refused:
    """Say that somebody else was quicker."""
    reason = refusals.persons_short(left=0, needed=party.persons)
    return Refused("not_bookable", reason.message, [reason])


def _entry(reference: str, departure: Departure, hold: Hold, question: str) -> Entry:
    return Entry(
        reference=reference,
        operator_reference=f"KOMP-{secrets.token_hex(4).upper()}",
        state="held",
        until=hold.until.timestamp(),
        question=question,
        sailing=departure.sailing,
        first=departure.first,
        last=departure.last,
        persons=hold.party.persons,
        lane_cm=tariff.lane_cm(hold.party),
    )


def _answer(entry: Entry, now: datetime) -> Body:
    return {
        "reference": entry.reference,
        "operator_reference": entry.operator_reference,
        "state": entry.state_at(now),
    }
