"""Registers the app and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """The payments app."""

    name = "payments"

    def ready(self) -> None:
        """Connect the receivers; importing the module is enough."""
        import_module("payments.receivers")
