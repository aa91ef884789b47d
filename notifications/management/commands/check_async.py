"""Prove that the asynchronous parts work: Redis, caches, the five mails, the webhook, workers.

Writes a few marked rows and deletes them; the mails really go to the configured mail server.
Cached searches are invalidated once, so the next ones are answered afresh.
"""

from argparse import ArgumentParser
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from notifications import selfcheck


class Command(BaseCommand):
    """Print a table of PASS and FAIL; exit with 1 on any failure."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where the mails go and how long to wait."""
        parser.add_argument("--to", default="", help="address of the mails (DEFAULT_FROM_EMAIL)")
        parser.add_argument(
            "--timeout", type=float, default=30, help="seconds for the mails, and for the webhook"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the checks and print each line as soon as it is known."""
        email = options["to"] or parseaddr(settings.DEFAULT_FROM_EMAIL)[1] or "check@localhost"
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"Not an e-mail address: {email}") from error
        failed = total = 0
        for outcome in selfcheck.run(email=email, timeout_seconds=options["timeout"]):
            total += 1
            failed += not outcome.passed
            self._print(outcome)
        if failed:
            raise CommandError(f"{failed} of {total} checks failed.")
        self.stdout.write(f"All {total} checks passed.")

    def _print(self, outcome: selfcheck.Outcome) -> None:
        word = self.style.SUCCESS("PASS") if outcome.passed else self.style.ERROR("FAIL")
        self.stdout.write(f"{word}  {outcome.name:<54} {outcome.milliseconds:>6} ms")
        if outcome.hint:
            self.stdout.write(f"      {outcome.hint}")
        self.stdout.flush()
