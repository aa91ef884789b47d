"""The form from which staff make a schedule; the command line fills in the same one."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError

from ferries.models import VesselConfiguration
from ferries.operations.schedule import ScheduleRequest
from ferries.operations.schedule_calendar import EVERY_DAY, CallTimes, parse_calls, parse_pairs

T = TypeVar("T")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY_NAMES = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip


class DayInput(forms.DateInput):
    """A browser's own date picker, which needs no script."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ScheduleForm(forms.Form):
    """Season, weekdays, times and ship of one run."""

    configuration = forms.ModelChoiceField(
        VesselConfiguration.objects.none(), label="Ship and fit-out"
    )
    number = forms.CharField(
        max_length=200, help_text="names the run among the operator's sailings of a day"
    )
    calls = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6, "cols": 40}),
        help_text="one a line, port code and local times: GRPIR 21:00, GRTIL 09:20 09:40, "
        "GRHER 06:00+1 for the next day",
    )
    first_day = forms.DateField(widget=DayInput())
    last_day = forms.DateField(widget=DayInput())
    weekdays = forms.MultipleChoiceField(
        choices=list(zip(WEEKDAYS, WEEKDAY_NAMES, strict=True)),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="none: every day",
    )
    except_days = forms.CharField(
        required=False, help_text="not on these days: 2026-12-25 2027-01-01"
    )
    sold = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "cols": 40}),
        required=False,
        label="Sold pairs",
        help_text="one a line: GRPIR GRHER; none: every pair in the ship's direction",
    )
    turnaround_minutes = forms.IntegerField(
        min_value=0, max_value=2880, initial=30, help_text="between this run and its neighbours"
    )
    check_in_minutes = forms.IntegerField(
        min_value=0, max_value=1440, required=False, help_text="empty: the operator's"
    )
    accommodation_required = forms.BooleanField(
        required=False, help_text="every traveller needs a cabin, berth or seat"
    )
    is_demo = forms.BooleanField(
        required=False, label="Demo", help_text="times, cabins, lengths and prices are invented"
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        fittings = VesselConfiguration.objects.select_related("vessel__operator")
        self.fields["configuration"].queryset = fittings.order_by(  # type: ignore[attr-defined]
            "vessel__operator__code", "vessel__name", "name"
        )

    def clean_calls(self) -> tuple[CallTimes, ...]:
        """Read the calls."""
        return _parsed(parse_calls, self.cleaned_data["calls"])

    def clean_sold(self) -> tuple[tuple[str, str], ...]:
        """Read the sold pairs."""
        return _parsed(parse_pairs, self.cleaned_data["sold"])

    def clean_weekdays(self) -> frozenset[int]:
        """Read the weekdays; none are all."""
        chosen = self.cleaned_data["weekdays"]
        return frozenset(WEEKDAYS.index(name) for name in chosen) or EVERY_DAY

    def clean_except_days(self) -> frozenset[date]:
        """Read the days that are left out."""
        words = self.cleaned_data["except_days"].replace(",", " ").split()
        try:
            return frozenset(date.fromisoformat(word) for word in words)
        except ValueError as error:
            raise ValidationError("Write days as 2026-12-25.") from error

    def wanted(self) -> ScheduleRequest:
        """Return what a valid form asks for."""
        values = self.cleaned_data
        return ScheduleRequest(operator=values["configuration"].vessel.operator, **values)


def _parsed(parse: Callable[[list[str]], T], text: str) -> T:
    try:
        return parse(text.splitlines())
    except ValueError as error:
        raise ValidationError(str(error)) from error
