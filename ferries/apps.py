"""Registers the app and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig


class FerriesConfig(AppConfig):
    """The ferries app."""

    name = "ferries"

    def ready(self) -> None:
        """Connect the receivers; importing the module is enough."""
        import_module("ferries.receivers")
