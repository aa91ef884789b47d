"""A change worked out in full before anything is written: space, lines, people, tickets, sums."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.errors import InvalidJourney, NotAmendable, WrongState
from bookings.labels import NOT_REFUNDED
from bookings.models import Amendment, Booking
from bookings.operations import amend_price, persons, terms
from bookings.operations.amend_cast import (
    VEHICLE,
    Booked,
    Cast,
    named_people,
    read_booked,
    require_legs,
    wanted_casts,
)
from bookings.operations.amend_price import Changed, Fee
from bookings.operations.amend_request import AmendRequest, BookedLine, TravellerWish
from bookings.operations.journey import QuotedLeg
from ferries import exchange, inventory
from ferries.condition_words import rule_sentence
from ferries.conditions import Charge, terms_from_json
from ferries.errors import NotBookable
from ferries.inventory import Need
from ferries.models import CapacityClaim
from ferries.operators.local import leg_of_offer
from ferries.party import Party
from maritime.lib import clock
from maritime.lib.local import long_day_text


@dataclass(frozen=True)
class Draft:
    """Everything that the change writes, and what it costs in minor units."""

    booked: Booked
    request: AmendRequest
    changed: tuple[Changed, ...]
    needs: dict[int, list[Need]]
    own_claims: list[CapacityClaim]
    corrected: dict[int, set[str]]
    people: tuple[TravellerWish, ...] | None
    fees: list[Fee]
    charges: list[Charge]

    @property
    def difference(self) -> int:
        """Return new fares less old ones."""
        return sum(each.difference for each in self.changed)

    @property
    def fee(self) -> int:
        """Return what the conditions add."""
        return sum(fee.amount for fee in self.fees)

    @property
    def due(self) -> int:
        """Return what has to be paid before the change is made."""
        return max(0, self.difference + self.fee)

    @property
    def refund(self) -> int:
        """Return what goes back: never more than there is."""
        booking = self.booked.booking
        return min(max(0, -self.difference - self.fee), booking.paid - booking.refunded)

    @property
    def before(self) -> tuple[BookedLine, ...]:
        """Return the live lines of the booking."""
        return tuple(_shown(line.leg.position + 1, line) for line in self.booked.live)

    @property
    def after(self) -> tuple[BookedLine, ...]:
        """Return the lines that the booking will have."""
        ended = self.ended
        kept = [line for line in self.booked.live if line.pk not in ended]
        lines = [_shown(line.leg.position + 1, line) for line in kept]
        for each in self.changed:
            lines += [_shown(each.standing.number, line) for line in each.inserted]
        lines += [
            BookedLine(fee.leg.number, "b0", "fee", fee.label, fee.amount) for fee in self.fees
        ]
        return tuple(sorted(lines, key=lambda line: line.leg))

    @property
    def ended(self) -> set[int]:
        """Return the keys of the lines that the change ends."""
        return {line.pk for each in self.changed for line in each.cancelled}

    @property
    def excess(self) -> list[Need]:
        """Return what the change takes beyond the space that it gives back."""
        needs = [need for found in self.needs.values() for need in found]
        return exchange.excess(needs, exchange.freed(self.own_claims))

    @property
    def is_correction(self) -> bool:
        """Tell whether only names or plates change."""
        return not self.changed

    @property
    def digest(self) -> str:
        """Return a short name of the lines after the change."""
        text = json.dumps([asdict(line) for line in self.after], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def sentences(self) -> tuple[str, ...]:
        """Say what changes and what the fee is for, for people."""
        moved = (_moved(each) for each in self.changed if each.moves)
        charged = (self._charged(each) for each in self.charges if each.charge and each.sentence)
        lower = _("The fare is lower now; the difference is not refunded.")
        kept = (lower for fee in self.fees if fee.label == NOT_REFUNDED)
        free = () if self.fee else (_("The change itself costs nothing."),)
        return tuple(dict.fromkeys((*moved, *charged, *kept, *free)))

    def as_json(self) -> dict[str, Any]:
        """Return what `amend_apply` needs to make the change, now or once it is paid."""
        return {
            "request": self.request.as_json(),
            "is_correction": self.is_correction,
            "before": [asdict(line) for line in self.before],
            "after": [asdict(line) for line in self.after],
            "sentences": self._stored_sentences(),
            "live": [line.pk for line in self.booked.live],
            "cancel": sorted(self.ended),
            "insert": [*self._inserted(), *self._fee_rows()],
            "legs": [self._leg_json(each) for each in self.changed],
            "passengers": [one.as_json() for one in self.people or ()],
            "vehicle": self._vehicle(),
            "tickets": self._tickets(),
        }

    def _charged(self, charge: Charge) -> str:
        leg = next(leg for leg in self.booked.legs if leg.number == charge.leg)
        return rule_sentence(
            charge.band,
            charge.sentence,
            terms=terms_from_json(leg.row.conditions),
            currency=self.booked.booking.currency,
            action="amend",
        )

    def _stored_sentences(self) -> list[str]:
        """Return the sentences in English, as rows and events keep them."""
        with translation.override(settings.LANGUAGE_CODE):
            return list(self.sentences())

    def _inserted(self) -> list[dict[str, Any]]:
        return [
            {"leg": each.standing.row.pk, **asdict(line)}
            for each in self.changed
            for line in each.inserted
        ]

    def _fee_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "leg": fee.leg.row.pk,
                "item": "b0",
                "kind": "fee",
                "label": fee.label,
                "amount": fee.amount,
                "rule": fee.rule,
            }
            for fee in self.fees
        ]

    def _leg_json(self, changed: Changed) -> dict[str, Any]:
        needs = self.needs[changed.standing.number]
        sailing = changed.leg.sailing
        return {
            "leg": changed.standing.row.pk,
            "sailing": sailing.pk,
            "sailing_version": sailing.version,
            "facts": _facts(changed),
            "needs": [[need.pool_id, need.item, need.amount] for need in needs],
        }

    def _vehicle(self) -> dict[str, Any] | None:
        vehicles = self.request.vehicles
        return asdict(vehicles[0]) if vehicles else None

    def _tickets(self) -> list[dict[str, Any]]:
        """Return by leg whose tickets end and who gets new ones."""
        changed = {each.standing.number: each for each in self.changed}
        found = []
        for leg in self.booked.legs:
            each, corrected = changed.get(leg.number), self.corrected.get(leg.number, set())
            old, new = leg.cast.items, (each.cast if each else leg.cast).items
            is_new = each and (each.moves or each.cast.accommodation != leg.cast.accommodation)
            touched = old | new if is_new else corrected | (each.touched if each else set())
            if touched:
                found.append(
                    {
                        "leg": leg.row.pk,
                        "void": sorted(touched & old),
                        "issue": sorted(item for item in touched & new if item[0] in "pv"),
                    }
                )
        return found


def draft_amendment(booking: Booking, request: AmendRequest, *, now: datetime) -> Draft:
    """Work the change out at today's prices, on the space as it is now; writes nothing.

    The space that the changed legs have counts as free. No network. Raises WrongState (not
    confirmed), NotAmendable, NotBookable (with the number of the leg), InvalidParty,
    PersonsListIncomplete, InvalidJourney, UnknownOffer.
    """
    if booking.state != Booking.State.CONFIRMED:
        raise WrongState(state=booking.state_at(now))
    booked = read_booked(booking)
    require_legs(booked, request, now=now)
    people = named_people(booked, request, now=now)
    people = persons.as_asked_of_change(booked, people, now=now)
    corrected = _corrected(booked, request, people, now=now)
    casts = wanted_casts(booked, request, people, now=now)
    differs = _differing(booked, request, casts)
    if not differs and not corrected and not _is_listed_anew(booked, people):
        raise NotAmendable(_("This changes nothing in the booking."))
    for leg in booked.legs:
        items = corrected.get(leg.number, set())
        if leg.number in differs or items:
            by_fare = leg.number in differs or bool(items - {VEHICLE})
            amend_price.require_amendable(leg, by_fare=by_fare, now=now)
    priced = [
        amend_price.changed_leg(
            booked, leg, casts[leg.number], (request.legs or {}).get(leg.number), now=now
        )
        for leg in booked.legs
        if leg.number in differs
    ]
    reduced = amend_price.with_discounts(booked, priced, now=now)
    changed = tuple(each for each in reduced if each.touched or each.cancelled or each.inserted)
    _require_order(booked, changed)
    claims = _claims(booking, changed)
    needs = _plan(booking, changed, claims, now)
    fees, charges = amend_price.fees(
        booked, changed, corrected, amendments=_applied(booking), now=now
    )
    return Draft(booked, request, changed, needs, claims, corrected, people, fees, charges)


def _corrected(
    booked: Booked,
    request: AmendRequest,
    people: Sequence[TravellerWish] | None,
    *,
    now: datetime,
) -> dict[int, set[str]]:
    """Return whose name, age or plate is another, by the number of each leg ahead they are on."""
    items = set()
    for one in people or ():
        row = booked.passengers.get(one.item)
        facts = (one.given_name, one.surname, one.age)
        if row and facts != (row.given_name, row.surname, row.age):
            items.add(one.item)
    row_of = booked.vehicle
    for vehicle in request.vehicles or ():
        if row_of and vehicle.registration != row_of.registration:
            items.add(VEHICLE)
    found = {leg.number: items & leg.cast.items for leg in booked.legs if leg.is_ahead(now)}
    return {number: names for number, names in found.items() if names}


def _is_listed_anew(booked: Booked, people: Sequence[TravellerWish] | None) -> bool:
    """Tell whether the list of persons shall say something else; tickets and prices do not."""
    rows = ((booked.passengers.get(one.item), one) for one in people or ())
    return any(row is not None and persons.differs(row, one) for row, one in rows)


def _differing(booked: Booked, request: AmendRequest, casts: dict[int, Cast]) -> Collection[int]:
    """Return the numbers of the legs that change in more than names."""
    wishes = request.legs or {}
    return {
        leg.number
        for leg in booked.legs
        if leg.number in casts
        and (
            leg.cast != casts[leg.number]
            or (leg.number in wishes and wishes[leg.number].offer_id != leg.row.offer_id)
        )
    }


def _require_order(booked: Booked, changed: Sequence[Changed]) -> None:
    times = {
        leg.number: (leg.row.departs_at, leg.row.arrives_at) for leg in booked.legs if leg.lines
    }
    for each in changed:
        times[each.standing.number] = (each.offer.departs_at, each.offer.arrives_at)
    in_order = [times[number] for number in sorted(times)]
    for earlier, later in pairwise(in_order):
        if later[0] < earlier[1]:
            raise InvalidJourney(_("The second crossing departs before the first one arrives."))


def _claims(booking: Booking, changed: Sequence[Changed]) -> list[CapacityClaim]:
    """Return the claims that the changed legs have now."""
    return [
        claim for each in changed for claim in claims_of_leg(booking, each.standing.row.offer_id)
    ]


def claims_of_leg(booking: Booking, offer_id: str) -> list[CapacityClaim]:
    """Return the claims that the booking has on the leg of one of our offers."""
    leg = leg_of_offer(offer_id)
    return exchange.claims_of(booking.public_id, sailing_id=leg.sailing_id, sectors=leg.sectors)


def _plan(
    booking: Booking,
    changed: Sequence[Changed],
    claims: Sequence[CapacityClaim],
    now: datetime,
) -> dict[int, list[Need]]:
    """Return what each changed leg takes, by its number; what they have now counts as free."""
    spaces = inventory.spaces_of({each.leg.sailing_id for each in changed}, now=now)
    free = exchange.freed(claims)
    found = {}
    for each in changed:
        party = each.cast.party(booking)
        mine = [space for space in spaces if space.sailing_id == each.leg.sailing_id]
        try:
            plan = inventory.plan_within(exchange.with_freed(mine, free), each.leg, party, now=now)
        except NotBookable as error:
            number = each.standing.number
            raise NotBookable(
                [{**refusal, "leg": number} for refusal in error.details["refusals"]]
            ) from error
        for need in plan:
            free[need.pool_id] -= need.amount
        names = each.cast.names
        found[each.standing.number] = [
            Need(need.pool_id, names.get(need.item, need.item), need.amount) for need in plan
        ]
    return found


def _applied(booking: Booking) -> int:
    """Return how many changes were made before that count for the free ones of a fare."""
    return booking.amendments.filter(
        state=Amendment.State.APPLIED, change__is_correction=False
    ).count()


def _facts(changed: Changed) -> dict[str, Any]:
    """Return what of the leg's row becomes another, as JSON can carry it."""
    offer, row = changed.offer, changed.standing.row
    codes = dict(changed.cast.accommodation)
    last = max((int(item[1:]) + 1 for item in codes), default=0)
    old = row.accommodation
    accommodation = [codes.get(f"a{index}") or old[index] for index in range(max(last, len(old)))]
    if not changed.moves:
        return {"accommodation": accommodation}
    facts: dict[str, Any] = {
        "accommodation": accommodation,
        "offer_id": offer.id,
        "sailing_ref": offer.sailing,
        "vessel": offer.vessel,
        "departs_at": offer.departs_at.isoformat(),
        "arrives_at": offer.arrives_at.isoformat(),
        "timetable_note": offer.timetable_note,
        "family": offer.family,
        "family_name": offer.family_name,
        "check_in_minutes": offer.check_in_minutes,
    }
    if offer.family != row.family:
        facts["conditions"] = _terms_of(changed)
    return facts


def _terms_of(changed: Changed) -> dict[str, Any]:
    leg = changed.leg
    quoted = QuotedLeg(leg.sailing.operator, changed.offer, Party(), leg)
    return terms.terms_of((quoted,))[0]


def _moved(changed: Changed) -> str:
    offer = changed.offer
    local = clock.local(offer.departs_at, offer.origin_zone)
    return _("Crossing %(number)d moves to %(day)s, %(time)s, %(vessel)s.") % {
        "number": changed.standing.number,
        "day": long_day_text(local),
        "time": f"{local:%H:%M}",
        "vessel": offer.vessel,
    }


def _shown(number: int, line: Any) -> BookedLine:
    return BookedLine(number, line.item, line.kind, line.label, line.amount)
