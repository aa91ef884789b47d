"""Check-out: who travels, then a hold on the chosen sailings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bookings.forms import CheckoutForm
from bookings.operations.hold import hold_booking
from ferries.forms import PartyForm, party_fields
from ferries.operators import calls
from ferries.operators.base import Offer
from ferries.operators.registry import operator_of_offer
from ferries.party import Party
from ferries.queries import condition_sentences
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from maritime.lib.pages import private_page, require_rate
from maritime.lib.references import access_token
from maritime.ops.idempotency import body_hash


@dataclass(frozen=True)
class Choice:
    """The sailings that were chosen, as they stand now, and what cancelling them costs."""

    offers: Sequence[Offer]
    conditions: dict[str, list[str]]

    @property
    def totals(self) -> dict[str, int]:
        """Return the whole price by currency."""
        totals: Counter[str] = Counter()
        for offer in self.offers:
            totals[offer.currency] += offer.amount
        return dict(totals)


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def checkout(request: HttpRequest) -> HttpResponse:
    offer_ids = _offer_ids(request)
    party_form = PartyForm(request.GET)
    if not offer_ids or not party_form.is_valid():
        return _incomplete(request, party_form)
    party = party_form.party
    form = CheckoutForm(request.POST if request.method == "POST" else None, party=party)
    if request.method != "POST":
        return _page(request, form, offer_ids)
    if not form.is_valid():
        return _page(request, form, offer_ids, status=422)
    require_rate(request, scope="hold")
    hold = form.hold_request(offer_ids)
    digest = body_hash(asdict(hold))
    try:
        booking = hold_booking(
            hold,
            now=clock.now(),
            # A changed form is another request, so going back and correcting a name works.
            idempotency=(f"page-{form.cleaned_data['key']}-{digest[:16]}", digest),
        )
    except MaritimeError as error:
        return _page(request, form, offer_ids, problem=error, status=error.status)
    return redirect("pay", token=access_token(booking.public_id))


def _offer_ids(request: HttpRequest) -> tuple[str, ...]:
    """Return the chosen offers: radio buttons are `outbound` and `inbound`, links say `offer`."""
    chosen = [
        *request.GET.getlist("offer"),
        request.GET.get("outbound", ""),
        request.GET.get("inbound", ""),
    ]
    return tuple(offer_id for offer_id in chosen if offer_id)


def _incomplete(request: HttpRequest, party_form: PartyForm) -> HttpResponse:
    context = {"form": party_form}
    return render(request, "bookings/incomplete.html", context, status=422)


def _page(
    request: HttpRequest,
    form: CheckoutForm,
    offer_ids: tuple[str, ...],
    *,
    problem: MaritimeError | None = None,
    status: int = 200,
) -> HttpResponse:
    choice = _choice(offer_ids, form.party)
    context = {
        "form": form,
        "party": form.party,
        "party_query": urlencode(party_fields(form.party)),
        "choice": choice,
        "bookable": all(offer.bookable for offer in choice.offers),
        "problem": problem,
    }
    return render(request, "bookings/checkout.html", context, status=status)


def _choice(offer_ids: tuple[str, ...], party: Party) -> Choice:
    """Ask each operator again, past any cache; raises UnknownOffer, OperatorUnavailable."""
    operators = [operator_of_offer(offer_id) for offer_id in offer_ids]
    offers = [
        calls.check(operator, offer_id=offer_id, party=party)
        for operator, offer_id in zip(operators, offer_ids, strict=True)
    ]
    return Choice(offers=offers, conditions=condition_sentences(operators))
