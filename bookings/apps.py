"""Registers the app and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """The bookings app."""

    name = "bookings"

    def ready(self) -> None:
        """Connect the receivers; importing the module is enough."""
        import_module("bookings.receivers")
        persons = import_module("bookings.operations.persons")
        purge = import_module("maritime.ops.purge")
        purge.register_erasure("persons lists", persons.to_erase, persons.NOTHING)
