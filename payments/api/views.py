"""Payments for programs: start one, refund one, and play the customer of a demo payment."""

import hmac
import uuid
from pathlib import Path

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.api.views import KEY, PROOF, BookingAPIView, booking_for_request, checked
from bookings.queries import booking_by_reference
from maritime.lib import clock
from maritime.lib.openapi import documented, read_examples
from payments import demo_outcomes
from payments.api.serializers import (
    KEY_LENGTH,
    DemoOutcomeInput,
    RefundInput,
    VoucherInput,
    refunds_json,
    spent_json,
    started_json,
)
from payments.models import DemoIntent, Payment, Refund
from payments.operations.approve import approve_refund, decline_refund
from payments.operations.refund import refund_booking
from payments.operations.spend import spend_voucher
from payments.operations.start import start_payment

EXAMPLES = read_examples(Path(__file__).with_name("examples.json"))


class StartPaymentView(BookingAPIView):
    """Start the payment of a booking, or return the one that is open."""

    @documented(
        "Start a payment",
        {201: "StartedPayment", 200: "StartedPayment"},
        parameters=PROOF,
        answer_example=EXAMPLES["payment"],
    )
    def post(self, request: Request, reference: str) -> Response:
        booking = booking_for_request(request, reference)
        started = start_payment(booking.pk, now=clock.now())
        return Response(started_json(started, booking), status=201 if started.created else 200)


class SpendVoucherView(BookingAPIView):
    """Pay what is due with a voucher that covers all of it."""

    @documented(
        "Pay with a voucher",
        {201: "SpentVoucher"},
        request=VoucherInput,
        example=EXAMPLES["voucher"],
        parameters=PROOF,
        answer_example=EXAMPLES["spent"],
    )
    def post(self, request: Request, reference: str) -> Response:
        booking = booking_for_request(request, reference)
        code = checked(VoucherInput(data=request.data)).validated_data["code"]
        payment = spend_voucher(booking.pk, code=code, now=clock.now())
        return Response(spent_json(payment), status=201)


class MayRefund(BasePermission):
    """Staff with the permission to refund."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the signed-in person is such staff."""
        return bool(request.user.is_staff) and request.user.has_perm("payments.refund_payment")


class RefundView(BookingAPIView):
    """Give back all or a part of what a booking has paid; needs a staff session and its CSRF token."""

    permission_classes = [MayRefund]

    @documented(
        "Give money back",
        {201: "Refunds"},
        request=RefundInput,
        example=EXAMPLES["refund"],
        parameters=[KEY],
        answer_example=EXAMPLES["refunds"],
    )
    def post(self, request: Request, reference: str) -> Response:
        body = RefundInput(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        booking = booking_by_reference(reference)
        key = wanted.get("request_key") or request.headers.get("Idempotency-Key", "")[:KEY_LENGTH]
        refunds = refund_booking(
            booking.pk,
            amount=wanted.get("amount"),
            request_key=f"staff:{key or uuid.uuid4().hex}",
            reason=wanted["reason"],
            actor=f"staff:{request.user.pk}",
        )
        return Response(refunds_json(booking, refunds), status=201)


class MayApprove(BasePermission):
    """Staff with the permission to approve what other staff refund."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the signed-in person is such staff."""
        return bool(request.user.is_staff) and request.user.has_perm("payments.approve_refund")


class ApproveRefundView(BookingAPIView):
    """Let a large refund of another member of staff go out."""

    permission_classes = [MayApprove]

    @documented("Approve a large refund", {200: "Refunds"}, answer_example=EXAMPLES["approved"])
    def post(self, request: Request, refund_id: uuid.UUID) -> Response:
        refund = _refund_or_404(refund_id)
        refund = approve_refund(refund.pk, by=f"staff:{request.user.pk}")
        return Response(refunds_json(refund.payment.booking, [refund]))


class DeclineRefundView(BookingAPIView):
    """Cancel a large refund that waits for approval."""

    permission_classes = [MayApprove]

    @documented("Decline a large refund", {200: "Refunds"}, answer_example=EXAMPLES["declined"])
    def post(self, request: Request, refund_id: uuid.UUID) -> Response:
        refund = _refund_or_404(refund_id)
        refund = decline_refund(refund.pk, by=f"staff:{request.user.pk}")
        return Response(refunds_json(refund.payment.booking, [refund]))


class PlayDemoPaymentView(APIView):
    """Let a demo payment end in one of the outcomes; exists in the demo only."""

    @documented(
        "Play the customer of a demo payment",
        {200: "DemoPayment"},
        request=DemoOutcomeInput,
        example=EXAMPLES["demo_outcome"],
        answer_example=EXAMPLES["demo_payment"],
    )
    def post(self, request: Request, payment_intent: str, outcome: str) -> Response:
        if not settings.PAYMENTS_DEMO:
            raise Http404
        body = DemoOutcomeInput(data=request.data)
        body.is_valid(raise_exception=True)
        secret = body.validated_data["client_secret"]
        intent = DemoIntent.objects.filter(intent_id=payment_intent).first()
        payment = Payment.objects.filter(intent_id=payment_intent).first()
        if intent is None or payment is None or not _same(secret, intent.client_secret):
            raise Http404
        intent = demo_outcomes.play(payment, outcome)
        return Response({"payment_intent": intent.intent_id, "status": intent.status})


def _refund_or_404(refund_id: uuid.UUID) -> Refund:
    return get_object_or_404(Refund, public_id=refund_id)


def _same(given: str, stored: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), stored.encode())
