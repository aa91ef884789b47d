"""Addresses of the payment pages."""

from django.urls import path

from payments import pages

urlpatterns = [
    path("booking/<str:token>/receipt.pdf", pages.receipt, name="receipt"),
    path("pay/<str:token>/", pages.pay, name="pay"),
    path("pay/<str:token>/start/", pages.pay_start, name="pay_start"),
    path("pay/<str:token>/voucher/", pages.pay_voucher, name="pay_voucher"),
    path("pay/<str:token>/return/", pages.pay_return, name="pay_return"),
    path("pay/<str:token>/demo/", pages.demo_outcome, name="demo_outcome"),
]
