"""Addresses of the pages to look around."""

from django.urls import path

from ferries.discovery import views

urlpatterns = [
    path("routes/", views.routes, name="routes"),
    path("routes/<str:origin>/<str:destination>/", views.route, name="route"),
    path("ports/", views.ports, name="ports"),
    path("ports/<str:code>/", views.port, name="port"),
    path("operators/", views.operators, name="operators"),
    path("operators/<str:code>/", views.operator, name="operator"),
]
