"""Changing a booking step by step: crossing, day, sailing or party; what it costs; the change."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import queries
from bookings.amend_forms import CrossingForm, PartyForm
from bookings.errors import AmendmentOutdated
from bookings.models import Amendment, Booking, Passenger
from bookings.operations import amend as operations
from bookings.operations import persons
from bookings.operations.amend_cast import Booked, Standing, read_booked
from bookings.operations.amend_request import AmendRequest, BookedLine
from ferries.offers import AccommodationOffer, Offer
from ferries.search import search
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from maritime.lib.pages import private_page, require_rate
from maritime.lib.references import booking_of_token


@require_safe
@private_page
def amend(request: HttpRequest, token: str) -> HttpResponse:
    """Show what can be changed, and the change that waits for payment."""
    booked = _booked(token)
    return _overview(request, token, booked, _party_form(booked))


@require_POST
@private_page
def party(request: HttpRequest, token: str) -> HttpResponse:
    """Quote other travellers, names or another vehicle."""
    booked = _booked(token)
    form = _party_form(booked, request)
    if not form.is_valid():
        return _overview(request, token, booked, form, status=422)
    try:
        return _quote(request, token, booked.booking, form.as_request())
    except MaritimeError as error:
        return _overview(request, token, booked, form, problem=error, status=error.status)


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def crossing(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """List the sailings of a day for one crossing, and quote the chosen one."""
    booked = _booked(token)
    leg = next((each for each in booked.legs if each.number == number), None)
    if leg is None or not leg.is_ahead(clock.now()):
        raise Http404
    day = _day(request, leg)
    offers = _offers(booked.booking, leg, day)
    problem: MaritimeError | None = None
    form = _crossing_form(request, leg, offers)
    if request.method == "POST" and form.is_valid():
        try:
            return _quote(request, token, booked.booking, form.as_request())
        except MaritimeError as error:
            problem = error
    is_refused = request.method == "POST"
    context = {
        "booking": booked.booking,
        "token": token,
        "leg": leg.row,
        "number": number,
        "day": day,
        "offers": offers,
        "units": [form[name] for name in form.fields if name != "offer"],
        "missing": is_refused and not form.is_valid(),
        "problem": problem,
    }
    status = problem.status if problem else 422 if is_refused else 200
    return render(request, "bookings/amend_crossing.html", context, status=status)


@require_POST
@private_page
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Make the change of the quote on the page before, and go on to payment if money is due."""
    booking = _booking(token)
    try:
        made = operations.commit_amendment(
            booking.pk,
            token=request.POST.get("quote", ""),
            due=_sum(request, "due"),
            refund=_sum(request, "refund"),
            actor="customer",
            now=clock.now(),
        )
    except AmendmentOutdated as error:
        quote = error.details["quote"]
        if quote is None:
            return redirect("amend", token=token)
        return _quote_page(request, token, booking, quote, problem=error)
    is_open = made.state == Amendment.State.AWAITING_PAYMENT
    return redirect("pay" if is_open else "booking", token=token)


@require_POST
@private_page
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Take back the change that waits for payment."""
    booking = _booking(token)
    operations.withdraw_amendment(booking.pk, actor="customer", now=clock.now())
    return redirect("booking", token=token)


def _booking(token: str) -> Booking:
    return queries.booking_by_public_id(booking_of_token(token))


def _booked(token: str) -> Booked:
    return read_booked(_booking(token))


def _party_form(booked: Booked, request: HttpRequest | None = None) -> PartyForm:
    ahead = _ahead(booked)
    aboard = {item for leg in ahead for item in leg.cast.items}
    people: list[Passenger] = [one for item, one in booked.passengers.items() if item in aboard]
    return PartyForm(
        request.POST if request else None,
        passengers=people,
        vehicle=booked.vehicle if "v0" in aboard else None,
        listed=persons.listed_day(ahead),
    )


def _ahead(booked: Booked) -> list[Standing]:
    now = clock.now()
    return [leg for leg in booked.legs if leg.is_ahead(now)]


def _overview(
    request: HttpRequest,
    token: str,
    booked: Booked,
    form: PartyForm,
    *,
    problem: MaritimeError | None = None,
    status: int = 200,
) -> HttpResponse:
    waiting = queries.outstanding_amendment(booked.booking, now=clock.now())
    context = {
        "booking": booked.booking,
        "token": token,
        "legs": [leg.row for leg in _ahead(booked)],
        "form": form,
        "waiting": waiting,
        "due": queries.due_of(waiting) if waiting else 0,
        "problem": problem,
        "list_hours": settings.PERSONS_LIST_KEPT_HOURS,
    }
    return render(request, "bookings/amend.html", context, status=status)


def _quote(request: HttpRequest, token: str, booking: Booking, wish: AmendRequest) -> HttpResponse:
    require_rate(request, scope="lookup")
    quote = operations.quote_amendment(booking, wish, now=clock.now())
    return _quote_page(request, token, booking, quote.as_dict())


def _quote_page(
    request: HttpRequest,
    token: str,
    booking: Booking,
    quote: Mapping[str, Any],
    *,
    problem: MaritimeError | None = None,
) -> HttpResponse:
    lines = {name: [BookedLine(**line) for line in quote[name]] for name in ("before", "after")}
    context = {
        "booking": booking,
        "token": token,
        "quote": {**quote, **lines},
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "bookings/amend_quote.html", context, status=status)


def _day(request: HttpRequest, leg: Standing) -> date:
    """Return the asked day, or that of the present sailing, on the calendar of the origin."""
    try:
        asked = parse_date(request.GET.get("date", ""))
    except ValueError:
        asked = None
    return asked or clock.local(leg.row.departs_at, leg.row.origin_zone).date()


def _offers(booking: Booking, leg: Standing, day: date) -> list[Offer]:
    """Return the day's offers of the crossing's own operator to the present party."""
    found = search(
        origin=leg.row.origin,
        destination=leg.row.destination,
        day=day,
        party=leg.cast.party(booking),
        now=clock.now(),
    )
    return [offer for offer in found.offers if offer.operator == leg.row.operator.code]


def _crossing_form(request: HttpRequest, leg: Standing, offers: Sequence[Offer]) -> CrossingForm:
    types: dict[str, AccommodationOffer] = {}
    for offer in offers:
        for each in offer.accommodation:
            types.setdefault(each.code, each)
    if request.method == "POST":
        return CrossingForm(request.POST, leg=leg, types=types.values())
    return CrossingForm(None, leg=leg, types=types.values())


def _sum(request: HttpRequest, name: str) -> int:
    """Return a sum of the page before; -1, which no quote has, for anything else."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() else -1
