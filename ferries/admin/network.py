"""Operators with their connection and conditions, ports and routes."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.formats import date_format

from ferries.admin.cache import cache_counts_page
from ferries.admin.conditions import OperatorBandInline
from ferries.models import Operator, OperatorStop, Port, Route
from ferries.operators import addresses, breaker, client, trial


class OperatorForm(forms.ModelForm):
    base_url = forms.CharField(
        label="Base URL",
        required=False,
        max_length=addresses.LONGEST,
        widget=forms.URLInput(attrs={"class": "vURLField"}),
        help_text="of the operator's system, https://...; the calls of the protocol follow it",
    )
    api_key_variable = forms.CharField(
        label="Variable with the API key",
        required=False,
        max_length=100,
        help_text="name of an environment variable, OPERATOR_...; the key itself is never kept here",
    )
    capabilities = forms.MultipleChoiceField(
        choices=Operator.Capability.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        initial=list(Operator.Capability.values),
        help_text="what the operator's system can be asked (docs/operators.md)",
    )

    def clean_base_url(self) -> str:
        """Refuse an address that would not be asked; a name's numbers are looked at when it is."""
        url: str = self.cleaned_data["base_url"].strip()
        if url:
            try:
                addresses.read(url)
            except addresses.Forbidden as error:
                raise forms.ValidationError(str(error)) from error
        return url

    def clean_api_key_variable(self) -> str:
        """Insist on a name that may be sent: nobody may have SECRET_KEY posted somewhere."""
        name: str = self.cleaned_data["api_key_variable"].strip()
        if name and not client.API_KEY_VARIABLE.fullmatch(name):
            raise forms.ValidationError(
                "Name a variable that begins with OPERATOR_ and has capital letters, digits and _ "
                "only, like OPERATOR_KOMP_KEY. Never type the key itself here."
            )
        return name

    def clean_capabilities(self) -> list[str]:
        """Keep the order of the protocol."""
        chosen = self.cleaned_data["capabilities"]
        return [each for each in Operator.Capability.values if each in chosen]

    def clean(self) -> dict[str, Any]:
        """Look at what belongs together."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("adapter") != Operator.Adapter.HTTP:
            return values
        if not values.get("base_url") and "base_url" not in self.errors:
            self.add_error("base_url", "An operator that is asked over HTTP needs an address.")
        if "search" not in values.get("capabilities", ()):
            self.add_error("capabilities", "An operator that cannot be searched is never shown.")
        connect, whole = values.get("connect_seconds"), values.get("timeout_seconds")
        if connect and whole and connect > whole:
            self.add_error("connect_seconds", "Connecting is part of the whole call's time.")
        return values


@admin.register(Operator)
class OperatorAdmin(admin.ModelAdmin):
    form = OperatorForm
    list_display = ("code", "name", "adapter", "breaker", "currency", "zone", "active")
    list_filter = ("adapter", "active")
    list_per_page = 50
    search_fields = ("code", "name")
    ordering = ("code",)
    actions = ("try_the_connection", "close_the_breaker")
    readonly_fields = ("breaker",)
    inlines = (OperatorBandInline,)
    fieldsets = (
        (None, {"fields": ("code", "name", "currency", "zone", "active")}),
        (
            "Connection",
            {
                "fields": (
                    "adapter",
                    "base_url",
                    "api_key_variable",
                    "connect_seconds",
                    "timeout_seconds",
                    "capabilities",
                    "breaker",
                )
            },
        ),
        (
            "Sale",
            {
                "fields": (
                    "vehicle_gap_cm",
                    "sale_closes_minutes",
                    "check_in_minutes",
                    "timetable_note",
                )
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the cache, which keeps what operators answered."""
        view = self.admin_site.admin_view(cache_counts_page)
        return [path("cache/", view, name="cache_counts"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Operator, form: Any, change: bool) -> None:
        """Save, and say what would keep the operator from being asked."""
        super().save_model(request, obj, form, change)
        problem = trial.setting_problem(obj) if obj.is_remote else ""
        if problem:
            self.message_user(request, f"{obj.code}: {problem}.", messages.WARNING)
        if not obj.sells:
            self.message_user(
                request,
                f"{obj.code}: without reserve, confirm and cancel its sailings are shown, not sold.",
                messages.WARNING,
            )

    @admin.display(description="breaker")
    def breaker(self, operator: Operator) -> str:
        if not operator.is_remote or not operator.code:
            return "-"
        state = breaker.states([operator.code])[operator.code]
        if state.since is None:
            return f"{state.name}, {state.failures} failures" if state.failures else state.name
        return f"{state.name} since {date_format(state.since, 'Y-m-d H:i:s')} UTC"

    @admin.action(description="Try the connection", permissions=["change"])
    def try_the_connection(self, request: HttpRequest, queryset: QuerySet[Operator]) -> None:
        for operator in queryset.order_by("code"):
            found = trial.try_connection(operator)
            level = messages.SUCCESS if found.ok else messages.ERROR
            self.message_user(request, f"{operator.code}: {found.sentence}.", level)

    @admin.action(description="Close the breaker now", permissions=["change"])
    def close_the_breaker(self, request: HttpRequest, queryset: QuerySet[Operator]) -> None:
        for operator in queryset.order_by("code"):
            if breaker.close(operator.code):
                self.log_change(request, operator, "breaker closed by hand")
                self.message_user(request, f"{operator.code}: asked again from now on.")
            else:
                self.message_user(
                    request, f"{operator.code}: its breaker was closed.", messages.WARNING
                )


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


class RouteForm(forms.ModelForm):
    """A route; only for our own sailings can a list of persons be kept."""

    def clean(self) -> dict[str, Any]:
        """Refuse to collect what nobody would get: remote operators are sent no names."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        operator = values.get("operator")
        if values.get("persons_list") and operator is not None and operator.is_remote:
            self.add_error("persons_list", "The operator's own system keeps its list of persons.")
        return values


@admin.register(Route)
class RouteAdmin(admin.ModelAdmin):
    form = RouteForm
    list_display = (
        "origin", "destination", "operator", "configuration", "persons_list", "active",
    )  # fmt: skip
    list_filter = ("operator", "active", "persons_list")
    list_select_related = ("origin", "destination", "operator", "configuration__vessel")
    search_fields = ("origin__name", "destination__name", "origin__code", "destination__code")
    autocomplete_fields = ("operator", "origin", "destination", "configuration")
    ordering = ("operator__code", "origin__name", "destination__name")
