"""Vessels, their configurations, and what those admit and carry."""

from typing import Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest

from ferries.models import (
    AccommodationType,
    DeckArea,
    PetSpace,
    Sailing,
    Vessel,
    VesselConfiguration,
)
from maritime.lib import clock


class ConfigurationInline(admin.TabularInline):
    model = VesselConfiguration
    fields = ("name", "valid_from", "valid_until", "certified_persons", "foot_persons")
    extra = 0
    show_change_link = True


class DeckAreaInline(admin.StackedInline):
    model = DeckArea
    extra = 0
    ordering = ("fill_order", "clear_height_cm", "code")
    fields = (
        ("code", "name", "fill_order"),
        ("lane_cm", "places", "clear_height_cm"),
        ("lane_width_cm", "max_width_cm"),
        ("max_vehicle_kg", "total_kg", "plugs"),
        "admits",
    )


class AccommodationTypeInline(admin.StackedInline):
    model = AccommodationType
    extra = 0
    ordering = ("kind", "code")
    fields = (
        ("code", "name", "kind"),
        ("units", "berths", "min_occupancy", "max_occupancy"),
        ("infants_ok", "accessible", "pets_ok"),
    )


class PetSpaceInline(admin.TabularInline):
    model = PetSpace
    extra = 0
    ordering = ("kind",)


@admin.register(Vessel)
class VesselAdmin(admin.ModelAdmin):
    list_display = ("name", "imo", "operator", "active")
    list_filter = ("operator", "active")
    list_select_related = ("operator",)
    search_fields = ("name", "imo")
    autocomplete_fields = ("operator",)
    ordering = ("operator__code", "name")
    inlines = (ConfigurationInline,)


@admin.register(VesselConfiguration)
class VesselConfigurationAdmin(admin.ModelAdmin):
    list_display = ("vessel", "name", "valid_from", "valid_until", "persons", "foot_persons")
    list_filter = ("vessel__operator",)
    list_select_related = ("vessel",)
    search_fields = ("vessel__name", "name")
    autocomplete_fields = ("vessel",)
    ordering = ("vessel__name", "name")
    inlines = (DeckAreaInline, AccommodationTypeInline, PetSpaceInline)
    fieldsets = (
        (None, {"fields": ("vessel", "name", ("valid_from", "valid_until"))}),
        ("Persons", {"fields": (("certified_persons", "foot_persons"), ("lsa_persons", "crew"))}),
    )

    @admin.display(description="travellers admitted")
    def persons(self, configuration: VesselConfiguration) -> int:
        return configuration.persons

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool
    ) -> None:
        """Say that sailings on sale keep what they sell, since sold space is not cut by a save."""
        super().save_related(request, form, formsets, change)
        coming = Sailing.objects.filter(
            configuration=form.instance, departs_at__gt=clock.now()
        ).count()
        if coming:
            self.message_user(
                request,
                f"{coming} coming sailings keep the capacity they have. Swap one to this "
                "configuration to bring it in line.",
                messages.WARNING,
            )
