"""Bookings as staff see them: everything readable, nothing editable, two ways to cancel."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import CharField, ChoiceField, Form, Textarea
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from bookings import admin_disruptions, admin_persons, queries, tickets
from bookings.models import Booking, BookingEvent, JourneyLeg, OrderItem, Passenger, Vehicle
from bookings.operations import cancel
from bookings.operations.cancel import Overrule
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from maritime.lib.money import format_minor

__all__ = ("BookingAdmin", "admin_disruptions")


class _ReadOnly:
    """No row of a booking is written by hand: operations do it and leave an event."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _Part(_ReadOnly):
    """Whoever may view bookings sees all their parts."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("bookings.view_booking")


class LegInline(_Part, admin.TabularInline):
    model = JourneyLeg
    fields = (
        "position", "operator", "vessel", "origin_name", "destination_name", "departs_at",
        "arrives_at", "operator_state", "operator_ref",
    )  # fmt: skip
    ordering = ("position",)


class PassengerInline(_Part, admin.TabularInline):
    model = Passenger
    fields = ("position", "category", "given_name", "surname", "age")
    ordering = ("position",)


class VehicleInline(_Part, admin.TabularInline):
    model = Vehicle
    fields = ("kind", "registration", "length_cm", "height_cm", "trailer_length_cm")


class ItemInline(_Part, admin.TabularInline):
    model = OrderItem
    fields = ("leg", "item", "kind", "label", "amount", "rule", "cancelled_at")
    ordering = ("pk",)


class EventInline(_Part, admin.TabularInline):
    model = BookingEvent
    fields = ("at", "name", "from_state", "to_state", "actor", "reason")
    ordering = ("pk",)


class ReasonForm(Form):
    """Why staff cancel; it goes into the event."""

    reason = CharField(max_length=200, widget=Textarea(attrs={"rows": 2, "cols": 60}))


class OverruleForm(ReasonForm):
    """Why the conditions do not count, as a code; it goes into the event too."""

    overrule = ChoiceField(
        label="Why the conditions do not count",
        choices=[("", "Choose a reason"), *Overrule.choices],
        help_text="If the ferry company is the cause, departed crossings and fees go back too.",
    )
    field_order = ("overrule", "reason")


@admin.register(Booking)
class BookingAdmin(_ReadOnly, admin.ModelAdmin):
    """Find, read and cancel bookings."""

    list_display = ("reference", "state_now", "contact", "journey", "price", "created_at")
    list_filter = ("state", "legs__operator", "created_at", "currency")
    search_fields = (
        "reference", "contact_surname", "contact_email", "passengers__surname",
        "legs__operator_ref",
    )  # fmt: skip
    search_help_text = "Reference, surname, e-mail address or the operator's reference"
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    list_per_page = 50
    inlines = (LegInline, PassengerInline, VehicleInline, ItemInline, EventInline)
    actions: tuple[str, ...] = ("cancel_by_conditions", "cancel_in_full")
    fields = (
        "reference", "state_now", "version", "expires_at", "price", "paid_back",
        "contact_given_name", "contact_surname", "contact_email", "contact_phone",
        "contact_language", "assistance", "assistance_note", "created_at", "updated_at", "documents",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        """Load the legs with the list: the journey column shows them."""
        return super().get_queryset(request).prefetch_related("legs")

    def get_urls(self) -> list[URLPattern]:
        """Add the tickets of a booking, and the lists of persons."""
        view = self.admin_site.admin_view(self.tickets_view)
        own = path("<int:pk>/tickets.pdf", view, name="bookings_booking_tickets")
        return [own, admin_persons.address(self.admin_site), *super().get_urls()]

    def tickets_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with the PDF that the customer has."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        booking = self.get_object(request, str(pk))
        whole = queries.booking_by_reference(booking.reference if booking else "")
        return HttpResponse(tickets.ticket_pdf(whole), content_type="application/pdf")

    def has_cancel_booking_permission(self, request: HttpRequest) -> bool:
        """Tell Django who is offered the cancel actions."""
        return request.user.has_perm("bookings.cancel_booking")

    @admin.action(
        permissions=["cancel_booking"], description="Cancel on the terms of the conditions"
    )
    def cancel_by_conditions(
        self, request: HttpRequest, queryset: QuerySet[Booking]
    ) -> HttpResponse | None:
        return self._cancel(
            request, queryset, cancel.cancel_by_conditions, _due_by_conditions, ReasonForm
        )

    @admin.action(permissions=["cancel_booking"], description="Cancel with full refund")
    def cancel_in_full(
        self, request: HttpRequest, queryset: QuerySet[Booking]
    ) -> HttpResponse | None:
        return self._cancel(request, queryset, cancel.cancel_in_full, _due_in_full, OverruleForm)

    def _cancel(
        self,
        request: HttpRequest,
        queryset: QuerySet[Booking],
        operation: Callable[..., Booking],
        due: Callable[[Booking], str],
        form_class: type[ReasonForm],
    ) -> HttpResponse | None:
        """Show what would be refunded and ask for the reason; cancel when it is given."""
        form = form_class(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return self._confirmation(request, queryset, form, due)
        for booking in queryset.order_by("pk"):
            try:
                cancelled = operation(
                    booking.pk,
                    actor=f"staff:{request.user.pk}",
                    now=clock.now(),
                    **form.cleaned_data,
                )
            except MaritimeError as error:
                self.message_user(request, f"{booking}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, _done(cancelled), messages.SUCCESS)
        return None

    def _confirmation(
        self,
        request: HttpRequest,
        queryset: QuerySet[Booking],
        form: ReasonForm,
        due: Callable[[Booking], str],
    ) -> HttpResponse:
        bookings = queryset.order_by("pk")
        return TemplateResponse(
            request,
            "admin/bookings/cancel_confirmation.html",
            {
                **self.admin_site.each_context(request),
                "title": "Cancel bookings",
                "opts": self.opts,
                "action": request.POST.get("action", ""),
                "rows": [(booking, due(booking)) for booking in bookings],
                "form": form,
            },
        )

    @admin.display(description="state", ordering="state")
    def state_now(self, booking: Booking) -> str:
        return Booking.State(booking.state_at(clock.now())).label

    @admin.display(description="contact", ordering="contact_surname")
    def contact(self, booking: Booking) -> str:
        return f"{booking.contact_given_name} {booking.contact_surname}"

    @admin.display(description="journey")
    def journey(self, booking: Booking) -> str:
        legs = sorted(booking.legs.all(), key=lambda leg: leg.position)
        return "; ".join(f"{leg}, {leg.departs_at:%Y-%m-%d %H:%M} UTC" for leg in legs)

    @admin.display(description="price", ordering="total")
    def price(self, booking: Booking) -> str:
        return format_minor(booking.total, booking.currency)

    @admin.display(description="paid, of which returned")
    def paid_back(self, booking: Booking) -> str:
        paid = format_minor(booking.paid, booking.currency)
        return f"{paid}, {format_minor(booking.refunded, booking.currency)}"

    @admin.display(description="documents")
    def documents(self, booking: Booking) -> str:
        if booking.state != Booking.State.CONFIRMED:
            return "No valid tickets"
        address = reverse("admin:bookings_booking_tickets", args=[booking.pk])
        return format_html('<a href="{}">Tickets (PDF)</a>', address)


def _due_by_conditions(booking: Booking) -> str:
    try:
        quote = cancel.quote_cancellation(booking, now=clock.now())
    except MaritimeError as error:
        return error.message
    kept = format_minor(quote.charge, quote.currency)
    return f"{format_minor(quote.refund, quote.currency)} (charge {kept})"


def _due_in_full(booking: Booking) -> str:
    left = max(0, min(booking.paid - booking.refunded, booking.total))
    return f"up to {format_minor(left, booking.currency)}, by the reason below"


def _done(booking: Booking) -> str:
    if booking.state == Booking.State.CANCELLED:
        return f"{booking} is cancelled."
    return f"{booking}: what was not used is cancelled; the crossings that departed stand."
