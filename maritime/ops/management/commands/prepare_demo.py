"""Bring the demo's tables, data and staff login up to date."""

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

# One process for three commands: loading Django three times takes longer than their work.
STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Tables are up to date", "migrate", {"interactive": False, "verbosity": 0}),
    ("Demo data is loaded", "load_demo", {}),
    ("Staff login is ready", "ensure_demo_staff", {}),
)


class Command(BaseCommand):
    help = "Run migrate, load_demo and ensure_demo_staff, and say how long each took."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for done, command, options in STEPS:
            started = time.monotonic()
            call_command(command, stdout=self.stdout, **options)
            self.stdout.write(f"{done} ({time.monotonic() - started:.1f} s)")
