"""The search form: who and what travels, from where to where, on which days."""

import datetime
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from ferries import vehicle_aids
from ferries.models import Port, Route
from ferries.party import TYPICAL_SIZES, VEHICLE_KINDS, Party, VehicleSize
from maritime.lib import clock

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

MAX_OF_A_CATEGORY = 9


def _count(label: "Promise", hint: "str | Promise", *, least: int) -> forms.IntegerField:
    facts = {"label": label, "least": least, "most": MAX_OF_A_CATEGORY}
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=least,
        max_value=MAX_OF_A_CATEGORY,
        required=False,
        error_messages={
            "min_value": format_lazy(gettext_lazy("{label}: at least {least}."), **facts),
            "max_value": format_lazy(
                gettext_lazy("{label}: at most {most}. Make two bookings for a group."), **facts
            ),
            "invalid": format_lazy(gettext_lazy("{label}: enter a whole number."), **facts),
        },
    )


def _centimetres(
    label: "Promise", hint: "str | Promise", *, least: int, most: int
) -> forms.IntegerField:
    facts = {"label": label, "least": least, "most": most}
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=least,
        max_value=most,
        required=False,
        error_messages={
            "min_value": format_lazy(
                gettext_lazy("{label}: at least {least} cm. Did you enter metres?"), **facts
            ),
            "max_value": format_lazy(gettext_lazy("{label}: at most {most} cm."), **facts),
            "invalid": format_lazy(gettext_lazy("{label}: enter whole centimetres."), **facts),
        },
    )


def _kilogrammes(label: "Promise", hint: "Promise") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=5,
        max_value=100_000,
        required=False,
        error_messages={
            "min_value": format_lazy(
                gettext_lazy("{label}: at least 5 kg. Did you enter tonnes?"), label=label
            ),
            "max_value": format_lazy(gettext_lazy("{label}: at most 100,000 kg."), label=label),
            "invalid": format_lazy(gettext_lazy("{label}: enter whole kilogrammes."), label=label),
        },
    )


def _more(template: "Promise", centimetres: int) -> Any:
    """Return a label that says by how much a thing makes a vehicle longer or higher."""
    return format_lazy(template, centimetres=centimetres)


class PartyForm(forms.Form):
    """Who travels and with what; also read from the address of the check-out page."""

    adults = _count(gettext_lazy("Adults"), "", least=1)
    children = _count(gettext_lazy("Children"), "", least=0)
    infants = _count(gettext_lazy("Infants"), "", least=0)
    vehicle = forms.ChoiceField(
        label=gettext_lazy("Vehicle"),
        choices=[
            ("", gettext_lazy("On foot")),
            *((kind, vehicle_aids.KIND_CHOICES[kind]) for kind in VEHICLE_KINDS),
        ],
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("Choose a vehicle from the list.")},
    )
    vehicle_length_cm = _centimetres(
        gettext_lazy("Length in cm"), gettext_lazy("with tow bar"), least=100, most=2500
    )
    vehicle_height_cm = _centimetres(
        gettext_lazy("Height in cm"), gettext_lazy("with roof rails"), least=80, most=500
    )
    roof_box = forms.BooleanField(
        label=_more(gettext_lazy("Roof box (+{centimetres} cm high)"), vehicle_aids.ROOF_BOX_CM),
        required=False,
        widget=forms.CheckboxInput({"data-adds": vehicle_aids.ROOF_BOX_CM}),
    )
    roof_bicycles = forms.BooleanField(
        label=_more(
            gettext_lazy("Bicycles on the roof (+{centimetres} cm high)"),
            vehicle_aids.ROOF_BICYCLES_CM,
        ),
        required=False,
        widget=forms.CheckboxInput({"data-adds": vehicle_aids.ROOF_BICYCLES_CM}),
    )
    bicycle_rack = forms.BooleanField(
        label=_more(
            gettext_lazy("Bicycles at the back (+{centimetres} cm long)"),
            vehicle_aids.BICYCLE_RACK_CM,
        ),
        required=False,
        widget=forms.CheckboxInput({"data-adds": vehicle_aids.BICYCLE_RACK_CM}),
    )
    trailer = forms.ChoiceField(
        label=gettext_lazy("Trailer"),
        choices=[
            ("", gettext_lazy("No trailer")),
            *(
                (kind, format_lazy("{} ({:g} m)", vehicle_aids.TRAILER_NAMES[kind], length / 100))
                for kind, length in vehicle_aids.TRAILERS_CM.items()
            ),
        ],
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose a trailer from the list.")},
    )
    trailer_length_cm = _centimetres(
        gettext_lazy("Trailer length in cm"),
        gettext_lazy("with drawbar, if you know it"),
        least=0,
        most=1500,
    )
    vehicle_width_cm = _centimetres(
        gettext_lazy("Width in cm"),
        gettext_lazy("with mirrors folded; empty for an ordinary one"),
        least=50,
        most=500,
    )
    vehicle_weight_kg = _kilogrammes(
        gettext_lazy("Weight in kg"), gettext_lazy("loaded, with trailer; empty if under 3.5 t")
    )
    vehicle_charges = forms.BooleanField(
        label=gettext_lazy("Needs a charging plug on board"), required=False
    )
    group = forms.CharField(
        label=gettext_lazy("Group code"),
        help_text=gettext_lazy("residents and other groups have one"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        error_messages={"max_length": gettext_lazy("Group code: at most 30 characters.")},
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

    typical = vehicle_aids.TYPICAL
    # For the script that adds up what a vehicle measures.
    sizes_json = json.dumps(TYPICAL_SIZES)
    trailers_json = json.dumps(vehicle_aids.TRAILERS_CM)

    origin = forms.ChoiceField(
        label=gettext_lazy("From"),
        error_messages={
            "required": gettext_lazy("Choose where you start."),
            "invalid_choice": gettext_lazy("Choose the first port from the list."),
        },
    )
    destination = forms.ChoiceField(
        label=gettext_lazy("To"),
        error_messages={
            "required": gettext_lazy("Choose where you go."),
            "invalid_choice": gettext_lazy("Choose the second port from the list."),
        },
    )
    date = forms.DateField(
        label=gettext_lazy("Departure"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": gettext_lazy("Enter the day of departure."),
            "invalid": gettext_lazy(
                "Enter the day of departure as year-month-day, like 2026-07-15."
            ),
        },
    )
    return_date = forms.DateField(
        label=gettext_lazy("Return"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "invalid": gettext_lazy("Enter the day of return as year-month-day, like 2026-07-15."),
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
            raise forms.ValidationError(gettext("This day is over. Choose today or a later day."))
        return day

    def clean(self) -> dict[str, Any]:
        """Check what involves two fields."""
        values = self.cleaned_data
        if values.get("origin") and values.get("origin") == values.get("destination"):
            message = gettext("Choose another port than the one you start from.")
            self.add_error("destination", message)
        day, back = values.get("date"), values.get("return_date")
        if day and back and back < day:
            self.add_error("return_date", gettext("The return is before the departure."))
        return values

    def _offer_ports(self, name: str, ports: Sequence[tuple[str, Port]]) -> None:
        """Fill a select list: one group for each operator, its ports by name."""
        groups: dict[str, dict[str, str]] = {}
        for operator, port in ports:
            groups.setdefault(operator, {})[port.code] = port.name
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [
            ("", gettext("Choose a port")),
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
        length_cm=vehicle_aids.loaded_length(
            values["vehicle_length_cm"] or length, bicycle_rack=values["bicycle_rack"]
        ),
        height_cm=vehicle_aids.loaded_height(
            values["vehicle_height_cm"] or height,
            roof_box=values["roof_box"],
            roof_bicycles=values["roof_bicycles"],
        ),
        trailer_length_cm=values["trailer_length_cm"]
        or vehicle_aids.TRAILERS_CM.get(values["trailer"], 0),
        width_cm=values["vehicle_width_cm"] or 0,
        weight_kg=values["vehicle_weight_kg"] or 0,
        charges=values["vehicle_charges"],
    )
