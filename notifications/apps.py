"""Registers the app and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig

from maritime.ops.metrics import register_gauges


class NotificationsConfig(AppConfig):
    """The notifications app."""

    name = "notifications"

    def ready(self) -> None:
        """Connect the receivers, by importing them, and add this floor's gauges."""
        import_module("notifications.receivers")
        register_gauges(import_module("notifications.gauges").gauges)
