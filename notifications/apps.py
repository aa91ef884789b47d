"""Registers the app and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The notifications app."""

    name = "notifications"

    def ready(self) -> None:
        """Connect the receivers; importing the module is enough."""
        import_module("notifications.receivers")
