"""Addresses of the booking pages."""

from django.urls import path

from bookings.views import amend, cancel, checkout, manage, offline, terms

urlpatterns = [
    path("book/", checkout.checkout, name="checkout"),
    path("terms/", terms.terms, name="terms"),
    path("my-booking/", manage.find_booking, name="find_booking"),
    path("booking/<str:token>/", manage.booking, name="booking"),
    path("booking/<str:token>/manifest.webmanifest", offline.manifest, name="booking_manifest"),
    path("booking/<str:token>/cancel/", cancel.cancel, name="cancel"),
    path("booking/<str:token>/amend/", amend.amend, name="amend"),
    path("booking/<str:token>/amend/party/", amend.party, name="amend_party"),
    path("booking/<str:token>/amend/crossing/<int:number>/", amend.crossing, name="amend_crossing"),
    path("booking/<str:token>/amend/confirm/", amend.confirm, name="amend_confirm"),
    path("booking/<str:token>/amend/withdraw/", amend.withdraw, name="amend_withdraw"),
    path("booking/<str:token>/tickets.pdf", manage.tickets_pdf, name="tickets_pdf"),
    path("booking/<str:token>/calendar.ics", manage.calendar, name="calendar"),
]
