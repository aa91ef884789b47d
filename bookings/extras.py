"""What a party chooses beside its sailings: fare, cabins and seats, pets, codes.

The address of the check-out page may name all of it. The page sends its fields together with the
names, so that looking at another price loses nothing that was typed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bookings.operations.hold import Wishes
from bookings.operations.journey import LegWish
from ferries.offers import AccommodationOffer, Offer
from ferries.party import PET_PLACES, Party
from maritime.lib.local import money_text

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

MAX_UNITS = 20
PREFIXES = ("fare-", "acc-", "pets-")
PET_LABELS = {
    "kennel": _("Pets in a kennel"),
    "cabin": _("Pets in the cabin"),
    "vehicle": _("Pets in the vehicle"),
    "deck": _("Pets on deck"),
}


def values_of(address: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """Return what is chosen: what the page sent stands in the place of what its address says.

    A page that sends choices says so by `extras`: of a box that is not ticked it sends nothing.
    """
    if "extras" not in sent:
        return dict(address)
    kept = {name: value for name, value in address.items() if not is_extra(name)}
    return {**kept, **{name: value for name, value in sent.items() if is_extra(name)}}


def is_extra(name: str) -> bool:
    """Tell whether a parameter is a choice of this form."""
    return name in ExtrasForm.base_fields or name.startswith(PREFIXES)


def read_leg_wishes(offer_ids: Sequence[str], values: Mapping[str, str]) -> tuple[LegWish, ...]:
    """Return what is chosen for each leg: the fare chosen later wins over the one of the search."""
    return tuple(
        LegWish(values.get(f"fare-{number}") or offer_id, _units(values, number))
        for number, offer_id in enumerate(offer_ids, start=1)
    )


def read_wishes(values: Mapping[str, str], party: Party) -> Wishes:
    """Return pets, dogs and codes; numbers that make no sense count as none."""
    return Wishes(
        pets=tuple(
            place for place in PET_PLACES for _ in range(_number(values.get(f"pets-{place}", "")))
        ),
        assistance_dogs=_number(values.get("assistance_dogs", "")),
        needs_accessible=values.get("needs_accessible", "") == "on",
        group=party.group,
        offer_code=values.get("offer_code", "").strip()[:30],
    )


class ExtrasForm(forms.Form):
    """The choices that the offers of a journey leave; `groups` are its headings with fields."""

    needs_accessible = forms.BooleanField(
        label=_("Somebody needs an accessible cabin"),
        help_text=_("These cabins are kept for travellers who need one."),
        required=False,
    )
    assistance_dogs = forms.IntegerField(
        label=_("Assistance dogs"),
        help_text=_("They travel free and stay with you."),
        min_value=0,
        max_value=9,
        required=False,
    )
    offer_code = forms.CharField(
        label=_("Offer code"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(self, offers: Sequence[Offer], values: Mapping[str, str]) -> None:
        chosen = {
            f"acc-{number}-{code}": offer.chosen_accommodation.count(code)
            for number, offer in enumerate(offers, start=1)
            if _units(values, number)
            for code in offer.chosen_accommodation
        }
        fares = {f"fare-{number}": offer.id for number, offer in enumerate(offers, start=1)}
        super().__init__(initial={**values, **chosen, **fares})
        self.values = values
        self.offers = offers
        for number, offer in enumerate(offers, start=1):
            self._add_fares(number, offer)
            for each in offer.accommodation:
                self.fields[f"acc-{number}-{each.code}"] = _counter(*_describe(each, offer))
        for place in PET_PLACES:
            prices = [pet for offer in offers for pet in offer.pets if pet.place == place]
            # A pet travels in the same way on both crossings.
            if prices and len(prices) == len(offers):
                amount = money_text(sum(pet.amount for pet in prices), offers[0].currency)
                self.fields[f"pets-{place}"] = _counter(
                    PET_LABELS[place], gettext("%(amount)s each") % {"amount": amount}
                )

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Return the headings of the page, each with its fields; a cabin's with its offer."""
        legs = [
            {
                "title": gettext("%(origin)s to %(destination)s")
                % {"origin": offer.origin_name, "destination": offer.destination_name},
                "is_required": offer.accommodation_required,
                "included": [] if _units(self.values, number) else _included(offer),
                "fares": self[f"fare-{number}"] if f"fare-{number}" in self.fields else None,
                "units": [
                    {"field": self[f"acc-{number}-{each.code}"], "offer": each}
                    for each in offer.accommodation
                ],
            }
            for number, offer in enumerate(self.offers, start=1)
        ]
        pets = [self[name] for name in self.fields if name.startswith("pets-")]
        return [
            *(leg for leg in legs if leg["fares"] or leg["units"]),
            *([{"title": gettext("Pets"), "pets": pets}] if pets else []),
        ]

    @property
    def has_cabins(self) -> bool:
        """Tell whether one of the ships has an accessible type."""
        return any(each.accessible for offer in self.offers for each in offer.accommodation)

    def _add_fares(self, number: int, offer: Offer) -> None:
        if len(offer.fares) > 1:
            self.fields[f"fare-{number}"] = forms.ChoiceField(
                label=_("Fare"),
                choices=[
                    (
                        fare.id,
                        f"{fare.name}, {money_text(fare.amount, offer.currency)}. "
                        f"{fare.sentence}".strip(),
                    )
                    for fare in offer.fares
                ],
                widget=forms.RadioSelect,
                required=False,
            )


def _counter(label: "str | Promise", hint: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=0,
        max_value=MAX_UNITS,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


def _describe(each: AccommodationOffer, offer: Offer) -> tuple[str, str]:
    price = money_text(each.amount, offer.currency)
    words = [
        gettext("%(amount)s each") % {"amount": price},
        ngettext("%(count)d left", "%(count)d left", each.left) % {"count": each.left},
    ]
    if each.kind == "cabin":
        people = {"least": each.min_occupancy, "most": each.max_occupancy}
        words.insert(1, gettext("for %(least)d to %(most)d people") % people)
    if each.accessible:
        words.append(gettext("accessible"))
    if each.pets_ok:
        words.append(gettext("pets allowed"))
    if not each.infants_ok:
        words.append(gettext("not for infants"))
    return each.name, ", ".join(words)


def _included(offer: Offer) -> list[str]:
    """Return the places that were put in because the party chose none: "Seat (2)"."""
    names = {each.code: each.name for each in offer.accommodation}
    counts = Counter(names.get(code, code) for code in offer.chosen_accommodation)
    return [f"{name} ({count})" if count > 1 else name for name, count in counts.items()]


def _units(values: Mapping[str, str], number: int) -> tuple[str, ...]:
    prefix = f"acc-{number}-"
    return tuple(
        name.removeprefix(prefix)
        for name in sorted(values)
        if name.startswith(prefix)
        for _ in range(_number(values[name]))
    )


def _number(text: str) -> int:
    return min(int(text), MAX_UNITS) if text.isascii() and text.isdecimal() else 0
