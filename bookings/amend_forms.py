"""The forms of amending: who travels with what, and another sailing for a crossing."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookings import persons
from bookings.forms import LABELS, LIST_ORDER, list_fields
from bookings.models import Passenger, Vehicle
from bookings.operations.amend_cast import Standing
from bookings.operations.amend_request import AmendRequest, TravellerWish
from bookings.operations.hold import VehicleInput
from bookings.operations.journey import LegWish
from ferries.offers import AccommodationOffer
from ferries.party import CATEGORIES, VEHICLE_KINDS
from ferries.vehicle_aids import KIND_CHOICES

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

MOST_UNITS = 9
NEW = "new"


def _name(label: "str | Promise", missing: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": missing},
    )


def _number(label: "str | Promise", *, least: int, most: int, required: bool) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        required=required,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class PartyForm(forms.Form):
    """The travellers of a booking with room for a new one, and its vehicle."""

    new_category = forms.ChoiceField(
        label=_("One more traveller"),
        choices=[("", _("Nobody")), *((each, LABELS[each]) for each in CATEGORIES)],
        required=False,
    )
    vehicle = forms.ChoiceField(
        label=_("Vehicle"),
        choices=[("", _("No vehicle")), *((kind, KIND_CHOICES[kind]) for kind in VEHICLE_KINDS)],
        required=False,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        passengers: Iterable[Passenger],
        vehicle: Vehicle | None,
        listed: date | None = None,
    ) -> None:
        """With the day of departure in `listed`, ask for what the list of persons needs too."""
        self.passengers = list(passengers)
        self.present = vehicle
        self.listed = listed
        super().__init__(data, initial=self._as_it_is())
        for one in self.passengers:
            who = {"who": one}
            self.fields[f"{one.item}_given_name"] = _name(
                _("Given name"), gettext("%(who)s: enter the given name.") % who
            )
            self.fields[f"{one.item}_surname"] = _name(
                _("Surname"), gettext("%(who)s: enter the surname.") % who
            )
            if listed:
                self._add_list(one.item)
            self.fields[f"{one.item}_stays"] = forms.BooleanField(
                label=_("Travels"), required=False
            )
        self.fields["new_given_name"] = _name(_("Given name"), "")
        self.fields["new_surname"] = _name(_("Surname"), "")
        if listed:
            self._add_list("new")
        else:
            self.fields["new_age"] = _number(
                _("Age on the day of travel"), least=0, most=130, required=False
            )
        for name in ("new_given_name", "new_surname"):
            self.fields[name].required = False
        sizes = (("length_cm", _("Length in cm")), ("height_cm", _("Height in cm")))
        for name, label in (*sizes, ("trailer_length_cm", _("Trailer length in cm"))):
            self.fields[name] = _number(label, least=0, most=3000, required=False)
        self.fields["registration"] = forms.CharField(
            label=_("Registration number"), max_length=20, required=False
        )
        # The order of the page, which the error summary follows: class fields come first in it.
        shown = [field for person in self.people for field in (*person["names"], person["stays"])]
        shown += [*self.new_fields, self["vehicle"], *self.size_fields]
        self.order_fields([field.name for field in shown])

    def _add_list(self, who: str) -> None:
        """Ask for the list's facts; what is left empty stays as it is."""
        for name, field in list_fields(is_required=False, completes=False).items():
            self.fields[f"{who}_{name}"] = field

    def _as_it_is(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for one in self.passengers:
            values[f"{one.item}_given_name"] = one.given_name
            values[f"{one.item}_surname"] = one.surname
            values[f"{one.item}_stays"] = True
            values |= {f"{one.item}_{name}": each for name, each in persons.facts_of(one).items()}
        if self.present:
            names = ("length_cm", "height_cm", "trailer_length_cm", "registration")
            values |= {name: getattr(self.present, name) for name in names}
            values["vehicle"] = self.present.kind
        return values

    @property
    def people(self) -> list[dict[str, Any]]:
        """Return for each traveller the heading and the bound fields."""
        return [
            {
                "who": one,
                "names": self._shown(one.item, "given_name", "surname", *LIST_ORDER),
                "stays": self[f"{one.item}_stays"],
            }
            for one in self.passengers
        ]

    @property
    def is_one_more(self) -> bool:
        """Tell whether something of the new traveller is filled in."""
        return any(field.value() for field in self.new_fields)

    @property
    def new_fields(self) -> list[forms.BoundField]:
        """Return the bound fields of the new traveller."""
        return self._shown("new", "category", "given_name", "surname", "age", *LIST_ORDER)

    def _shown(self, who: str, *names: str) -> list[forms.BoundField]:
        return [self[f"{who}_{name}"] for name in names if f"{who}_{name}" in self.fields]

    @property
    def size_fields(self) -> list[forms.BoundField]:
        """Return the bound fields of the vehicle, but for its kind."""
        names = ("length_cm", "height_cm", "trailer_length_cm", "registration")
        return [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        """Ask for what is missing of a new traveller and of a vehicle; compare dates of birth."""
        values = self.cleaned_data
        if values.get("new_category"):
            for name in ("new_given_name", "new_surname"):
                if not values.get(name):
                    self.add_error(name, _("Enter the name of the new traveller."))
        if self.listed:
            self._clean_list(self.listed)
        if values.get("vehicle"):
            for name in ("length_cm", "height_cm"):
                if not values.get(name):
                    self.add_error(name, _("Enter the size of the vehicle in cm."))
        return values

    def _clean_list(self, day: date) -> None:
        values = self.cleaned_data
        for name in persons.FIELDS if values.get("new_category") else ():
            if not values.get(f"new_{name}") and f"new_{name}" not in self.errors:
                self.add_error(f"new_{name}", persons.MISSING[name])
        for who in (*(one.item for one in self.passengers), "new"):
            born = values.get(f"{who}_birth_date")
            if born and not persons.is_possible_birth(born, day):
                self.add_error(f"{who}_birth_date", persons.IMPOSSIBLE_BIRTH)

    def as_request(self) -> AmendRequest:
        """Return what a valid form asks for."""
        return AmendRequest(travellers=self._travellers(), vehicles=self._vehicles())

    def _travellers(self) -> tuple[TravellerWish, ...]:
        values = self.cleaned_data
        stay = [
            TravellerWish(
                one.category,
                values[f"{one.item}_given_name"],
                values[f"{one.item}_surname"],
                one.age,
                item=one.item,
                **self._list(one.item),
            )
            for one in self.passengers
            if values[f"{one.item}_stays"]
        ]
        if values["new_category"]:
            names = values["new_given_name"], values["new_surname"]
            stay.append(
                TravellerWish(
                    values["new_category"], *names, values.get("new_age"), **self._list("new")
                )
            )
        return tuple(stay)

    def _list(self, who: str) -> dict[str, Any]:
        """Return what the list needs of a traveller; empty fields say nothing."""
        return {name: self.cleaned_data.get(f"{who}_{name}") or None for name in persons.FIELDS}

    def _vehicles(self) -> tuple[VehicleInput, ...]:
        values, present = self.cleaned_data, self.present
        if not values["vehicle"]:
            return ()
        is_same = present is not None and present.kind == values["vehicle"]
        return (
            VehicleInput(
                kind=values["vehicle"],
                length_cm=values["length_cm"],
                height_cm=values["height_cm"],
                trailer_length_cm=values["trailer_length_cm"] or 0,
                registration=values["registration"].upper(),
                width_cm=present.width_cm if present and is_same else 0,
                weight_kg=present.weight_kg if present and is_same else 0,
                charges=present.charges if present else False,
            ),
        )


class CrossingForm(forms.Form):
    """The sailing that a crossing moves to, and how many cabins or seats of each type."""

    def __init__(
        self,
        data: Any = None,
        *,
        leg: Standing,
        types: Iterable[AccommodationOffer],
    ) -> None:
        super().__init__(data)
        self.leg = leg
        self.fields["offer"] = forms.CharField(max_length=120)
        self.types = {each.code: each for each in types}
        present = Counter(code for _, code in leg.cast.accommodation)
        for code, each in self.types.items():
            field = _number(each.name, least=0, most=MOST_UNITS, required=False)
            field.initial = present[code]
            self.fields[f"acc_{code}"] = field

    def as_request(self) -> AmendRequest:
        """Return what a valid form asks for."""
        values = self.cleaned_data
        units = tuple(code for code in self.types for _ in range(values[f"acc_{code}"] or 0))
        present = sorted(code for _, code in self.leg.cast.accommodation)
        wish = LegWish(values["offer"], () if sorted(units) == present else units)
        return AmendRequest(legs={self.leg.number: wish})
