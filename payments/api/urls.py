"""Addresses of the payments API."""

from django.urls import URLPattern, path

from payments.api import views
from payments.api.webhook import stripe_webhook

urlpatterns: list[URLPattern] = [
    path("webhooks/stripe", stripe_webhook, name="stripe_webhook"),
    path(
        "bookings/<str:reference>/payment", views.StartPaymentView.as_view(), name="start_payment"
    ),
    path(
        "bookings/<str:reference>/voucher", views.SpendVoucherView.as_view(), name="spend_voucher"
    ),
    path(
        "admin/bookings/<str:reference>/refund",
        views.RefundView.as_view(),
        name="refund_booking",
    ),
    path(
        "admin/refunds/<uuid:refund_id>/approve",
        views.ApproveRefundView.as_view(),
        name="approve_refund",
    ),
    path(
        "admin/refunds/<uuid:refund_id>/decline",
        views.DeclineRefundView.as_view(),
        name="decline_refund",
    ),
    path(
        "demo/payments/<str:payment_intent>/<str:outcome>",
        views.PlayDemoPaymentView.as_view(),
        name="play_demo_payment",
    ),
]
