"""Registers the app and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """The payments app."""

    name = "payments"

    def ready(self) -> None:
        """Connect the receivers, by importing them, and tell of money in the booking's JSON."""
        import_module("payments.receivers")
        own = import_module("payments.api.serializers")
        additions = import_module("bookings.api.serializers").ADDITIONS
        additions += [own.vouchers_json, own.history_json]
