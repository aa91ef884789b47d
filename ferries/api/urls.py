"""Addresses of the ferries API."""

from django.urls import path

from ferries.api import views

urlpatterns = [
    path("ferries/search", views.SearchView.as_view(), name="search"),
    path(
        "sailings/<str:public_id>/availability",
        views.AvailabilityView.as_view(),
        name="availability",
    ),
    path("ports", views.PortsView.as_view(), name="ports"),
]
