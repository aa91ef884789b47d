"""Operators with their conditions, ports and routes."""

from django import forms
from django.contrib import admin

from ferries.admin.conditions import OperatorBandInline
from ferries.models import Operator, OperatorStop, Port, Route


class OperatorForm(forms.ModelForm):
    base_url = forms.URLField(
        label="Base URL",
        required=False,
        assume_scheme="https",
        help_text="of the operator's system; http adapter only",
    )


@admin.register(Operator)
class OperatorAdmin(admin.ModelAdmin):
    form = OperatorForm
    list_display = ("code", "name", "adapter", "currency", "zone", "active")
    list_filter = ("adapter", "active")
    search_fields = ("code", "name")
    ordering = ("code",)
    inlines = (OperatorBandInline,)


class OperatorStopInline(admin.TabularInline):
    model = OperatorStop
    extra = 0
    autocomplete_fields = ("operator",)


@admin.register(Port)
class PortAdmin(admin.ModelAdmin):
    list_display = ("name", "code", "unlocode", "country", "zone")
    list_filter = ("country",)
    search_fields = ("name", "code", "unlocode")
    ordering = ("name", "code")
    inlines = (OperatorStopInline,)


@admin.register(Route)
class RouteAdmin(admin.ModelAdmin):
    list_display = ("origin", "destination", "operator", "configuration", "active")
    list_filter = ("operator", "active")
    list_select_related = ("origin", "destination", "operator", "configuration__vessel")
    search_fields = ("origin__name", "destination__name", "origin__code", "destination__code")
    autocomplete_fields = ("operator", "origin", "destination", "configuration")
    ordering = ("operator__code", "origin__name", "destination__name")
