"""Refunds as staff see them: large ones are approved here, failed ones sent again."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from maritime.lib import clock
from maritime.lib.money import format_minor
from payments import states
from payments.admin import links
from payments.admin.read_only import ReadOnlyAdmin, actor_of
from payments.models import Refund
from payments.operations import approve
from payments.operations.refund import AGAIN
from payments.operations.send import send_refund, settle_refunds
from payments.timeline import person

BUTTONS = {
    Refund.State.REQUESTED: ("ask_now",),
    Refund.State.UNKNOWN: ("ask_now",),
    Refund.State.PENDING: ("ask_now",),
    Refund.State.FAILED: ("again",),
    Refund.State.CANCELED: ("again",),
}


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Refunds that wait for approval or have failed need a person; filter by state."""

    list_display = (
        "booking", "money", "told", "reason", "by", "created_at",
    )  # fmt: skip
    list_filter = ("state", "waits_for", "created_at")
    list_select_related = ("payment__booking",)
    search_fields = ("=payment__booking__reference", "=refund_id")
    actions = ("approve", "decline", "ask_now", "again")
    hidden = ("payment", "amount", "actor", "approved_by")
    extra_fields = (
        "booking_page",
        "payment_page",
        "money",
        "by",
        "approver",
        "replaced_by",
        "provider",
        "events",
    )

    @admin.display(description="booking", ordering="payment__booking__reference")
    def booking(self, refund: Refund) -> str:
        return refund.payment.booking.reference

    @admin.display(description="state", ordering="state")
    def told(self, refund: Refund) -> str:
        return refund.told

    @admin.display(description="sent again as")
    def replaced_by(self, refund: Refund) -> str:
        return links.lines([links.refund_link(each) for each in self._sent_again(refund)])

    @admin.display(description="asked for by", ordering="actor")
    def by(self, refund: Refund) -> str:
        return person(refund.actor)

    @admin.display(description="approved by")
    def approver(self, refund: Refund) -> str:
        return person(refund.approved_by) or "-"

    @admin.display(description="events")
    def events(self, refund: Refund) -> str:
        return links.events_about(refund.refund_id)

    @admin.display(description="amount", ordering="amount")
    def money(self, refund: Refund) -> str:
        return format_minor(refund.amount, refund.payment.currency)

    @admin.display(description="booking")
    def booking_page(self, refund: Refund) -> str:
        return links.page_of(refund.payment.booking)

    @admin.display(description="payment")
    def payment_page(self, refund: Refund) -> str:
        return links.payment_link(refund.payment)

    @admin.display(description="at the provider")
    def provider(self, refund: Refund) -> str:
        return links.payment_at_provider(refund.payment)

    def buttons_of(self, row: Refund) -> tuple[str, ...]:
        """Offer what can be done about the refund in its state."""
        if row.waits_for == Refund.WaitsFor.APPROVAL:
            return ("approve", "decline")
        if row.state == Refund.State.CANCELED and not row.refund_id:
            return ()
        if row.state in states.LOST_REFUND and self._sent_again(row):
            return ()
        return BUTTONS.get(Refund.State(row.state), ())

    def _sent_again(self, refund: Refund) -> list[Refund]:
        """Return the refund that was sent in the place of one that did not arrive, if any."""
        again = Refund.objects.filter(
            payment=refund.payment_id, request_key=f"{AGAIN}{refund.public_id}"
        )
        return list(again.select_related("payment"))

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.approve_refund")

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.refund_payment")

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description="Approve", permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Refund]) -> HttpResponse | None:
        if not self.is_confirmed(request):
            return self.ask(request, queryset, action="approve", title="Approve refunds?")
        by = actor_of(request)
        return self.apply(
            request,
            queryset,
            lambda refund: approve.approve_refund(refund.pk, by=by),
            done="Approved refunds",
        )

    @admin.action(description="Decline", permissions=["approve"])
    def decline(self, request: HttpRequest, queryset: QuerySet[Refund]) -> HttpResponse | None:
        by = actor_of(request)
        return self.apply(
            request,
            queryset,
            lambda refund: approve.decline_refund(refund.pk, by=by),
            done="Declined refunds",
        )

    @admin.action(description="Send again what did not arrive", permissions=["again"])
    def again(self, request: HttpRequest, queryset: QuerySet[Refund]) -> HttpResponse | None:
        if not self.is_confirmed(request):
            return self.ask(request, queryset, action="again", title="Send refunds again?")
        by = actor_of(request)
        return self.apply(
            request,
            queryset,
            lambda refund: approve.send_again(refund.pk, by=by),
            done="Refunds that are sent again",
        )

    @admin.action(description="Ask the provider now", permissions=["ask"])
    def ask_now(self, request: HttpRequest, queryset: QuerySet[Refund]) -> HttpResponse | None:
        return self.apply(request, queryset, _ask, done="Refunds that are up to date")


def _ask(refund: Refund) -> None:
    if refund.state in states.UNSENT_REFUND:
        send_refund(refund.pk, now=clock.now())
    else:
        settle_refunds(refund.payment_id)
