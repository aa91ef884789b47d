"""Load the demo's data."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ferries.demo.load import WEEKS, load_demo
from maritime.lib import clock


class Command(BaseCommand):
    help = (
        "Load the demo's operators, ports, ships, fares and timetable; quick when they are there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--weeks", type=int, default=WEEKS, help=f"with the current one (default {WEEKS})"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        load_demo(
            now=clock.now(),
            simulator_url=settings.SIMULATOR_URL,
            say=self.stdout.write,
            weeks=options["weeks"],
        )
