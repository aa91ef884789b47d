"""Addresses of the bookings app."""

from django.urls import path

from bookings.api import amend, cancel, views

urlpatterns = [
    path("quotes", views.QuoteView.as_view(), name="quote"),
    path("bookings", views.HoldView.as_view(), name="hold"),
    path("bookings/<str:reference>", views.BookingView.as_view(), name="booking"),
    path(
        "bookings/<str:reference>/cancellation-quote",
        cancel.CancellationQuoteView.as_view(),
        name="cancellation_quote",
    ),
    path("bookings/<str:reference>/cancel", cancel.CancelView.as_view(), name="cancel"),
    path(
        "bookings/<str:reference>/amendment-quotes",
        amend.AmendmentQuoteView.as_view(),
        name="amendment_quote",
    ),
    path("bookings/<str:reference>/amendments", amend.AmendmentView.as_view(), name="amendments"),
    path("bookings/<str:reference>/tickets.pdf", views.TicketsView.as_view(), name="tickets"),
    path("bookings/<str:reference>/calendar.ics", views.CalendarView.as_view(), name="calendar"),
    path(
        "admin/bookings/<str:reference>/cancel",
        cancel.StaffCancelView.as_view(),
        name="staff_cancel",
    ),
]
