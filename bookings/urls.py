"""Addresses of the booking pages."""

from django.urls import path

from bookings.views import checkout, manage

urlpatterns = [
    path("book/", checkout.checkout, name="checkout"),
    path("my-booking/", manage.find_booking, name="find_booking"),
    path("booking/<str:token>/", manage.booking, name="booking"),
    path("booking/<str:token>/cancel/", manage.cancel, name="cancel"),
    path("booking/<str:token>/tickets.pdf", manage.tickets_pdf, name="tickets_pdf"),
    path("booking/<str:token>/calendar.ics", manage.calendar, name="calendar"),
]
