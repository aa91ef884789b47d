"""Prices of routes."""

from django.contrib import admin

from ferries.models import FareRule, Tariff


class FareRuleInline(admin.TabularInline):
    model = FareRule
    extra = 0
    ordering = ("kind", "code", "category")


@admin.register(Tariff)
class TariffAdmin(admin.ModelAdmin):
    list_display = ("route", "name", "currency", "valid_from", "valid_until")
    list_filter = ("route__operator", "currency")
    list_select_related = ("route__origin", "route__destination")
    search_fields = ("name", "route__origin__name", "route__destination__name")
    autocomplete_fields = ("route",)
    ordering = ("route__operator__code", "route__origin__name", "pk")
    inlines = (FareRuleInline,)
