"""Publish due jobs, all the time: the process that makes good what a hint did not do."""

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from maritime.ops import dead_letters, jobs

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Any number may run beside each other and beside the beat's sweep: rows are claimed."""

    help = "Publish jobs that are due and have no recent hint, until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between looks")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Relay is running.")
        while not stop.is_set():
            self._look()
            stop.wait(options["interval"])
        self.stdout.write("Relay has ended.")

    def _look(self) -> None:
        """Publish once; a database that is away is only a reason to look again later."""
        close_old_connections()
        try:
            jobs.publish_due()
            dead_letters.tell_staff()
        except DatabaseError as error:
            log.warning("relay waits for the database: error=%s", type(error).__name__)
