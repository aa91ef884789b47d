"""Run a ferry company's reservation system of its own, for the demo and the tests."""

import signal
from argparse import ArgumentTypeError
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ferries.gtfs.reader import read_feed
from ferries.simulator.books import IN_MEMORY, Books
from ferries.simulator.company import Company
from ferries.simulator.controls import RATES, Controls, Settings, rate
from ferries.simulator.questions import Invalid
from ferries.simulator.server import OperatorServer
from ferries.simulator.timetable import Timetable
from maritime import env

FEED = settings.BASE_DIR / "ferries" / "data" / "gtfs" / "balaton-car-ferry-2026.zip"


class Command(BaseCommand):
    """Serves until it is told to end; the port is open when the line `Listening` is printed."""

    help = "Run an operator's reservation system that speaks the protocol of docs/operators.md."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=8900, help="0 chooses a free one")
        parser.add_argument("--feed", type=Path, default=FEED, help="GTFS zip with the timetable")
        parser.add_argument("--state-file", default=IN_MEMORY, help="keeps reservations")
        parser.add_argument(
            "--latency-ms",
            type=_latency,
            default=Settings.latency_ms,
            help="delay before each answer: 150 or 500-2000 (the default)",
        )
        for name in RATES:
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                type=_rate,
                default=0.0,
                help="how often, from 0 to 1 (docs/operators.md)",
            )
        parser.add_argument("--seed", type=int, help="makes faults and delays repeatable")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve. SIMULATOR_API_KEY in the environment makes callers show it."""
        signal.signal(signal.SIGTERM, _leave)
        feed = read_feed(options["feed"])
        if feed.errors:
            raise CommandError(f"The timetable cannot be used: {feed.errors[0]}")
        books = Books(options["state_file"])
        faults = {name: options[name] for name in ("latency_ms", *RATES)}
        controls = Controls(Settings(**faults), seed=options["seed"])
        company = Company(Timetable(feed), books, controls)
        key = env.text("SIMULATOR_API_KEY")
        try:
            with OperatorServer(options["port"], company, controls, api_key=key) as server:
                self.stdout.write(f"Listening: {server.url}")
                self.stdout.flush()
                server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            self.stdout.write("Ended.")
        finally:
            books.close()


def _latency(text: str) -> tuple[int, int]:
    """Read milliseconds: one number, or the least and the most with a dash."""
    least, _, most = text.partition("-")
    if not least.isdecimal() or not (most or least).isdecimal() or int(most or least) < int(least):
        raise ArgumentTypeError("milliseconds are written like 150 or 500-2000")
    return int(least), int(most or least)


def _rate(text: str) -> float:
    """Read how often a fault happens."""
    try:
        return rate(float(text))
    except (ValueError, Invalid) as error:
        raise ArgumentTypeError("a rate is a number from 0 to 1") from error


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
