"""Condition bands as rows of an operator or a fare family, checked for gaps and overlaps."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest

from ferries import conditions
from ferries.conditions import Band
from ferries.models import ConditionBand

BAND_FIELDS = (
    "action", "code", "from_hours", "to_hours", "reference", "charge", "percent", "amount",
    "minimum", "maximum", "per", "components", "medium", "sentence",
)  # fmt: skip
# Where a fault that `ferries.conditions.problems` finds in one band is to be mended.
FAULTS = {
    "ends before it begins": "to_hours",
    "charges more than": "percent",
    "has a percentage": "percent",
    "has an amount": "amount",
    "has a flat charge": "amount",
    "has a minimum or maximum": "minimum",
    "has a minimum above": "maximum",
}


class ConditionBandFormSet(BaseInlineFormSet):
    """Bands that together must leave no hour without a rule and none with two."""

    def clean(self) -> None:
        """Show each problem at the field of the band that it names, gaps above the rows."""
        super().clean()
        forms = [form for form in self.forms if _counts(form)]
        if any(form.errors for form in forms):
            return
        self._refuse_doubles(forms)
        if any(form.errors for form in forms):
            return
        gaps = [
            sentence
            for sentence in conditions.problems([_band(form.cleaned_data) for form in forms])
            if not any(_shown_at(form, sentence) for form in forms)
        ]
        if gaps:
            raise ValidationError(gaps)

    def save_new(self, form: ModelForm, commit: bool = True) -> Any:  # noqa: FBT002
        """Give bands of a family its operator."""
        if self.fk.name == "family":
            form.instance.operator = self.instance.operator
        return super().save_new(form, commit=commit)

    def _refuse_doubles(self, forms: list[ModelForm]) -> None:
        seen: set[tuple[str, str]] = set()
        for form in forms:
            name = form.cleaned_data["action"], form.cleaned_data["code"]
            if name in seen:
                form.add_error("code", "Another band of this action has the same code.")
            seen.add(name)


class ConditionBandInline(admin.StackedInline):
    """The bands of a fare family."""

    model = ConditionBand
    formset = ConditionBandFormSet
    extra = 0
    ordering = ("action", "-from_hours")
    fields = (
        ("action", "code"),
        ("from_hours", "to_hours", "reference"),
        ("charge", "percent", "amount"),
        ("minimum", "maximum", "per"),
        ("components", "medium"),
        "sentence",
    )


class OperatorBandInline(ConditionBandInline):
    """The bands of an operator that hold for families without bands of their own."""

    verbose_name_plural = "condition bands for all fare families without their own"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConditionBand]:
        """Leave out those of a family: its own page has them."""
        return super().get_queryset(request).filter(family=None)


def _counts(form: ModelForm) -> bool:
    """Tell whether the row stays: neither deleted nor an empty extra one."""
    if form.empty_permitted and not form.has_changed():
        return False
    return not getattr(form, "cleaned_data", {}).get("DELETE")


def _band(values: dict[str, Any]) -> Band:
    facts = {name: values[name] for name in BAND_FIELDS}
    return Band(**{**facts, "components": tuple(facts["components"] or ())})


def _shown_at(form: ModelForm, sentence: str) -> bool:
    """Show the sentence at the field that it is about, if it is about this band."""
    code = form.cleaned_data["code"]
    own = f"{form.cleaned_data['action']}: {code} "
    if f" and {code} overlap" in sentence and sentence.startswith(form.cleaned_data["action"]):
        form.add_error("from_hours", sentence)
        return True
    for fault, field in FAULTS.items():
        if sentence.startswith(own + fault):
            form.add_error(field, sentence)
            return True
    return False
