"""What takes something off the fares: customer groups, return journeys, offer codes. Pure.

Three stages, each on what the one before has left: group, return, offer code. Within a stage a
line is reduced once, by the first discount that covers it. docs/fares.md has an example.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ferries.offers import PriceLine, Refusal
from ferries.pricing import contained_vat, share
from maritime.lib import money
from maritime.lib.local import day_text
from maritime.lib.texts import gettext as _
from maritime.lib.texts import ngettext

# What a discount reduces that names no kinds of lines.
FARES = ("passenger", "vehicle", "trailer")
# The number of a leg, and of one of its lines.
Place = tuple[int, int]


@dataclass(frozen=True)
class DiscountFacts:
    """One discount, as the table `Discount` has it; "" for any family, periods with their ends.

    `percent_bp` in hundredths of a percent of each item, or `amount` in minor units off all legs
    together.
    """

    operator: str
    kind: str
    code: str
    label: str
    family: str = ""
    group: str = ""
    percent_bp: int = 0
    amount: int = 0
    components: tuple[str, ...] = ()
    travel_from: date | None = None
    travel_until: date | None = None
    booking_from: date | None = None
    booking_until: date | None = None

    @property
    def reduced(self) -> tuple[str, ...]:
        """Return the kinds of lines that it reduces."""
        return self.components or FARES

    def is_offer(self, code: str) -> bool:
        """Tell whether a customer who types the code, in any case, means this one."""
        return self.kind == "offer" and self.code.casefold() == code.strip().casefold()


@dataclass(frozen=True)
class LegPrice:
    """One leg of a journey with its price lines; codes of ports, `day` is its local travel day."""

    operator: str
    family: str
    origin: str
    destination: str
    day: date
    lines: tuple[PriceLine, ...]


def discounted(
    legs: Sequence[LegPrice],
    discounts: Sequence[DiscountFacts],
    *,
    group: str,
    offer_code: str,
    booked_on: date,
) -> tuple[tuple[PriceLine, ...], ...]:
    """Return the lines of each leg, followed by one negative line for each reduced item.

    `group` is the code of the party's customer group, `booked_on` the UTC day of booking. A
    return journey is two legs of one operator with swapped ports; on one local day its day
    return discounts count before those of any return. Percentages are rounded once for each item,
    halves up; amounts are spread by largest remainder; nothing is reduced below zero. An item has
    more than one line of a discount only if its fare, surcharges and taxes differ in their VAT.

    Lines may have discounts already: these are taken off first, and no discount applies twice to
    a leg, so the lines of an offer can be passed as they are.
    """
    journey = _Journey(legs, discounts)
    known = [each for each in discounts if _period_holds(each, booked_on)]
    ways = _return_legs(legs)
    for stage in _stages(known, group=group, offer_code=offer_code):
        journey.reduce_by(stage, ways)
    return journey.lines()


def reason_against(
    offer_code: str,
    legs: Sequence[LegPrice],
    discounts: Sequence[DiscountFacts],
    *,
    booked_on: date,
) -> Refusal | None:
    """Return why the code that a customer typed takes nothing off the legs, or None if it does.

    `discounts` are those of the legs' operators, or more. Codes: offer_code_unknown,
    offer_code_not_valid. Quota and limit need the database: `ferries.offer_codes`.
    """
    named = [each for each in discounts if each.is_offer(offer_code)]
    if not named:
        return unknown(offer_code)
    reasons = [_reason(offer, legs, discounts, booked_on=booked_on) for offer in named]
    return None if None in reasons else reasons[0]


def unknown(offer_code: str) -> Refusal:
    """Say that no operator of the journey has such an offer."""
    code = offer_code.strip()[:30]
    message = _("We do not know the offer code %(code)s. Please check it, or book without it.") % {
        "code": code
    }
    return Refusal("offer_code_unknown", message, {"offer_code": code})


def withdrawn() -> Refusal:
    """Say that the operator has deleted the offer since it was shown."""
    message = _("This offer has been withdrawn. Please book without the code.")
    return Refusal("offer_code_unknown", message)


def used_up(offer_code: str, *, quota: int) -> Refusal:
    """Say that the offer was limited to so many bookings, which are made."""
    message = ngettext(
        "The offer %(code)s was for the first %(quota)d booking, which is taken.",
        "The offer %(code)s was for the first %(quota)d bookings, which are taken.",
        quota,
    ) % {"code": offer_code, "quota": quota}
    return Refusal("offer_code_used_up", message, {"offer_code": offer_code, "quota": quota})


def used_before(offer_code: str, *, per_customer: int) -> Refusal:
    """Say that bookings of this e-mail address have used the offer as often as it allows."""
    message = (
        _("The offer %(code)s can be used once by one customer; you have used it.")
        if per_customer == 1
        else _("The offer %(code)s can be used %(times)d times by one customer; you have used it.")
    ) % {"code": offer_code, "times": per_customer}
    numbers: dict[str, int | str] = {"offer_code": offer_code, "per_customer": per_customer}
    return Refusal("offer_code_used_before", message, numbers)


def _reason(
    offer: DiscountFacts,
    legs: Sequence[LegPrice],
    discounts: Sequence[DiscountFacts],
    *,
    booked_on: date,
) -> Refusal | None:
    own = [leg for leg in legs if leg.operator == offer.operator]
    if not own:
        return _not_valid(offer, _("The offer %(code)s belongs to another ferry company."))
    if not _period_holds(offer, booked_on):
        period = _period(offer.booking_from, offer.booking_until)
        sentence = _("The offer %(code)s is for bookings made %(period)s.")
        return _not_valid(offer, sentence, period=period)
    travelling = [leg for leg in own if _within(leg.day, offer.travel_from, offer.travel_until)]
    if not travelling:
        period = _period(offer.travel_from, offer.travel_until)
        sentence = _("The offer %(code)s is for travel %(period)s.")
        return _not_valid(offer, sentence, period=period)
    if not any(offer.family in ("", leg.family) for leg in travelling):
        sentence = _("The offer %(code)s is for another fare than the one you chose.")
        return _not_valid(offer, sentence, family=offer.family)
    journey = _Journey(legs, discounts)
    if not journey.has(offer) and not journey.reduce_by([offer], {}):
        return _not_valid(offer, _("The offer %(code)s takes nothing off this journey."))
    return None


def _not_valid(
    offer: DiscountFacts, sentence: str, *, period: str = "", family: str = ""
) -> Refusal:
    numbers: dict[str, int | str] = {"offer_code": offer.code}
    if family:
        numbers["family"] = family
    message = sentence % {"code": offer.code, "period": period}
    return Refusal("offer_code_not_valid", message, numbers)


def _period(first: date | None, last: date | None) -> str:
    days = {"first": day_text(first) if first else "", "last": day_text(last) if last else ""}
    if first and last:
        return _("from %(first)s until %(last)s") % days
    return (_("from %(first)s") if first else _("until %(last)s")) % days


def _period_holds(discount: DiscountFacts, booked_on: date) -> bool:
    return _within(booked_on, discount.booking_from, discount.booking_until)


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def _stages(
    discounts: Sequence[DiscountFacts], *, group: str, offer_code: str
) -> Iterator[list[DiscountFacts]]:
    """Return the discounts of each stage in the order in which they may take a line.

    Those of the leg's own fare family come before those of every family, the rest as entered.
    """
    ordered = sorted(discounts, key=lambda each: not each.family)
    yield [each for each in ordered if each.kind == "group" and group and each.group == group]
    day_returns = [each for each in ordered if each.kind == "day_return"]
    yield [*day_returns, *(each for each in ordered if each.kind == "return")]
    yield [each for each in ordered if each.is_offer(offer_code)]


def _return_legs(legs: Sequence[LegPrice]) -> dict[str, frozenset[int]]:
    """Return which legs belong to a return journey ("return"), and which to one on one day."""
    pairs: list[tuple[int, int]] = []
    free = list(range(len(legs)))
    while free:
        first = free.pop(0)
        back = next((other for other in free if _is_way_back(legs[first], legs[other])), None)
        if back is not None:
            free.remove(back)
            pairs.append((first, back))
    same_day = [pair for pair in pairs if legs[pair[0]].day == legs[pair[1]].day]
    return {
        "return": frozenset(leg for pair in pairs for leg in pair),
        "day_return": frozenset(leg for pair in same_day for leg in pair),
    }


def _is_way_back(out: LegPrice, back: LegPrice) -> bool:
    ends = (out.operator, out.origin, out.destination)
    return ends == (back.operator, back.destination, back.origin)


class _Journey:
    """The lines of all legs and what is left of each while discounts are taken off."""

    def __init__(self, legs: Sequence[LegPrice], discounts: Sequence[DiscountFacts]) -> None:
        self.legs = legs
        self.left: dict[Place, int] = {}
        self.made: list[list[PriceLine]] = [[] for _ in legs]
        self.applied: set[tuple[int, str]] = set()
        kinds = {each.code: each.reduced for each in discounts}
        for number, leg in enumerate(legs):
            self._read(number, leg, kinds)

    def lines(self) -> tuple[tuple[PriceLine, ...], ...]:
        """Return the legs' lines with those of the discounts behind them."""
        pairs = zip(self.legs, self.made, strict=True)
        return tuple((*leg.lines, *made) for leg, made in pairs)

    def has(self, discount: DiscountFacts) -> bool:
        """Tell whether the discount was among the lines of a leg before."""
        return bool(self._done(discount))

    def reduce_by(self, stage: Sequence[DiscountFacts], ways: Mapping[str, frozenset[int]]) -> int:
        """Apply the discounts of one stage and return how much they took off, in minor units."""
        taken: set[Place] = set()
        whole = 0
        for discount in stage:
            legs = ways.get(discount.kind, range(len(self.legs)))
            places = [
                place
                for place in self.left
                if place[0] in legs and place not in taken and self._bears(discount, place)
            ]
            taken.update(places)
            done = self._done(discount)
            cuts = self._cuts(discount, [place for place in places if place[0] not in done])
            self._cut(discount, cuts)
            whole += sum(cuts.values())
        return whole

    def _read(self, number: int, leg: LegPrice, kinds: Mapping[str, tuple[str, ...]]) -> None:
        """Take in the lines of a leg, less the discounts that are among them already."""
        own = [(number, index) for index, line in enumerate(leg.lines) if line.kind != "discount"]
        self.left.update((place, self._line(place).amount) for place in own)
        for line in leg.lines:
            if line.kind != "discount":
                continue
            self.applied.add((number, line.rule))
            item = [place for place in own if self._line(place).item == line.item] or own
            reduced = kinds.get(line.rule, FARES)
            fares = [place for place in item if self._line(place).kind in reduced] or item
            places = [place for place in fares if self._line(place).vat_bp == line.vat_bp] or fares
            for place, cut in self._spread(-line.amount, places).items():
                self.left[place] -= cut

    def _bears(self, discount: DiscountFacts, place: Place) -> bool:
        leg = self.legs[place[0]]
        return (
            leg.operator == discount.operator
            and discount.family in ("", leg.family)
            and _within(leg.day, discount.travel_from, discount.travel_until)
            and self._line(place).kind in discount.reduced
        )

    def _done(self, discount: DiscountFacts) -> set[int]:
        """Return the legs where it is applied already: an amount is for all of them or none."""
        own = {
            number
            for number, code in self.applied
            if code == discount.code and self.legs[number].operator == discount.operator
        }
        return set(range(len(self.legs))) if discount.amount and own else own

    def _cuts(self, discount: DiscountFacts, places: Sequence[Place]) -> dict[Place, int]:
        """Return what the discount takes off each place; a percentage is rounded for each item."""
        if discount.amount:
            return self._spread(discount.amount, places)
        items: dict[tuple[int, str], list[Place]] = defaultdict(list)
        for place in places:
            items[place[0], self._line(place).item].append(place)
        cuts: dict[Place, int] = {}
        for own in items.values():
            whole = sum(self.left[place] for place in own)
            cuts |= self._spread(share(whole, discount.percent_bp), own)
        return cuts

    def _spread(self, amount: int, places: Sequence[Place]) -> dict[Place, int]:
        """Split an amount over places in proportion to what is left of them, and no more."""
        weights = [self.left[place] for place in places]
        whole = sum(weights)
        if whole <= 0:
            return {}
        return dict(zip(places, money.allocate(min(amount, whole), weights), strict=True))

    def _cut(self, discount: DiscountFacts, cuts: Mapping[Place, int]) -> None:
        """Write the cuts down as lines: one for each item and VAT rate.

        A line's VAT is what the VAT of the rest becomes less by it, so that rounding leaves no
        VAT on nothing.
        """
        lines: dict[tuple[int, str, int], tuple[int, int]] = {}
        for place, cut in cuts.items():
            line = self._line(place)
            key = place[0], line.item, line.vat_bp
            rest = self.left[place] - cut
            vat = contained_vat(self.left[place], line.vat_bp) - contained_vat(rest, line.vat_bp)
            before = lines.get(key, (0, 0))
            lines[key] = before[0] + cut, before[1] + vat
            self.left[place] = rest
        for (number, item, vat_bp), (amount, vat) in lines.items():
            if amount:
                made = PriceLine(
                    "discount", discount.label, -amount, item, discount.code, -vat, vat_bp
                )
                self.made[number].append(made)

    def _line(self, place: Place) -> PriceLine:
        return self.legs[place[0]].lines[place[1]]
