"""Fare families with their conditions, prices of routes, and discounts."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from ferries.admin.conditions import ConditionBandInline
from ferries.models import Discount, FareFamily, FareRule, Tariff


class FareRuleInline(admin.StackedInline):
    model = FareRule
    extra = 0
    ordering = ("kind", "code", "category")
    fields = (
        ("kind", "category", "code"),
        ("label", "includes_driver"),
        ("amount", "percent_bp", "vat_bp"),
        ("min_age", "max_age"),
        ("min_length_cm", "max_length_cm", "per_started_cm"),
        ("min_height_cm", "max_height_cm"),
    )


@admin.register(FareFamily)
class FareFamilyAdmin(admin.ModelAdmin):
    list_display = ("name", "code", "operator", "order", "amend_until_hours", "free_amendments")
    list_filter = ("operator",)
    list_select_related = ("operator",)
    search_fields = ("code", "name", "operator__code")
    autocomplete_fields = ("operator",)
    ordering = ("operator__code", "order", "code")
    inlines = (ConditionBandInline,)

    def get_readonly_fields(
        self, request: HttpRequest, obj: FareFamily | None = None
    ) -> tuple[str, ...]:
        """Keep a family with its operator: its bands belong to both."""
        return ("operator",) if obj else ()


class TariffForm(forms.ModelForm):
    """A tariff, of a family of the same operator."""

    def clean(self) -> dict[str, Any]:
        """Refuse another operator's family and a booking period that ends before it begins."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        route, family = values.get("route"), values.get("family")
        if route and family and family.operator_id != route.operator_id:
            self.add_error("family", f"{family} belongs to another operator than the route.")
        start, end = values.get("booking_from"), values.get("booking_until")
        if start and end and end < start:
            self.add_error("booking_until", "The booking period ends before it begins.")
        return values


@admin.register(Tariff)
class TariffAdmin(admin.ModelAdmin):
    form = TariffForm
    list_display = (
        "route", "family", "name", "currency", "valid_from", "valid_until", "booking_from",
        "booking_until",
    )  # fmt: skip
    list_filter = ("route__operator", "family", "currency")
    list_select_related = ("route__origin", "route__destination", "family__operator")
    search_fields = ("name", "route__origin__name", "route__destination__name")
    autocomplete_fields = ("route", "family")
    ordering = ("route__operator__code", "route__origin__name", "pk")
    inlines = (FareRuleInline,)
    fieldsets = (
        (None, {"fields": ("route", ("name", "family"), "currency")}),
        ("Travel", {"fields": (("valid_from", "valid_until"),)}),
        ("Booking", {"fields": (("booking_from", "booking_until"),)}),
    )


class DiscountForm(forms.ModelForm):
    """A discount; group and family are of its operator."""

    def clean_code(self) -> str:
        """Store codes as they are compared: upper case."""
        code: str = self.cleaned_data["code"]
        return code.upper() if self.cleaned_data.get("kind") == Discount.Kind.OFFER else code

    def clean(self) -> dict[str, Any]:
        """Refuse another operator's group or family, and periods that end before they begin."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        operator = values.get("operator")
        for field in ("family", "group"):
            other = values.get(field)
            if operator and other and other.operator_id != operator.pk:
                self.add_error(field, f"{other} belongs to another operator.")
        for kind in ("travel", "booking"):
            start, end = values.get(f"{kind}_from"), values.get(f"{kind}_until")
            if start and end and end < start:
                self.add_error(
                    f"{kind}_until", ValidationError(f"The {kind} period ends before it begins.")
                )
        return values


@admin.register(Discount)
class DiscountAdmin(admin.ModelAdmin):
    form = DiscountForm
    list_display = ("code", "label", "kind", "operator", "family", "group", "quota")
    list_filter = ("operator", "kind")
    list_select_related = ("operator", "family__operator", "group__operator")
    search_fields = ("code", "label")
    autocomplete_fields = ("operator", "family", "group")
    ordering = ("operator__code", "kind", "code")
    fieldsets = (
        (None, {"fields": ("operator", ("kind", "code"), "label", ("family", "group"))}),
        ("Reduction", {"fields": (("percent_bp", "amount"), "components")}),
        ("Travel", {"fields": (("travel_from", "travel_until"),)}),
        ("Booking", {"fields": (("booking_from", "booking_until"),)}),
        ("Limits", {"fields": (("quota", "per_customer"),)}),
    )
