"""Build one of the mails about a real booking and write it to a file, without sending it."""

from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.errors import BookingNotFound
from bookings.models import Booking
from bookings.queries import booking_by_reference
from maritime.lib import clock
from maritime.lib.errors import MaritimeError
from notifications import messages
from notifications.models import Message
from payments.queries import payment_of, refunds_of

Kind = Message.Kind


class Command(BaseCommand):
    """Write the HTML (and beside it the text) of a mail; says subject and attachments."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the kind, the booking and the file."""
        parser.add_argument("kind", choices=Kind.values)
        parser.add_argument("--reference", required=True)
        parser.add_argument("--to-file", type=Path, required=True, help="for the HTML part")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write both parts; refuse what the booking has no facts for."""
        path: Path = options["to_file"]
        try:
            booking = booking_by_reference(options["reference"])
            message = Message(
                kind=options["kind"], booking=booking, facts=_facts(options["kind"], booking)
            )
            email = messages.build(message, now=clock.now())
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


def _facts(kind: str, booking: Booking) -> dict[str, Any]:
    """Return what the mail would be about, from the booking's newest payment and refund."""
    if kind == Kind.CANCELLATION:
        return {"charge": booking.paid - booking.refunded, "refund": booking.refunded}
    if kind == Kind.DEPARTURE_REMINDER:
        return {"leg": booking.legs.all()[0].pk}
    if kind == Kind.SAILING_CHANGE:
        # As if the first crossing had left an hour earlier before.
        leg = booking.legs.all()[0]
        before = (leg.departs_at - timedelta(hours=1)).isoformat()
        return {"changes": [{"leg": leg.pk, "what": "times", "before": before}]}
    if kind in {Kind.PAYMENT_SUCCESS, Kind.PAYMENT_FAILED}:
        payment = payment_of(booking)
        if payment is None:
            raise CommandError("The booking has no payment.")
        return {"payment": payment.pk}
    if kind == Kind.REFUND_CONFIRMATION:
        refunds = refunds_of(booking)
        if not refunds:
            raise CommandError("The booking has no refund.")
        return {"refund": refunds[-1].pk}
    return {}
