"""Build one of the mails about a real booking and write it to a file, without sending it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bookings.errors import BookingNotFound
from maritime.lib.errors import MaritimeError
from notifications import preview
from notifications.models import Message


class Command(BaseCommand):
    """Write the HTML (and beside it the text) of a mail; says subject and attachments."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the kind, the booking and the file."""
        parser.add_argument("kind", choices=Message.Kind.values)
        parser.add_argument("--reference", required=True)
        parser.add_argument("--language", choices=dict(settings.LANGUAGES), default="")
        parser.add_argument("--to-file", type=Path, required=True, help="for the HTML part")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write both parts; refuse what the booking has no facts for."""
        path: Path = options["to_file"]
        try:
            email = preview.of_booking(
                options["kind"], options["reference"], language=options["language"]
            )
        except BookingNotFound as error:
            raise CommandError("There is no booking with this reference.") from error
        except MaritimeError as error:
            raise CommandError(error.message) from error
        path.write_text(str(email.alternatives[0][0]))
        path.with_suffix(".txt").write_text(str(email.body))
        self.stdout.write(f"Subject: {email.subject}\nTo: {', '.join(email.to)}")
        for attachment in email.attachments:
            self.stdout.write(f"Attached: {attachment[0]}")
        self.stdout.write(f"Written: {path} and {path.with_suffix('.txt')}")
