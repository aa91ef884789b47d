"""Decide the dispute of a demo payment, which the pay page's button has opened."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from maritime.lib.errors import MaritimeError
from maritime.lib.references import normalise
from payments import demo_outcomes


class Command(BaseCommand):
    """Works with the demo gateway only; real disputes are decided by banks."""

    help = "Let the open dispute of a demo booking be won or lost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="of the booking")
        parser.add_argument("verdict", choices=demo_outcomes.VERDICTS)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.PAYMENTS_DEMO:
            raise CommandError("The demo gateway is not in use here.")
        try:
            demo_outcomes.close_dispute(normalise(options["reference"]), options["verdict"])
        except MaritimeError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"The dispute is {options['verdict']}.")
