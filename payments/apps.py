"""Registers the app and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig

from maritime.ops.metrics import register_gauges


class PaymentsConfig(AppConfig):
    """The payments app."""

    name = "payments"

    def ready(self) -> None:
        """Connect the receivers, by importing them; tell of money in the booking's JSON and in figures."""
        import_module("payments.receivers")
        own = import_module("payments.api.serializers")
        additions = import_module("bookings.api.serializers").ADDITIONS
        additions += [own.vouchers_json, own.history_json]
        purge = import_module("maritime.ops.purge")
        purge.register_purge("events", import_module("payments.models").WebhookEvent.purgeable)
        register_gauges(import_module("payments.gauges").gauges)
