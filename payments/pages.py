"""The pay page with its voucher field, the page one returns to, the demo gateway's buttons."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.again import checkout_again
from bookings.errors import HoldExpired
from bookings.models import Booking
from bookings.queries import amount_due, booking_by_public_id, outstanding_amendment
from maritime.lib import clock, permissions
from maritime.lib.api import problem_json
from maritime.lib.errors import MaritimeError
from maritime.lib.pages import private_page, require_rate
from maritime.lib.references import access_token, booking_of_token
from payments import demo_outcomes
from payments.errors import ProviderUnavailable, VoucherRefused
from payments.forms import VoucherForm
from payments.models import Payment
from payments.operations.look import awaits_bank_check
from payments.operations.settle import settle
from payments.operations.spend import spend_voucher
from payments.operations.start import start_payment
from payments.queries import open_payment_of, payment_of
from payments.receipt import receipt_pdf

UNPAID = frozenset({Booking.State.HELD, Booking.State.PAYMENT_PENDING})


@dataclass(frozen=True)
class Bill:
    """What is to be paid, in minor units, until when, and whether it is for a change."""

    due: int
    until: datetime | None
    is_change: bool
    payment: Payment | None


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def pay(request: HttpRequest, token: str) -> HttpResponse:
    booking = booking_by_public_id(booking_of_token(token))
    bill = _bill(booking, now=clock.now())
    if bill is None:
        return _nothing_to_pay(request, booking, token)
    if bill.payment and bill.payment.state == Payment.State.PROCESSING:
        return redirect("pay_return", token=token)
    if request.method == "POST" and bill.due == 0:
        start_payment(booking.pk, now=clock.now())
        return redirect("booking", token=token)
    return _pay_page(request, booking, bill, form=VoucherForm())


@require_POST
@private_page
def pay_voucher(request: HttpRequest, token: str) -> HttpResponse:
    """Pay with a voucher; what is wrong with it stands beside the field on the pay page."""
    require_rate(request, scope="lookup")
    booking = booking_by_public_id(booking_of_token(token))
    form = VoucherForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            spend_voucher(booking.pk, code=form.cleaned_data["code"], now=clock.now())
        except VoucherRefused as error:
            form.add_error("code", error.message)
            status = error.status
        except HoldExpired as error:
            return _nothing_to_pay(request, booking, token, status=error.status)
        else:
            return redirect("booking", token=token)
    bill = _bill(booking, now=clock.now())
    if bill is None:
        return _nothing_to_pay(request, booking, token)
    return _pay_page(request, booking, bill, form=form, status=status)


@require_POST
@private_page
def pay_start(request: HttpRequest, token: str) -> HttpResponse:
    """Give the pay page's script the secret that Stripe's Payment Element needs."""
    try:
        booking = booking_by_public_id(booking_of_token(token))
        started = start_payment(booking.pk, now=clock.now())
    except MaritimeError as error:
        return problem_json(error)
    return JsonResponse({"client_secret": started.client_secret})


@require_safe
@private_page
def pay_return(request: HttpRequest, token: str) -> HttpResponse:
    """Tell how the payment stands by asking the provider, never by the address's parameters."""
    if request.GET:
        # Stripe adds the client secret to the address; it shall not stay in the history.
        return redirect("pay_return", token=token)
    booking = booking_by_public_id(booking_of_token(token))
    payment = open_payment_of(booking) or payment_of(booking)
    settled = _settled(payment) if payment else None
    if payment and (settled is None or settled.state == Payment.State.PROCESSING):
        return _waiting_page(request, booking, "payments/processing.html")
    booking.refresh_from_db(fields=["state", "expires_at"])
    if not _bill(booking, now=clock.now()):
        return redirect("booking", token=token)
    if settled and awaits_bank_check(settled):
        return _waiting_page(request, booking, "payments/bank_check.html")
    return redirect("pay", token=token)


@require_safe
@private_page
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """Answer what was bought and paid as PDF, in the language of the page."""
    booking = booking_by_public_id(booking_of_token(token))
    response = HttpResponse(receipt_pdf(booking, now=clock.now()), content_type="application/pdf")
    name = f"receipt-{booking.reference}.pdf"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@require_POST
@private_page
def demo_outcome(request: HttpRequest, token: str) -> HttpResponse:
    """Do what the chosen button says, as if the traveller had done it at the provider's."""
    outcome = request.POST.get("outcome", "")
    if not settings.PAYMENTS_DEMO or outcome not in demo_outcomes.OUTCOMES:
        raise Http404
    booking = booking_by_public_id(booking_of_token(token))
    if not _bill(booking, now=clock.now()):
        return _nothing_to_pay(request, booking, token, status=HoldExpired.status)
    started = start_payment(booking.pk, now=clock.now())
    if started.payment:
        demo_outcomes.play(started.payment, outcome)
    return redirect("pay_return", token=token)


def _nothing_to_pay(
    request: HttpRequest, booking: Booking, token: str, *, status: int = 200
) -> HttpResponse:
    """Say that the time is over where it is; all else is told by the booking's own page."""
    if booking.state_at(clock.now()) != Booking.State.EXPIRED:
        return redirect("booking", token=token)
    context = {"booking": booking, "token": token, "again": checkout_again(booking)}
    return render(request, "payments/expired.html", context, status=status)


def _waiting_page(request: HttpRequest, booking: Booking, template: str) -> HttpResponse:
    """Answer a page on which the bank has the next move."""
    bill = _bill(booking, now=clock.now())
    context = {
        "booking": booking,
        "token": access_token(booking.public_id),
        "bill": bill,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "stripe_js_url": settings.STRIPE_JS_URL,
    }
    answer = render(request, template, context)
    return answer if settings.PAYMENTS_DEMO else _allow_stripe(request, answer)


def _pay_page(
    request: HttpRequest, booking: Booking, bill: Bill, *, form: VoucherForm, status: int = 200
) -> HttpResponse:
    context = {
        "booking": booking,
        "token": access_token(booking.public_id),
        "bill": bill,
        "payment": bill.payment,
        "form": form,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "stripe_js_url": settings.STRIPE_JS_URL,
        "outcome_groups": _outcome_groups(),
    }
    answer = render(request, "payments/pay.html", context, status=status)
    return answer if settings.PAYMENTS_DEMO else _allow_stripe(request, answer)


def _bill(booking: Booking, *, now: datetime) -> Bill | None:
    """Return what waits for money: the held booking, or a change of the confirmed one."""
    if booking.state_at(now) in UNPAID:
        due = amount_due(booking, now=now)
        return Bill(due, booking.expires_at, is_change=False, payment=payment_of(booking))
    amendment = outstanding_amendment(booking, now=now)
    if amendment is None:
        return None
    due = amount_due(booking, now=now)
    return Bill(due, amendment.expires_at, is_change=True, payment=open_payment_of(booking))


def _outcome_groups() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Return the demo's buttons by heading, each with its value and its label."""
    labels = demo_outcomes.OUTCOMES
    return [
        (title, [(name, labels[name]) for name in names]) for title, names in demo_outcomes.GROUPS
    ]


def _settled(payment: Payment) -> Payment | None:
    """Bring the payment up to date; None while the provider does not answer."""
    try:
        return settle(payment.pk, now=clock.now())
    except ProviderUnavailable:
        return None


def _allow_stripe(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Add what the Payment Element needs to the policies of this one answer.

    https://docs.stripe.com/security/guide#content-security-policy names the hosts.
    """
    address = urlsplit(settings.STRIPE_JS_URL)
    script = f"{address.scheme}://{address.netloc}"
    allow = csp_update(
        {
            "script-src": [script, "https://*.js.stripe.com"],
            "frame-src": [script, "https://*.js.stripe.com", "https://hooks.stripe.com"],
            "connect-src": ["https://api.stripe.com"],
            "img-src": ["https://*.stripe.com"],
        }
    )
    # Some ways to pay open a window of their own and wait for its word.
    answer["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    answer["Permissions-Policy"] = permissions.policy(payment=f'(self "{script}")')
    return cast(HttpResponse, allow(lambda _: answer)(request))
