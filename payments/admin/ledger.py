"""The ledger as staff read it: entries, balances by operator and month, and the file of a period."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from ferries.models import Operator
from maritime.lib.money import format_minor
from payments import ledger_csv, ledger_sums
from payments.admin import links
from payments.admin.read_only import ReadOnlyAdmin
from payments.models import LedgerEntry

LIVE, DEMO = "live", "demo"
MONEY = ((LIVE, "live"), (DEMO, "demo, no money moved"))


def default_money() -> str:
    """Return which money is meant when nobody says."""
    return DEMO if ledger_csv.default_is_demo() else LIVE


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"})


class MoneyFilter(admin.SimpleListFilter):
    """Live or demo, never both: their sums mean nothing together."""

    title = "money"
    parameter_name = "money"

    def lookups(
        self,
        request: HttpRequest,
        model_admin: Any,
    ) -> tuple[tuple[str, str], ...]:
        return MONEY

    def choices(self, changelist: Any) -> Any:
        """Return the two choices without Django's own "all"."""
        for value, label in MONEY:
            yield {
                "selected": self.chosen == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(
        self,
        request: HttpRequest,
        queryset: QuerySet[LedgerEntry],
    ) -> QuerySet[LedgerEntry]:
        return queryset.filter(transaction__is_demo=self.chosen == DEMO)

    @property
    def chosen(self) -> str:
        return self.value() or default_money()


class PeriodForm(forms.Form):
    """Which part of the ledger becomes a file."""

    since = forms.DateField(label="First day", help_text="UTC", widget=_day())
    until = forms.DateField(
        label="End", help_text="the first day that is not in it any more", widget=_day()
    )
    operator = forms.ModelChoiceField(
        Operator.objects.order_by("code"),
        required=False,
        to_field_name="code",
        empty_label="all accounts",
    )
    money = forms.ChoiceField(choices=MONEY, initial=default_money)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            raise forms.ValidationError("The end must be after the first day.")
        return cleaned


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """One line for each entry; the database refuses every change of one."""

    change_list_template = "admin/payments/ledgerentry/change_list.html"
    list_display = ("at", "booking", "kind", "name", "debit", "credit")
    list_filter = (
        MoneyFilter,
        "account",
        "operator",
        "transaction__kind",
        "transaction__currency",
        "transaction__at",
    )
    list_select_related = ("transaction__booking",)
    search_fields = ("=transaction__booking__reference", "=operator", "=transaction__key")
    search_help_text = "Reference of a booking, code of an operator, or key of a transaction"
    ordering = ("-transaction__at", "-transaction", "pk")
    hidden = ("amount", "transaction")
    extra_fields = ("key", "at", "booking_page", "payment_page", "kind", "money", "lines")

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of balances and of the file."""
        wrap = self.admin_site.admin_view
        own = [
            path("balances/", wrap(self.balances_view), name="payments_ledger_balances"),
            path("export/", wrap(self.export_view), name="payments_ledger_export"),
        ]
        return [*own, *super().get_urls()]

    def balances_view(self, request: HttpRequest) -> HttpResponse:
        """Show every account, and each operator's months."""
        self._require_view(request)
        money = request.GET.get("money")
        money = money if money in (LIVE, DEMO) else default_money()
        is_demo = money == DEMO
        context = {
            **self.admin_site.each_context(request),
            "title": f"Balances, {money} money",
            "money": money,
            "choices": MONEY,
            "balances": ledger_sums.balances(is_demo=is_demo),
            "months": ledger_sums.months(is_demo=is_demo),
        }
        return TemplateResponse(request, "admin/payments/ledgerentry/balances.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for a period, and send its entries as CSV while they are read."""
        self._require_view(request)
        form = PeriodForm(request.GET if "since" in request.GET else None)
        if form.is_valid():
            return _file(**form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "title": "Ledger as CSV",
            "form": form,
        }
        return TemplateResponse(request, "admin/payments/ledgerentry/export.html", context)

    @admin.display(description="at", ordering="transaction__at")
    def at(self, entry: LedgerEntry) -> Any:
        return entry.transaction.at

    @admin.display(description="booking", ordering="transaction__booking__reference")
    def booking(self, entry: LedgerEntry) -> str:
        return entry.transaction.booking.reference

    @admin.display(description="kind", ordering="transaction__kind")
    def kind(self, entry: LedgerEntry) -> str:
        return entry.transaction.get_kind_display()

    @admin.display(description="account", ordering="account")
    def name(self, entry: LedgerEntry) -> str:
        """Return the short name and the operator; the page says what the account means."""
        return str(entry)

    @admin.display(description="debit")
    def debit(self, entry: LedgerEntry) -> str:
        return _shown(entry) if entry.amount > 0 else ""

    @admin.display(description="credit")
    def credit(self, entry: LedgerEntry) -> str:
        return _shown(entry) if entry.amount < 0 else ""

    @admin.display(description="transaction")
    def key(self, entry: LedgerEntry) -> str:
        return entry.transaction.key

    @admin.display(description="booking")
    def booking_page(self, entry: LedgerEntry) -> str:
        return links.page_of(entry.transaction.booking)

    @admin.display(description="payment")
    def payment_page(self, entry: LedgerEntry) -> str:
        payment = entry.transaction.payment
        return links.payment_link(payment) if payment else "-"

    @admin.display(description="money")
    def money(self, entry: LedgerEntry) -> str:
        return DEMO if entry.transaction.is_demo else LIVE

    @admin.display(description="all entries")
    def lines(self, entry: LedgerEntry) -> str:
        """Show the whole transaction: its sides are equal."""
        entries = entry.transaction.entries.select_related("transaction").order_by("pk")
        return links.lines(
            [
                f"{each} {_shown(each)} {'debit' if each.amount > 0 else 'credit'}"
                for each in entries
            ]
        )

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _file(*, since: Any, until: Any, operator: Operator | None, money: str) -> HttpResponseBase:
    entries = ledger_csv.entries_between(
        since, until, is_demo=money == DEMO, operator=operator.code if operator else ""
    )
    name = f"ledger-{money}-{since:%Y-%m-%d}-{until:%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        ledger_csv.lines(entries),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _shown(entry: LedgerEntry) -> str:
    return format_minor(abs(entry.amount), entry.transaction.currency)
