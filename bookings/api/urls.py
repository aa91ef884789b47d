"""Addresses of the bookings app."""

from django.urls import path

from bookings.api import views

urlpatterns = [
    path("bookings", views.HoldView.as_view(), name="hold"),
    path("bookings/<str:reference>", views.BookingView.as_view(), name="booking"),
    path(
        "bookings/<str:reference>/cancellation-quote",
        views.CancellationQuoteView.as_view(),
        name="cancellation_quote",
    ),
    path("bookings/<str:reference>/cancel", views.CancelView.as_view(), name="cancel"),
    path("bookings/<str:reference>/tickets.pdf", views.TicketsView.as_view(), name="tickets"),
    path("bookings/<str:reference>/calendar.ics", views.CalendarView.as_view(), name="calendar"),
    path(
        "admin/bookings/<str:reference>/cancel",
        views.StaffCancelView.as_view(),
        name="staff_cancel",
    ),
]
