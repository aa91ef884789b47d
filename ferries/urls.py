"""Addresses of the search pages."""

from django.urls import path

from ferries import views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.results, name="results"),
    path("about/data/", views.data_sources, name="data_sources"),
]
