"""The forms of check-out and of finding a booking."""

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bookings import persons
from bookings.assistance import CODES, NOTE_LENGTH
from bookings.operations.hold import Contact, HoldRequest, Traveller, VehicleInput, Wishes
from bookings.operations.journey import LegWish
from ferries.countries import country_choices
from ferries.party import Party
from maritime.lib import references

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

# The age bounds of the form are wide: the operator's tariff has the last word.
MAX_AGE = {"adult": 120, "child": 17, "infant": 4}
AGE = re.compile("[0-9]{1,3}")
# In the order of the page.
LIST_ORDER = ("birth_date", "gender", "nationality")
LABELS = {"adult": _("Adult"), "child": _("Child"), "infant": _("Infant")}


def _name(label: "Promise", complete: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": complete}),
        error_messages={"max_length": format_lazy(_("{label}: at most 80 letters."), label=label)},
    )


def _told(sentence: "Promise", **facts: object) -> str:
    """Return the sentence with its facts in the language of the page."""
    return str(sentence).format(**facts)


def list_fields(*, is_required: bool, completes: bool, wrong: str = "") -> dict[str, forms.Field]:
    """Return the fields of the list of persons for one traveller, by their names.

    `completes`: it is the person at the browser, who may have them filled in. `wrong` is what is
    said of a date of birth that is no date.
    """
    chosen = [("", _("Please choose"))]
    return {
        "birth_date": forms.DateField(
            label=_("Date of birth"),
            required=is_required,
            widget=forms.DateInput(
                format="%Y-%m-%d",
                attrs={"type": "date", "autocomplete": "bday" if completes else "off"},
            ),
            input_formats=["%Y-%m-%d"],
            error_messages={"invalid": wrong or str(persons.MISSING["birth_date"])},
        ),
        "gender": forms.ChoiceField(
            label=_("Gender"),
            choices=[*chosen, *persons.GENDERS.items()],
            required=is_required,
            widget=forms.Select(attrs={"autocomplete": "sex" if completes else "off"}),
        ),
        "nationality": forms.ChoiceField(
            label=_("Nationality"),
            choices=lambda: [*chosen, *country_choices()],
            required=is_required,
            widget=forms.Select(attrs={"autocomplete": "off"}),
        ),
    }


def read_birth_dates(values: Mapping[str, str], party: Party) -> tuple[date | None, ...]:
    """Return the dates of birth that a page sent, in the order of the party; empty if none."""
    texts = [values.get(f"p{index}_birth_date", "") for index in range(party.persons)]
    return tuple(map(_date, texts)) if any(texts) else ()


def sent_list(values: Mapping[str, str]) -> bool:
    """Tell whether a page had the fields of the list of persons."""
    return "p0_birth_date" in values


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_ages(values: Mapping[str, str], party: Party) -> tuple[int | None, ...]:
    """Return the ages that a page sent, in the order of the party; empty if it asked for none."""
    texts = [values.get(f"p{index}_age", "") for index in range(party.persons)]
    if not any(texts):
        return ()
    return tuple(int(text) if AGE.fullmatch(text) else None for text in texts)


def sent_ages(values: Mapping[str, str], party: Party) -> frozenset[str]:
    """Return the categories for which a page had fields for ages."""
    return frozenset(
        category for index, category in enumerate(party.categories) if f"p{index}_age" in values
    )


class CheckoutForm(forms.Form):
    """Names, contact and registration for a party; one set of name fields for each traveller.

    `key` names this page view, so that a double click makes one booking.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    quote = forms.CharField(widget=forms.HiddenInput, required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("Your tickets go to this address."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Enter the e-mail address for your tickets."),
            "invalid": _("Enter an e-mail address like name@example.com."),
        },
    )
    phone = forms.CharField(
        label=_("Mobile number"),
        help_text=_("For news on the day of travel, with country code."),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )

    assistance = forms.MultipleChoiceField(
        label=_("Somebody in the party"),
        choices=list(CODES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    assistance_note = forms.CharField(
        label=_("What else the crew should know"),
        help_text=_("Ports and ships get it to help you. Please no medical details."),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        party: Party,
        aged: Collection[str] = (),
        listed: date | None = None,
        typed: Mapping[str, Any] | None = None,
    ) -> None:
        """Ask for the age of those `aged` categories whose fare depends on it.

        With the day of departure in `listed`, ask for what the list of persons needs instead: the
        date of birth tells the age.
        """
        super().__init__(data, initial={"key": uuid.uuid4(), **(typed or {})})
        self.party, self.aged, self.listed = party, aged, listed
        for index, category in enumerate(party.categories):
            self._add_traveller(index, category)
        if party.vehicle:
            self.fields["registration"] = forms.CharField(
                label=_("Registration number"),
                help_text=_(
                    "As on the number plate. You can leave it empty if you hire the vehicle."
                ),
                max_length=20,
                required=False,
                widget=forms.TextInput(
                    attrs={"autocomplete": "off", "autocapitalize": "characters"}
                ),
            )
        # The order of the page, which the error summary follows: class fields come first in it.
        last = ("assistance", "assistance_note", "email", "phone", "key", "quote")
        self.order_fields([*(name for name in self.fields if name not in last), *last])

    def _add_traveller(self, index: int, category: str) -> None:
        own = "" if index == 0 else "off"
        title = f"{LABELS[category]} {self._number(index, category)}"
        given = _name(_("Given name"), own or "given-name")
        surname = _name(_("Surname"), own or "family-name")
        given.error_messages["required"] = _told(_("{title}: enter the given name."), title=title)
        surname.error_messages["required"] = _told(_("{title}: enter the surname."), title=title)
        self.fields[f"p{index}_given_name"] = given
        self.fields[f"p{index}_surname"] = surname
        if self.listed:
            self._add_list(index, title)
        elif category in self.aged:
            most = MAX_AGE[category]
            outside = _told(_("{title}: enter an age from 0 to {most}."), title=title, most=most)
            self.fields[f"p{index}_age"] = forms.IntegerField(
                label=_("Age on the day of travel"),
                help_text=_("The fare depends on it."),
                min_value=0,
                max_value=most,
                required=False,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
                error_messages={
                    "invalid": _told(_("{title}: enter the age as a whole number."), title=title),
                    "min_value": outside,
                    "max_value": outside,
                },
            )

    def _add_list(self, index: int, title: str) -> None:
        wrong = _told(_("{title}: enter the date of birth."), title=title)
        asks = {
            "gender": _("{title}: choose the gender."),
            "nationality": _("{title}: choose the nationality."),
            "birth_date": _("{title}: enter the date of birth."),
        }
        fields = list_fields(is_required=True, completes=index == 0, wrong=wrong)
        for name, field in fields.items():
            field.error_messages["required"] = _told(asks[name], title=title)
            self.fields[f"p{index}_{name}"] = field

    def clean(self) -> dict[str, Any]:
        """Compare each date of birth with the day of departure and the age group."""
        for index, category in enumerate(self.party.categories):
            name = f"p{index}_birth_date"
            born = self.cleaned_data.get(name)
            if not born or not self.listed:
                continue
            age, most = persons.age_on(born, self.listed), MAX_AGE[category]
            title = f"{LABELS[category]} {self._number(index, category)}"
            if not persons.is_possible_birth(born, self.listed):
                impossible = _(
                    "{title}: check the date of birth; it is after the day of travel or more than "
                    "130 years before."
                )
                self.add_error(name, _told(impossible, title=title))
            elif age > most:
                too_old = _("{title}: the age on the day of travel is {age}, at most {most} here.")
                self.add_error(name, _told(too_old, title=title, age=age, most=most))
        return self.cleaned_data

    def _number(self, index: int, category: str) -> int:
        return self.party.categories[: index + 1].count(category)

    @property
    def travellers(self) -> list[dict[str, Any]]:
        """Return for each traveller the heading and the bound fields, in order."""
        return [
            {
                "title": f"{LABELS[category]} {self._number(index, category)}",
                "fields": [
                    self[f"p{index}_{name}"]
                    for name in ("given_name", "surname", "age", *LIST_ORDER)
                    if f"p{index}_{name}" in self.fields
                ],
            }
            for index, category in enumerate(self.party.categories)
        ]

    @property
    def wants_assistance(self) -> bool:
        """Tell whether something of the fields about assistance is filled in."""
        return any(self[name].value() for name in ("assistance", "assistance_note"))

    def promise(self, quote: str) -> None:
        """Let the page's button agree to the price of this quote."""
        if self.is_bound:
            self.data = {**{name: self.data[name] for name in self.data}, "quote": quote}
        self.initial["quote"] = quote

    def hold_request(self, legs: tuple[LegWish, ...], wishes: Wishes) -> HoldRequest:
        """Return what a valid form asks for; the first adult is the contact."""
        values = self.cleaned_data
        travellers = tuple(
            Traveller(
                category=category,
                given_name=values[f"p{index}_given_name"],
                surname=values[f"p{index}_surname"],
                age=values.get(f"p{index}_age"),
                **{name: values.get(f"p{index}_{name}") for name in persons.FIELDS},
            )
            for index, category in enumerate(self.party.categories)
        )
        return HoldRequest(
            legs=legs,
            travellers=travellers,
            vehicles=self._vehicles(),
            contact=Contact(
                given_name=travellers[0].given_name,
                surname=travellers[0].surname,
                email=values["email"],
                phone=values["phone"],
                language=get_language() or settings.LANGUAGE_CODE,
            ),
            wishes=replace(
                wishes,
                assistance=tuple(values["assistance"]),
                assistance_note=values["assistance_note"],
            ),
            quote=values["quote"],
        )

    def _vehicles(self) -> tuple[VehicleInput, ...]:
        size = self.party.vehicle
        if size is None:
            return ()
        return (
            VehicleInput(
                kind=size.kind,
                length_cm=size.length_cm,
                height_cm=size.height_cm,
                trailer_length_cm=size.trailer_length_cm,
                registration=self.cleaned_data["registration"].upper(),
                width_cm=size.width_cm,
                weight_kg=size.weight_kg,
                charges=size.charges,
            ),
        )


class FindBookingForm(forms.Form):
    """What a guest knows of a booking without the link in the mail."""

    reference = forms.CharField(
        label=_("Booking reference"),
        help_text=_("9 letters and digits, in your e-mail and on each ticket."),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the booking reference.")},
    )
    surname = forms.CharField(
        label=_("Surname"),
        help_text=_("Of the person who made the booking."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": _("Enter the surname.")},
    )

    def clean_reference(self) -> str:
        """Take what was typed without blanks and dashes, in capitals."""
        return references.normalise(self.cleaned_data["reference"])
