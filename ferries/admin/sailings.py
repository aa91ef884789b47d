"""Sailings with their calls and what may be sold on each sector."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest

from ferries import inventory
from ferries.errors import MoreIsSold
from ferries.models import CapacityPool, PortCall, Sailing
from ferries.operations.align_legs import align_legs
from ferries.operations.swap_vessel import RETIRED


class PortCallInline(admin.TabularInline):
    model = PortCall
    extra = 0
    ordering = ("sequence",)
    autocomplete_fields = ("port",)


class CapacityPoolForm(forms.ModelForm):
    """A pool's limits; what is used belongs to the inventory and is only shown."""

    class Meta:
        model = CapacityPool
        fields = ("sector", "resource", "physical", "authorised")

    def clean_authorised(self) -> int:
        """Refuse less than what is sold, before the table does."""
        authorised: int = self.cleaned_data["authorised"]
        if authorised < self.instance.used:
            raise ValidationError(f"{self.instance.used} are sold already.")
        return authorised


class CapacityPoolInline(admin.TabularInline):
    model = CapacityPool
    form = CapacityPoolForm
    extra = 0
    ordering = ("sector", "resource")
    readonly_fields = ("used",)
    verbose_name_plural = "capacity for everybody (shares of groups are allotments)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CapacityPool]:
        """Leave out shares, which only the operation writes, and what former ships had."""
        rows = super().get_queryset(request).filter(allotment=None)
        return rows.exclude(resource__startswith=RETIRED)


class SailingForm(forms.ModelForm):
    """A sailing; its sale opens before it closes."""

    def clean(self) -> dict[str, Any]:
        """Refuse a sale that closes before it opens."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        opens_at, closes_at = values.get("sale_opens_at"), values.get("sale_closes_at")
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error("sale_closes_at", "The sale closes before it opens.")
        return values


@admin.register(Sailing)
class SailingAdmin(admin.ModelAdmin):
    form = SailingForm
    list_display = (
        "source_ref", "operator", "service_date", "departs_at", "vessel", "status",
        "accommodation_required",
    )  # fmt: skip
    list_filter = ("operator", "status", "service_date")
    list_select_related = ("operator", "configuration__vessel")
    search_fields = ("source_ref", "configuration__vessel__name")
    autocomplete_fields = ("operator", "configuration")
    readonly_fields = ("public_id", "timetable_hash", "version")
    ordering = ("-departs_at", "-pk")
    show_full_result_count = False
    inlines = (PortCallInline, CapacityPoolInline)
    actions = ("stop_sale", "resume_sale")
    fieldsets = (
        (None, {"fields": ("operator", "source_ref", "service_date", "configuration", "version")}),
        ("Times", {"fields": (("departs_at", "arrives_at"), "check_in_minutes")}),
        (
            "Sale",
            {"fields": ("status", ("sale_opens_at", "sale_closes_at"), "accommodation_required")},
        ),
        ("Origin of the data", {"fields": ("is_demo", "public_id", "timetable_hash")}),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Sailing | None = None
    ) -> tuple[str, ...]:
        """Let a sailing change its ship by a swap only, which moves what is sold along."""
        fields: tuple[str, ...] = self.readonly_fields
        return (*fields, "configuration") if obj else fields

    @admin.action(permissions=["change"], description="Stop the sale")
    def stop_sale(self, request: HttpRequest, queryset: QuerySet[Sailing]) -> None:
        self._set_status(request, queryset, Sailing.Status.ON_SALE, Sailing.Status.STOP_SALE)

    @admin.action(permissions=["change"], description="Resume the sale")
    def resume_sale(self, request: HttpRequest, queryset: QuerySet[Sailing]) -> None:
        self._set_status(request, queryset, Sailing.Status.STOP_SALE, Sailing.Status.ON_SALE)

    def _set_status(
        self,
        request: HttpRequest,
        queryset: QuerySet[Sailing],
        before: Sailing.Status,
        after: Sailing.Status,
    ) -> None:
        """Move the sailings that are in the one status to the other, each with its caches."""
        changed = 0
        for sailing in queryset.filter(status=before):
            sailing.status = after
            sailing.save(update_fields=["status"])
            changed += 1
        self.message_user(request, f"{changed} sailings: {after.label}.", messages.SUCCESS)

    @admin.display(description="vessel")
    def vessel(self, sailing: Sailing) -> str:
        return str(sailing.configuration.vessel) if sailing.configuration else ""

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseModelFormSet, change: bool
    ) -> None:
        """Save pools through the inventory: writing the whole row would undo sales in between."""
        if formset.model is not CapacityPool:
            super().save_formset(request, form, formset, change)
            return
        pools = formset.save(commit=False)
        for pool in formset.deleted_objects:
            pool.delete()
        for pool in pools:
            if pool.pk is None:
                pool.save()
            else:
                self._authorise(request, pool)

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool
    ) -> None:
        """Keep the legs on the times of the calls."""
        super().save_related(request, form, formsets, change)
        align_legs(form.instance)

    def _authorise(self, request: HttpRequest, pool: CapacityPool) -> None:
        try:
            inventory.authorise(pool.pk, physical=pool.physical, authorised=pool.authorised)
        except MoreIsSold as error:
            self.message_user(request, f"{pool.resource}: {error.message}", messages.ERROR)
