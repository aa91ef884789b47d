"""Swaps of ships as staff make them, and the disruptions that they leave to be settled."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from bookings.models import Booking, Disruption
from bookings.operations import disrupt
from ferries.errors import SwapOutdated
from ferries.models import Sailing, VesselConfiguration
from ferries.operations.swap_vessel import SwapPlan, apply_swap, plan_swap
from maritime.lib import clock
from maritime.lib.errors import MaritimeError


class SwapForm(forms.Form):
    """Which ship takes over; after the dry run also what staff have seen and agree to."""

    configuration = forms.ModelChoiceField(VesselConfiguration.objects.none())
    fingerprint = forms.CharField(required=False, widget=forms.HiddenInput)
    displace = forms.BooleanField(required=False, label="Go on although not everything fits")

    def __init__(self, sailing: Sailing, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ships = VesselConfiguration.objects.filter(vessel__operator=sailing.operator_id)
        field = self.fields["configuration"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = ships.select_related("vessel").order_by("vessel__name", "name")


@admin.register(Disruption)
class DisruptionAdmin(admin.ModelAdmin):
    """What a change of ship left without a place; staff settle it with the traveller."""

    list_display = ("booking", "leg", "departs_at", "what", "reason", "created_at", "resolved_at")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "kind")
    list_select_related = ("leg__booking",)
    search_fields = ("leg__booking__reference", "leg__booking__contact_surname")
    ordering = ("resolved_at", "leg__departs_at", "pk")
    actions = ("settle",)
    fields = ("booking", "leg", "kind", "what", "reason", "created_at", "resolved_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Disruption | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which a sailing gets another ship."""
        view = self.admin_site.admin_view(self.swap_view)
        own = path("swap/<int:pk>/", view, name="bookings_swap_vessel")
        return [own, *super().get_urls()]

    @admin.display(description="booking", ordering="leg__booking__reference")
    def booking(self, disruption: Disruption) -> str:
        booking: Booking = disruption.leg.booking
        address = reverse("admin:bookings_booking_change", args=[booking.pk])
        return format_html('<a href="{}">{}</a>', address, booking.reference)

    @admin.display(description="departs at", ordering="leg__departs_at")
    def departs_at(self, disruption: Disruption) -> Any:
        return disruption.leg.departs_at

    @admin.display(description="items")
    def what(self, disruption: Disruption) -> str:
        return ", ".join(disruption.items)

    @admin.action(permissions=["change"], description="Mark as settled with the traveller")
    def settle(self, request: HttpRequest, queryset: QuerySet[Disruption]) -> None:
        settled = queryset.filter(resolved_at=None).update(resolved_at=clock.now())
        self.message_user(request, f"{settled} settled.", messages.SUCCESS)

    def swap_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the dry run of a swap; carry it out when what was shown is confirmed."""
        if not request.user.has_perm("ferries.change_sailing"):
            raise PermissionDenied
        sailings = Sailing.objects.select_related("operator", "configuration__vessel")
        sailing = sailings.filter(pk=pk).first()
        if sailing is None:
            raise Http404
        wanted = request.POST if request.method == "POST" else request.GET
        form = SwapForm(sailing, wanted or None)
        plan = None
        if form.is_valid():
            try:
                plan = plan_swap(
                    sailing,
                    form.cleaned_data["configuration"],
                    sizes=disrupt.sizes_of,
                    now=clock.now(),
                )
                if request.method == "POST" and self._carry_out(request, form, plan):
                    address = reverse("admin:ferries_sailing_change", args=[pk])
                    return HttpResponseRedirect(address)
            except SwapOutdated as error:
                plan = error.plan
                self.message_user(request, error.message, messages.WARNING)
            except MaritimeError as error:
                self.message_user(request, error.message, messages.ERROR)
        return self._page(request, sailing, form, plan)

    def _carry_out(self, request: HttpRequest, form: SwapForm, plan: SwapPlan) -> bool:
        if form.cleaned_data["fingerprint"] != plan.fingerprint:
            raise SwapOutdated(plan)
        done = apply_swap(
            plan,
            displace=form.cleaned_data["displace"],
            sizes=disrupt.sizes_of,
            actor=f"staff:{request.user.pk}",
            now=clock.now(),
        )
        left_out = len(done.outcome.misfits)
        self.message_user(
            request,
            f"The sailing now has {form.cleaned_data['configuration']}; {left_out} items of "
            f"{len(done.displaced)} bookings have no place.",
            messages.WARNING if left_out else messages.SUCCESS,
        )
        return True

    def _page(
        self, request: HttpRequest, sailing: Sailing, form: SwapForm, plan: SwapPlan | None
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            "admin/bookings/swap_vessel.html",
            {
                **self.admin_site.each_context(request),
                "title": "Swap the vessel",
                "opts": self.opts,
                "sailing": sailing,
                "form": form,
                "plan": plan,
                "lines": disrupt.describe(plan) if plan else [],
                "configuration": form.cleaned_data.get("configuration") if plan else None,
            },
        )
