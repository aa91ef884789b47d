"""The search form: who and what travels, from where to where, on which days."""

import datetime
from collections.abc import Sequence
from typing import Any, cast

from django import forms

from ferries.models import Port, Route
from ferries.party import TYPICAL_SIZES, VEHICLE_KINDS, Party, VehicleSize
from maritime.lib import clock

MAX_OF_A_CATEGORY = 9


def _count(label: str, hint: str, *, least: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=least,
        max_value=MAX_OF_A_CATEGORY,
        required=False,
        error_messages={
            "min_value": f"{label}: at least {least}.",
            "max_value": f"{label}: at most {MAX_OF_A_CATEGORY}. Make two bookings for a group.",
            "invalid": f"{label}: enter a whole number.",
        },
    )


def _centimetres(label: str, hint: str, *, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=least,
        max_value=most,
        required=False,
        error_messages={
            "min_value": f"{label}: at least {least} cm. Did you enter metres?",
            "max_value": f"{label}: at most {most} cm.",
            "invalid": f"{label}: enter whole centimetres.",
        },
    )


def _kilogrammes(label: str, hint: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=5,
        max_value=100_000,
        required=False,
        error_messages={
            "min_value": f"{label}: at least 5 kg. Did you enter tonnes?",
            "max_value": f"{label}: at most 100,000 kg.",
            "invalid": f"{label}: enter whole kilogrammes.",
        },
    )


class PartyForm(forms.Form):
    """Who travels and with what; also read from the address of the check-out page."""

    adults = _count("Adults", "", least=1)
    children = _count("Children", "", least=0)
    infants = _count("Infants", "", least=0)
    vehicle = forms.ChoiceField(
        label="Vehicle",
        choices=[("", "No vehicle"), *((kind, kind.capitalize()) for kind in VEHICLE_KINDS)],
        required=False,
        error_messages={"invalid_choice": "Choose a vehicle from the list."},
    )
    vehicle_length_cm = _centimetres(
        "Length in cm", "with tow bar and bicycle rack", least=100, most=2500
    )
    vehicle_height_cm = _centimetres("Height in cm", "with roof box", least=80, most=500)
    trailer_length_cm = _centimetres(
        "Trailer length in cm", "empty if there is none", least=0, most=1500
    )
    vehicle_width_cm = _centimetres(
        "Width in cm", "with mirrors folded; empty for an ordinary one", least=50, most=500
    )
    vehicle_weight_kg = _kilogrammes("Weight in kg", "loaded, with trailer; empty if under 3.5 t")
    vehicle_charges = forms.BooleanField(label="Needs a charging plug on board", required=False)
    group = forms.CharField(
        label="Group code",
        help_text="residents and other groups have one",
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        error_messages={"max_length": "Group code: at most 30 characters."},
    )

    def clean_adults(self) -> int:
        """Take one adult where the field is missing or empty."""
        return self.cleaned_data.get("adults") or 1

    @property
    def party(self) -> Party:
        """Return the party of a valid form; an empty vehicle size becomes the typical one."""
        values = self.cleaned_data
        return Party(
            adults=values["adults"],
            children=values["children"] or 0,
            infants=values["infants"] or 0,
            vehicle=_vehicle(values),
            group=values["group"].casefold(),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.IntegerField):
                field.widget.attrs["inputmode"] = "numeric"


class SearchForm(PartyForm):
    """The whole question; `routes` are those on sale and `now` decides which days are over."""

    origin = forms.ChoiceField(
        label="From",
        error_messages={
            "required": "Choose where you start.",
            "invalid_choice": "Choose the first port from the list.",
        },
    )
    destination = forms.ChoiceField(
        label="To",
        error_messages={
            "required": "Choose where you go.",
            "invalid_choice": "Choose the second port from the list.",
        },
    )
    date = forms.DateField(
        label="Departure",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": "Enter the day of departure.",
            "invalid": "Enter the day of departure as year-month-day, like 2026-07-15.",
        },
    )
    return_date = forms.DateField(
        label="Return",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "invalid": "Enter the day of return as year-month-day, like 2026-07-15.",
        },
    )

    def __init__(
        self, data: Any = None, *, routes: Sequence[Route], now: datetime.datetime, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.now = now
        self.ports = {
            port.code: port for route in routes for port in (route.origin, route.destination)
        }
        self._offer_ports("origin", [(route.operator.name, route.origin) for route in routes])
        self._offer_ports(
            "destination", [(route.operator.name, route.destination) for route in routes]
        )
        # Twelve hours back, because it may still be yesterday at the port; clean_date decides.
        earliest = (now - datetime.timedelta(hours=12)).date().isoformat()
        for name in ("date", "return_date"):
            self.fields[name].widget.attrs["min"] = earliest

    def clean_date(self) -> datetime.date:
        """Refuse a day that is over at the port of departure."""
        day: datetime.date = self.cleaned_data["date"]
        port = self.ports.get(self.data.get("origin", ""))
        if day < clock.local(self.now, port.zone if port else "UTC").date():
            raise forms.ValidationError("This day is over. Choose today or a later day.")
        return day

    def clean(self) -> dict[str, Any]:
        """Check what involves two fields."""
        values = self.cleaned_data
        if values.get("origin") and values.get("origin") == values.get("destination"):
            self.add_error("destination", "Choose another port than the one you start from.")
        day, back = values.get("date"), values.get("return_date")
        if day and back and back < day:
            self.add_error("return_date", "The return is before the departure.")
        return values

    def _offer_ports(self, name: str, ports: Sequence[tuple[str, Port]]) -> None:
        """Fill a select list: one group for each operator, its ports by name."""
        groups: dict[str, dict[str, str]] = {}
        for operator, port in ports:
            groups.setdefault(operator, {})[port.code] = port.name
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [
            ("", "Choose a port"),
            *(
                (operator, sorted(choices.items(), key=lambda choice: choice[1]))
                for operator, choices in groups.items()
            ),
        ]


def party_fields(party: Party) -> dict[str, str | int]:
    """Return the party as the fields of a PartyForm, to hand it on in an address."""
    fields: dict[str, str | int] = {
        "adults": party.adults,
        "children": party.children,
        "infants": party.infants,
    }
    if party.vehicle:
        fields |= {
            "vehicle": party.vehicle.kind,
            "vehicle_length_cm": party.vehicle.length_cm,
            "vehicle_height_cm": party.vehicle.height_cm,
            "trailer_length_cm": party.vehicle.trailer_length_cm,
            "vehicle_width_cm": party.vehicle.width_cm or "",
            "vehicle_weight_kg": party.vehicle.weight_kg or "",
        }
        if party.vehicle.charges:
            fields["vehicle_charges"] = "on"
    if party.group:
        fields["group"] = party.group
    return fields


def _vehicle(values: dict[str, Any]) -> VehicleSize | None:
    kind = values["vehicle"]
    if not kind:
        return None
    length, height = TYPICAL_SIZES[kind]
    return VehicleSize(
        kind=kind,
        length_cm=values["vehicle_length_cm"] or length,
        height_cm=values["vehicle_height_cm"] or height,
        trailer_length_cm=values["trailer_length_cm"] or 0,
        width_cm=values["vehicle_width_cm"] or 0,
        weight_kg=values["vehicle_weight_kg"] or 0,
        charges=values["vehicle_charges"],
    )
