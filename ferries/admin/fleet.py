"""Vessels, their configurations and the areas of their decks."""

from django.contrib import admin

from ferries.models import DeckArea, Vessel, VesselConfiguration


class ConfigurationInline(admin.TabularInline):
    model = VesselConfiguration
    extra = 0
    show_change_link = True


class DeckAreaInline(admin.TabularInline):
    model = DeckArea
    extra = 0
    ordering = ("clear_height_cm", "code")


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
    list_display = ("vessel", "name", "certified_persons")
    list_filter = ("vessel__operator",)
    list_select_related = ("vessel",)
    search_fields = ("vessel__name", "name")
    autocomplete_fields = ("vessel",)
    ordering = ("vessel__name", "name")
    inlines = (DeckAreaInline,)
