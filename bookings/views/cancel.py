"""The pages that cancel a booking or a part of it: choose, see what it costs, confirm."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods

from bookings.errors import InvalidSelection, QuoteOutdated, RestCannotTravel
from bookings.models import Booking, JourneyLeg, OrderItem
from bookings.operations.cancel import WHOLE, Selection, cancel_booking, quote_cancellation
from bookings.queries import booking_by_public_id
from bookings.telling import vehicle_text
from ferries.models import Operator
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from maritime.lib.pages import private_page
from maritime.lib.references import booking_of_token

# What a traveller may choose by itself; a trailer goes with its vehicle.
CHOOSABLE = ("p", "v", "a", "x")
NOTHING_CHOSEN = gettext_noop("Tick at least one box, or choose the whole booking.")


@dataclass(frozen=True)
class Box:
    """One check box: its name and value in the form, and what stands beside it."""

    name: str
    value: str
    label: str
    is_ticked: bool


@dataclass(frozen=True)
class Choice:
    """What of a booking can still be cancelled by itself."""

    legs: list[Box]
    items: list[Box]

    @property
    def is_any(self) -> bool:
        """Tell whether there is anything smaller to choose than the whole booking."""
        return len(self.legs) > 1 or len(self.items) > 1


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    found = booking_by_public_id(booking_of_token(token))
    now = clock.now()
    if request.method == "POST":
        return _commit(request, found, token, now)
    selection = _selection(request.GET)
    choice = _choice(found, selection, now)
    is_chosen = "whole" in request.GET or selection != WHOLE
    if choice.is_any and not is_chosen:
        problem = InvalidSelection(gettext(NOTHING_CHOSEN)) if "part" in request.GET else None
        return _choose(request, found, token, choice, problem)
    try:
        return _show(request, found, token, selection, now)
    except (InvalidSelection, RestCannotTravel) as error:
        return _choose(request, found, token, choice, error)


def _commit(request: HttpRequest, found: Booking, token: str, now: datetime) -> HttpResponse:
    try:
        cancel_booking(
            found.pk,
            token=request.POST.get("quote", ""),
            expected_refund=_sum(request.POST.get("refund", "")),
            expected_charge=_sum(request.POST.get("charge", "")),
            actor="customer",
            now=now,
        )
    except QuoteOutdated as error:
        return _show(request, found, token, _selection(request.POST), now, problem=error)
    return redirect("booking", token=token)


def _show(
    request: HttpRequest,
    found: Booking,
    token: str,
    selection: Selection,
    now: datetime,
    problem: MaritimeError | None = None,
) -> HttpResponse:
    """Return the page with the quote; raises what `quote_cancellation` raises."""
    context = {
        "booking": found,
        "token": token,
        "quote": quote_cancellation(found, selection=selection, now=now),
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "bookings/cancel.html", context, status=status)


def _choose(
    request: HttpRequest,
    found: Booking,
    token: str,
    choice: Choice,
    problem: MaritimeError | None,
) -> HttpResponse:
    context = {"booking": found, "token": token, "choice": choice, "problem": problem}
    status = problem.status if problem else 200
    return render(request, "bookings/cancel_choose.html", context, status=status)


def _selection(values: QueryDict) -> Selection:
    """Return what the boxes say; numbers that are none are left out."""
    legs = tuple(int(leg) for leg in values.getlist("leg") if leg.isdecimal() and len(leg) < 3)
    return Selection(legs, tuple(values.getlist("item")))


def _sum(text: str) -> int:
    """Return a sum in minor units from a hidden field; one that no quote has if it is broken."""
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and len(digits) < 12 else -1


def _choice(found: Booking, selection: Selection, now: datetime) -> Choice:
    """Return the boxes for a confirmed booking; before, only the whole can be cancelled."""
    if found.state != Booking.State.CONFIRMED:
        return Choice([], [])
    live = [line for line in found.items.all() if line.cancelled_at is None and line.kind != "fee"]
    standing = {line.leg_id for line in live}
    legs = [leg for leg in found.legs.all() if leg.departs_at > now and leg.pk in standing]
    own = {leg.pk: leg for leg in legs if leg.operator.adapter == Operator.Adapter.LOCAL}
    lines = [line for line in live if line.leg_id in own and line.item.startswith(CHOOSABLE)]
    names = _names(found, own, lines)
    return Choice(
        legs=[
            Box("leg", str(leg.position + 1), str(leg), leg.position + 1 in selection.legs)
            for leg in legs
        ],
        items=[Box("item", item, name, item in selection.items) for item, name in names.items()],
    )


def _names(
    found: Booking, legs: dict[int, JourneyLeg], lines: Iterable[OrderItem]
) -> dict[str, str]:
    """Return the items that still stand with the names that travellers know, people first."""
    standing = {line.item for line in lines}
    known = {
        **{one.item: str(one).strip() for one in found.passengers.all()},
        **{one.item: vehicle_text(one) for one in found.vehicles.all()},
    }
    for line in lines:
        if line.kind in ("accommodation", "pet"):
            where = f" ({legs[line.leg_id]})" if len(legs) > 1 else ""
            before = f"{known[line.item]}; " if line.item in known else ""
            known[line.item] = f"{before}{line.told}{where}"
    return {item: name for item, name in known.items() if item in standing}
