"""Addresses of the search pages."""

from django.urls import include, path

from ferries import styleguide, views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.results, name="results"),
    path("search/days/", views.days, name="days"),
    path("search/ports.json", views.ports, name="port_picker"),
    path("charts/<str:origin>/<str:destination>.svg", views.chart, name="chart"),
    path("", include("ferries.discovery.urls")),
    path("about/data/", views.data_sources, name="data_sources"),
    path("styleguide", styleguide.styleguide, name="styleguide"),
]
