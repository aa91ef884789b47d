"""The API, version 1."""

from django.urls import include, path

urlpatterns = [
    path("", include("ferries.api.urls")),
    path("", include("bookings.api.urls")),
    path("", include("payments.api.urls")),
]
