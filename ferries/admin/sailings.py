"""Sailings with their calls and what may be sold on each sector."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest

from ferries import inventory
from ferries.errors import MoreIsSold
from ferries.models import CapacityPool, PortCall, Sailing
from ferries.operations.align_legs import align_legs


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


@admin.register(Sailing)
class SailingAdmin(admin.ModelAdmin):
    list_display = ("source_ref", "operator", "service_date", "departs_at", "vessel", "status")
    list_filter = ("operator", "status", "service_date")
    list_select_related = ("operator", "configuration__vessel")
    search_fields = ("source_ref", "configuration__vessel__name")
    autocomplete_fields = ("operator", "configuration")
    readonly_fields = ("public_id", "timetable_hash")
    ordering = ("-departs_at", "-pk")
    show_full_result_count = False
    inlines = (PortCallInline, CapacityPoolInline)

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
