"""What a cancellation, an amendment or a no-show costs under the conditions of a fare. Pure.

`charges` walks one road for each selection of price lines: take discounts off the lines that bear
them, find each line's band by the hours left, compute the charge of each group (item, person,
sailing or booking), spread it over the group's lines. docs/conditions.md has worked examples.
"""

import itertools
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from ferries.fees import Part, group_fees
from ferries.reductions import reductions_of, with_discounts
from maritime.lib.texts import gettext_noop

HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
NOTHING = timedelta(0)
# Kept in English, since bookings store them; `ferries.condition_words` tells them to readers.
DEPARTED_SENTENCE = gettext_noop("The sailing has departed; nothing is refunded.")
BEGUN_SENTENCE = gettext_noop(
    "The journey has begun; the fare allows no refund of what is left of it."
)
NO_CONDITIONS_SENTENCE = gettext_noop("The fare allows no refund.")
ALWAYS_SENTENCE = gettext_noop("Refunded in full until departure.")


@dataclass(frozen=True)
class Band:
    """One band of a fare's conditions, as the table `ConditionBand` has it; money in minor units.

    Includes `from_hours`, excludes `to_hours` (none: "or earlier"), counted back from the departure
    that `reference` names: own, first or outbound. `amount` (of a flat charge), `minimum` and
    `maximum` count once for each `per`: item, person, sailing or booking. `components` are the
    kinds of lines it charges; none: those that no other band of the action names.
    """

    code: str
    action: str = "cancel"
    from_hours: int = 0
    to_hours: int | None = None
    charge: str = "percent"
    percent: int = 0
    amount: int = 0
    minimum: int = 0
    maximum: int | None = None
    per: str = "item"
    reference: str = "own"
    components: tuple[str, ...] = ()
    medium: str = "original"
    sentence: str = ""

    def spans(self, left: timedelta) -> bool:
        """Tell whether so much time before the reference departure falls into the band."""
        return left >= self.from_hours * HOUR and (
            self.to_hours is None or left < self.to_hours * HOUR
        )


@dataclass(frozen=True)
class Terms:
    """The conditions of one fare family, as a booking keeps them for each leg.

    `always_refunded` are kinds of lines that a cancellation before departure gives back in full.
    `amend_until_hours` before departure amendments end; None: no amendment at all.
    """

    family: str = ""
    bands: tuple[Band, ...] = ()
    always_refunded: tuple[str, ...] = ()
    amend_until_hours: int | None = None
    free_amendments: int = 0
    difference_refunded: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return plain values that JSON can carry; `terms_from_json` reads them."""
        values = asdict(self)
        return {
            **values,
            "bands": [{**band, "components": list(band["components"])} for band in values["bands"]],
            "always_refunded": list(self.always_refunded),
        }

    def bands_of(self, action: str, kind: str) -> list[Band]:
        """Return the bands that rule a kind of line: those that name it, else the general ones."""
        bands = [band for band in self.bands if band.action == action]
        named = [band for band in bands if kind in band.components]
        return named or [band for band in bands if not band.components]


@dataclass(frozen=True)
class Departures:
    """From when the hours count: the leg's own, the booking's first, the outbound departure.

    `sold`: the leg's departure before it was amended, if that was another one. The earlier of the
    two counts, so that nobody moves to a later sailing in order to cancel it for less.
    """

    own: datetime
    first: datetime
    outbound: datetime
    sold: datetime | None = None

    def at(self, reference: str) -> datetime:
        """Return the moment that a band's `reference` names."""
        own = min(self.own, self.sold or self.own)
        return {"own": own, "first": self.first, "outbound": self.outbound}[reference]


@dataclass(frozen=True)
class Line:
    """One price line of the selection: minor units, negative for a discount."""

    leg: int
    item: str
    kind: str
    label: str
    amount: int


@dataclass(frozen=True)
class Charge:
    """What is kept of a line and what goes back, with the band that says so.

    `hours` are the whole hours left before the departure that the band counts from; amounts are
    minor units of one currency. `base` is the line's amount, and always `charge + refund`; both
    are negative for a discount, which lowers charge and refund of the lines that bear it.
    """

    leg: int
    item: str
    kind: str
    label: str
    band: str
    hours: int
    base: int
    charge: int
    refund: int
    sentence: str
    medium: str


@dataclass(frozen=True)
class _Verdict:
    """What the conditions say of a line: a band, or (band None) all kept or all refunded."""

    code: str
    hours: int
    sentence: str
    band: Band | None = None
    is_refunded: bool = False


def charges(
    lines: Sequence[Line],
    *,
    terms: Mapping[int, Terms],
    departures: Mapping[int, Departures],
    now: datetime,
    action: str = "cancel",
) -> list[Charge]:
    """Return what the action costs for each line of the selection, in their order.

    `terms` and `departures` go by leg. Hours are absolute: a night when clocks change has no
    effect. From the leg's departure on everything is kept (band "departed"), except for a no-show,
    which counts as the last moment before it; so it is where no band says otherwise
    ("no_conditions"). Before departure the kinds `always_refunded` are refunded in full.
    A charge never exceeds what was paid for its group, so no refund is negative in sum.
    """
    reductions = reductions_of(lines)
    paid = [
        max(0, line.amount) - sum(reduction.values())
        for line, reduction in zip(lines, reductions, strict=True)
    ]
    verdicts = [
        _verdict(line.kind, terms[line.leg], departures[line.leg], now=now, action=action)
        for line in lines
    ]
    kept = _kept(lines, paid, verdicts, terms)
    charged = with_discounts([line.amount for line in lines], kept=kept, reductions=reductions)
    spoken = _spoken_for(verdicts, reductions)
    return [
        _charge(line, verdict, charge)
        for line, verdict, charge in zip(lines, spoken, charged, strict=True)
    ]


def problems(bands: Sequence[Band]) -> list[str]:
    """Return a sentence for each gap, overlap and contradiction in one fare's bands.

    Hours are looked at for each action, reference and set of components on its own. An empty list
    says that each kind of line meets exactly one band at any time before departure.
    """
    found = [sentence for band in bands for sentence in _contradictions(band)]
    groups: dict[tuple[str, str, tuple[str, ...]], list[Band]] = defaultdict(list)
    for band in bands:
        groups[band.action, band.reference, tuple(sorted(band.components))].append(band)
    for (action, _reference, components), group in groups.items():
        name = f"{action} ({', '.join(components)})" if components else action
        found += _holes(name, sorted(group, key=lambda band: band.from_hours))
    return found + _rivals(list(groups))


def next_change(
    terms: Terms, departures: Departures, now: datetime, *, action: str = "cancel"
) -> datetime | None:
    """Return the next moment at which a charge on the leg may change; None after its departure.

    What `charges` says now, it says at every moment before the one returned.
    """
    if now >= departures.own:
        return None
    moments = {departures.own}
    for band in terms.bands:
        if band.action == action:
            departs_at = departures.at(band.reference)
            moments |= {
                departs_at - hours * HOUR for hours in (band.from_hours, band.to_hours or 0)
            }
    # A band includes the moment at which it ends, so at that moment the next one is an instant off.
    return min(moment if moment > now else now + INSTANT for moment in moments if moment >= now)


def terms_from_json(value: dict[str, Any] | list[dict[str, Any]]) -> Terms:
    """Return the terms that `Terms.as_json` wrote.

    Reads the form of bookings made before fare families too: a list of percentage bands.
    """
    if isinstance(value, list):
        return Terms(bands=tuple(_old_band(band) for band in value))
    bands = tuple(
        Band(**{**band, "components": tuple(band["components"])}) for band in value["bands"]
    )
    return Terms(**{**value, "bands": bands, "always_refunded": tuple(value["always_refunded"])})


def _old_band(band: dict[str, Any]) -> Band:
    return Band(
        band["code"],
        from_hours=band["from_hours"],
        to_hours=band["to_hours"],
        percent=band["charge_percent"],
        sentence=band["sentence"],
    )


def _verdict(
    kind: str, terms: Terms, departures: Departures, *, now: datetime, action: str
) -> _Verdict:
    is_no_show = action == "no_show"
    if now >= departures.own and not is_no_show:
        return _Verdict("departed", 0, DEPARTED_SENTENCE)
    hours = max(NOTHING, departures.own - now) // HOUR
    if action == "cancel" and kind in terms.always_refunded:
        return _Verdict("always_refunded", hours, ALWAYS_SENTENCE, is_refunded=True)
    bands = terms.bands_of(action, kind)
    for band in bands:
        left = departures.at(band.reference) - now
        left = max(NOTHING, left) if is_no_show else left
        if band.spans(left) and (left > NOTHING or is_no_show):
            return _Verdict(band.code, left // HOUR, band.sentence, band)
    if bands and all(now >= departures.at(band.reference) for band in bands):
        return _Verdict("departed", hours, BEGUN_SENTENCE)
    return _Verdict("no_conditions", hours, NO_CONDITIONS_SENTENCE)


def _kept(
    lines: Sequence[Line],
    paid: Sequence[int],
    verdicts: Sequence[_Verdict],
    terms: Mapping[int, Terms],
) -> list[int]:
    """Return what is kept of the amount paid for each line."""
    kept = [
        0 if verdict.is_refunded else amount for verdict, amount in zip(verdicts, paid, strict=True)
    ]
    lead = next((line.item for line in lines if _is_person(line)), "")
    groups: dict[Hashable, list[tuple[int, Part]]] = defaultdict(list)
    for index, (line, verdict) in enumerate(zip(lines, verdicts, strict=True)):
        if band := verdict.band:
            unit = _unit(line, band.per, lead)
            key = (terms[line.leg], frozenset(band.components), band.charge, band.per, unit)
            counts = band.per != "person" or lead != ""
            groups[key].append((index, _part(paid[index], band, counts=counts)))
    for group in groups.values():
        fees = group_fees([part for _, part in group])
        for (index, _), fee in zip(group, fees, strict=True):
            kept[index] = fee
    return kept


def _part(paid: int, band: Band, *, counts: bool) -> Part:
    """Return a line's part of its group; the band's amounts hold when there is what they count."""
    share = band.percent if band.charge == "percent" else 0
    if not counts:
        return Part(paid, share)
    least = {"flat": band.amount, "percent": band.minimum}.get(band.charge, 0)
    return Part(paid, share, least, band.maximum)


def _is_person(line: Line) -> bool:
    return line.item.startswith("p")


def _unit(line: Line, per: str, lead: str) -> tuple[int | str, ...]:
    """Return what one flat amount, minimum or maximum is counted for.

    Per person, what belongs to nobody alone (vehicle, cabin, the leg's fees) goes with the first
    traveller of the selection, who may ride free with the vehicle.
    """
    if per == "booking":
        return ()
    if per == "sailing":
        return (line.leg,)
    if per == "person":
        return (line.item if _is_person(line) else lead,)
    return (line.leg, line.item)


def _spoken_for(
    verdicts: Sequence[_Verdict], reductions: Sequence[dict[int, int]]
) -> list[_Verdict]:
    """Return the verdict to tell for each line: a discount has that of the first line it reduces."""
    told = list(verdicts)
    for verdict, reduction in reversed(list(zip(verdicts, reductions, strict=True))):
        for discount in reduction:
            told[discount] = verdict
    return told


def _charge(line: Line, verdict: _Verdict, charge: int) -> Charge:
    return Charge(
        leg=line.leg,
        item=line.item,
        kind=line.kind,
        label=line.label,
        band=verdict.code,
        hours=verdict.hours,
        base=line.amount,
        charge=charge,
        refund=line.amount - charge,
        sentence=verdict.sentence,
        medium=verdict.band.medium if verdict.band else "original",
    )


def _contradictions(band: Band) -> list[str]:
    """Return a sentence for each field of a band that another one denies."""
    faults = {
        "ends before it begins": band.to_hours is not None and band.to_hours <= band.from_hours,
        "charges more than 100 %": band.percent > 100,
        "has a percentage, but does not charge by it": bool(band.percent)
        and band.charge != "percent",
        "has an amount, but no flat charge": bool(band.amount) and band.charge != "flat",
        "has a flat charge without an amount": band.charge == "flat" and not band.amount,
        "has a minimum or maximum, but no percentage": band.charge != "percent"
        and (band.minimum > 0 or band.maximum is not None),
        "has a minimum above its maximum": band.maximum is not None and band.minimum > band.maximum,
    }
    return [
        f"{band.action}: {band.code} {fault}." for fault, is_there in faults.items() if is_there
    ]


def _holes(name: str, bands: Sequence[Band]) -> list[str]:
    """Return a sentence for each stretch of hours that no band or more than one covers."""
    found = []
    end: int | None = 0
    last = ""
    for band in bands:
        start = band.from_hours
        if end is None or start < end:
            found.append(f"{name}: {last} and {band.code} overlap from {start} hours on.")
        elif start > end:
            found.append(f"{name}: no band covers {end} to {start} hours before departure.")
        if end is not None and (band.to_hours is None or band.to_hours > end):
            end, last = band.to_hours, band.code
    if end is not None:
        found.append(f"{name}: no band covers {end} hours before departure or earlier.")
    return found


def _rivals(groups: Sequence[tuple[str, str, tuple[str, ...]]]) -> list[str]:
    """Return a sentence where two sets of bands rule one kind of line, or none rules most kinds."""
    found = []
    for (action, _, kinds), (other, _, others) in itertools.combinations(groups, 2):
        shared = sorted(set(kinds) & set(others))
        if action == other and (shared or kinds == others):
            names = ", ".join(shared) or "all kinds of lines"
            found.append(
                f"{action}: two sets of bands rule {names}; name a kind in one set of components, "
                "counted from one departure."
            )
    actions = {
        action: all(kinds for each, _, kinds in groups if each == action) for action, *_ in groups
    }
    return found + [
        f"{action}: no band covers the kinds of lines that no band names."
        for action, is_partial in actions.items()
        if is_partial
    ]
