"""Compare our books with the payment provider's."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from payments.ledger_csv import start_of
from payments.operations.reconcile import queue_fixes, reconcile


class Command(BaseCommand):
    help = (
        "Compare payments, refunds, disputes and the ledger with what the payment provider lists. "
        "Reports each difference; exit code 1 if there is one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=date.fromisoformat, required=True, metavar="YYYY-MM-DD", help="UTC"
        )
        parser.add_argument("--fix", action="store_true", help="queue a look at what differs")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            findings = reconcile(since=start_of(options["since"]))
            for finding in findings:
                self.stderr.write(str(finding))
            if options["fix"]:
                jobs = queue_fixes(findings, now=clock.now())
                self.stdout.write(f"Jobs that look at what differs: {jobs}.")
        except MaritimeError as error:
            raise CommandError(error.message) from error
        if findings:
            raise CommandError(f"{len(findings)} differences found.")
        self.stdout.write("Our books and the provider's agree.")
