"""Addresses of what travellers ask of their mails."""

from django.urls import path

from notifications import pages

urlpatterns = [
    path("booking/<str:token>/mail/", pages.resend_tickets, name="resend_tickets"),
]
