"""Check-out: what goes with the sailings, who travels, then a hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bookings import extras
from bookings.again import AGAIN, typed_again
from bookings.assistance import NOTICE_HOURS
from bookings.errors import BookingNotFound, PersonsListIncomplete
from bookings.extras import ExtrasForm
from bookings.forms import CheckoutForm, read_ages, read_birth_dates, sent_ages, sent_list
from bookings.models import Booking
from bookings.operations import journey, persons
from bookings.operations.hold import Wishes, hold_booking
from bookings.operations.journey import LegWish, QuotedLeg
from bookings.operations.quote import Quote, quote_of
from bookings.queries import booking_by_public_id
from bookings.views import held
from ferries.errors import NotBookable
from ferries.forms import PartyForm, party_fields
from ferries.operators.base import Offer
from ferries.party import Party
from ferries.queries import SoldLeg, aged_categories, condition_sentences
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from maritime.lib.pages import private_page, require_rate
from maritime.lib.references import access_token, booking_of_token

ENDED = frozenset({Booking.State.EXPIRED, Booking.State.CANCELLED})
# How often one view of the page may hold anew.
MOST_AGAIN = 5


@dataclass(frozen=True)
class Wanted:
    """What the page asks for.

    `values` are its parameters, as they were given; `typed` is what stands in its other fields.
    """

    legs: tuple[LegWish, ...]
    party: Party
    wishes: Wishes
    values: dict[str, str]
    typed: dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """The sailings that were chosen, as they stand now, and what cancelling them costs.

    `aged` are the categories whose fare depends on the age. `listed` is the day of departure where
    a crossing asks for the list of persons. `quote` is the price that is promised; None while
    something stands against the choice.
    """

    offers: Sequence[Offer]
    conditions: dict[str, list[str]]
    aged: frozenset[str]
    listed: date | None = None
    quote: Quote | None = None
    code_problem: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def checkout(request: HttpRequest) -> HttpResponse:
    offer_ids = _offer_ids(request)
    party_form = PartyForm(request.GET)
    if not offer_ids or not party_form.is_valid():
        return _incomplete(request, party_form)
    wanted = _wanted(request, offer_ids, party_form.party)
    if request.method != "POST" or request.POST.get("action") == "price":
        return _page(request, None, wanted)
    aged = sent_ages(request.POST.dict(), wanted.party)
    listed = persons.asked_by(wanted.legs).day if sent_list(request.POST) else None
    form = CheckoutForm(request.POST, party=wanted.party, aged=aged, listed=listed)
    if not form.is_valid():
        return _page(request, form, wanted, status=422)
    require_rate(request, scope="hold")
    try:
        booking, digest = _hold(request, form, wanted)
    except PersonsListIncomplete as error:
        # The route asks since the page was shown: its form says so field by field.
        listed = persons.asked_by(wanted.legs).day
        form = CheckoutForm(request.POST, party=wanted.party, listed=listed)
        problem = error if form.is_valid() else None
        return _page(request, form, wanted, problem=problem, status=error.status)
    except MaritimeError as error:
        return _page(request, form, wanted, problem=error, status=error.status)
    response = redirect("pay", token=access_token(booking.public_id))
    held.remember(response, booking, digest)
    return response


def _hold(request: HttpRequest, form: CheckoutForm, wanted: Wanted) -> tuple[Booking, str]:
    """Hold what a valid form asks for, or return the open hold that this browser has of it."""
    now = clock.now()
    hold = form.hold_request(wanted.legs, wanted.wishes)
    digest = held.digest_of(hold)
    earlier = held.held_by(request, now=now)
    if earlier and earlier.digest == digest:
        return earlier.booking, digest
    # A changed form is another request, so going back and correcting a name works.
    key = f"page-{form.cleaned_data['key']}-{digest[:16]}"
    for _ in range(MOST_AGAIN):
        booking = hold_booking(hold, now=now, idempotency=(key, digest))
        if booking.state_at(now) not in ENDED:
            break
        # The page was sent again after its hold had ended: that is a new wish.
        key = f"{key}-{booking.reference}"
    return booking, digest


def _typed(request: HttpRequest) -> dict[str, Any]:
    """Return what stands in the fields already: what the page sent, or what a booking had."""
    if request.method == "POST":
        return {**request.POST.dict(), "assistance": request.POST.getlist("assistance")}
    try:
        booking = booking_by_public_id(booking_of_token(request.GET.get(AGAIN, "")))
    except BookingNotFound:
        return {}
    return {**typed_again(booking)}


def _offer_ids(request: HttpRequest) -> tuple[str, ...]:
    """Return the chosen offers: radio buttons are `outbound` and `inbound`, links say `offer`."""
    chosen = [
        *request.GET.getlist("offer"),
        request.GET.get("outbound", ""),
        request.GET.get("inbound", ""),
    ]
    return tuple(offer_id for offer_id in chosen if offer_id)


def _wanted(request: HttpRequest, offer_ids: tuple[str, ...], party: Party) -> Wanted:
    values = extras.values_of(request.GET.dict(), request.POST.dict())
    wishes = extras.read_wishes(values, party)
    typed = _typed(request)
    legs = extras.read_leg_wishes(offer_ids, values)
    party = replace(
        party,
        ages=_ages(typed, party, legs),
        pets=wishes.pets,
        assistance_dogs=wishes.assistance_dogs,
        needs_accessible=wishes.needs_accessible,
    )
    return Wanted(legs, party, wishes, values, typed)


def _ages(typed: dict[str, Any], party: Party, legs: tuple[LegWish, ...]) -> tuple[int | None, ...]:
    """Return the ages as they were typed, or as the dates of birth tell them."""
    births = read_birth_dates(typed, party)
    asked = persons.asked_by(legs) if births else None
    if asked is None or not asked.is_listed:
        return read_ages(typed, party)
    return tuple(
        asked.age_of(category, born)
        for category, born in zip(party.categories, births, strict=True)
    )


def _incomplete(request: HttpRequest, party_form: PartyForm) -> HttpResponse:
    context = {"form": party_form}
    return render(request, "bookings/incomplete.html", context, status=422)


def _page(
    request: HttpRequest,
    form: CheckoutForm | None,
    wanted: Wanted,
    *,
    problem: MaritimeError | None = None,
    status: int = 200,
) -> HttpResponse:
    choice = _choice(wanted)
    form = form or CheckoutForm(
        party=wanted.party, aged=choice.aged, listed=choice.listed, typed=wanted.typed
    )
    if choice.quote:
        # The price on this page is the one that the button agrees to, whatever was shown before.
        form.promise(choice.quote.token)
    earlier = held.held_by(request, now=clock.now())
    context = {
        "form": form,
        "extras": ExtrasForm(choice.offers, wanted.values),
        "party": form.party,
        "party_query": urlencode(party_fields(form.party)),
        "choice": choice,
        "bookable": choice.quote is not None,
        "problem": problem,
        "notice_hours": NOTICE_HOURS,
        "list_hours": settings.PERSONS_LIST_KEPT_HOURS,
        "held": earlier
        if earlier and earlier.is_of([offer.sailing for offer in choice.offers])
        else None,
    }
    return render(request, "bookings/checkout.html", context, status=status)


def _choice(wanted: Wanted) -> Choice:
    """Ask each operator again, past any cache; raises UnknownOffer, OperatorUnavailable."""
    now = clock.now()
    legs = journey.look_at_journey(wanted.legs, party=wanted.party, now=now)
    conditions = condition_sentences([(leg.operator, leg.offer.family) for leg in legs])
    code = wanted.wishes.offer_code
    problem = ""
    try:
        legs = journey.with_discounts(legs, offer_code=code, now=now)
    except NotBookable as error:
        problem = error.message
    offers = [leg.offer for leg in legs]
    if problem or not all(offer.bookable for offer in offers):
        return Choice(offers, conditions, _aged(legs), _listed(legs), code_problem=problem)
    return Choice(offers, conditions, _aged(legs), _listed(legs), _quote(legs, code))


def _listed(legs: Sequence[QuotedLeg]) -> date | None:
    """Return the day on which our first crossing departs if one of them asks for the list."""
    if not any(leg.persons_list for leg in legs):
        return None
    first = next(leg.offer for leg in legs if leg.local)
    return clock.local(first.departs_at, first.origin_zone).date()


def _aged(legs: Sequence[QuotedLeg]) -> frozenset[str]:
    """Return whose age matters; other companies' systems may want those of the young."""
    ours = [
        SoldLeg(
            leg.operator.pk,
            leg.offer.origin,
            leg.offer.destination,
            clock.local(leg.offer.departs_at, leg.offer.origin_zone).date(),
        )
        for leg in legs
        if leg.local
    ]
    found = aged_categories(ours) if ours else frozenset()
    return found if len(ours) == len(legs) else found | persons.YOUNG


def _quote(legs: Sequence[QuotedLeg], offer_code: str) -> Quote:
    return quote_of(legs, offer_code=offer_code, now=clock.now())
