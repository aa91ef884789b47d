"""Keep a share of a sailing for a customer group."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ferries.management.arguments import sailing_of
from ferries.models import Allotment, CustomerGroup, Sailing
from ferries.operations import allot
from maritime.lib import clock
from maritime.lib.errors import MaritimeError


class Command(BaseCommand):
    help = (
        "Keep so much of a resource (persons, deck:CODE, acc:CODE ...) of every sector of a sailing "
        "for a customer group until its release, or change that; 0 gives it back to everybody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sailing", metavar="SAILING", help="public id or number")
        parser.add_argument("group", metavar="GROUP_CODE")
        parser.add_argument("resource", metavar="RESOURCE")
        parser.add_argument("amount", type=int, metavar="AMOUNT", help="lane cm, places, units")
        release = parser.add_mutually_exclusive_group()
        release.add_argument(
            "--release-at", type=datetime.fromisoformat, metavar="MOMENT", help="ISO 8601; UTC"
        )
        release.add_argument(
            "--release-hours", type=int, metavar="HOURS", help="before departure (default: 72)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        sailing = sailing_of(options["sailing"])
        group = CustomerGroup.objects.filter(
            operator=sailing.operator, code=options["group"].casefold()
        ).first()
        if group is None:
            raise CommandError(f"{sailing.operator} has no group {options['group']}.")
        try:
            message = self._act(sailing, group, options)
        except MaritimeError as error:
            raise CommandError(error.message) from error
        self.stdout.write(message)

    def _act(self, sailing: Sailing, group: CustomerGroup, options: dict[str, Any]) -> str:
        now = clock.now()
        if options["amount"] == 0:
            found = Allotment.objects.filter(
                sailing=sailing, group=group, resource=options["resource"]
            ).first()
            if found is None:
                raise CommandError(f"{group.name} has no share of {options['resource']}.")
            left = allot.withdraw(found, now=now)
            return f"Given back; {left} stay sold to {group.name}."
        share = allot.allot(
            sailing,
            group=group,
            resource=options["resource"],
            amount=options["amount"],
            release_at=_release(sailing, options),
            now=now,
        )
        return f"{share}, released at {share.release_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC."


def _release(sailing: Sailing, options: dict[str, Any]) -> datetime:
    moment: datetime | None = options["release_at"]
    if moment is None:
        hours = 72 if options["release_hours"] is None else options["release_hours"]
        return sailing.departs_at - timedelta(hours=hours)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
