"""Registers the app and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig

from maritime.ops.metrics import register_gauges


class FerriesConfig(AppConfig):
    """The ferries app."""

    name = "ferries"

    def ready(self) -> None:
        """Connect the receivers, and add the figures of operators."""
        import_module("ferries.receivers")
        register_gauges(import_module("ferries.operators.gauges").gauges)
