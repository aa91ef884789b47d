"""Let another ship take over a sailing that is sold."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.operations import disrupt
from ferries.management.arguments import sailing_of
from ferries.models import VesselConfiguration
from ferries.operations.swap_vessel import SwapPlan, apply_swap, plan_swap
from maritime.lib import clock
from maritime.lib.errors import MaritimeError


class Command(BaseCommand):
    help = (
        "Let another ship, or another configuration of the ship, take over a sailing. Shows who "
        "does not fit and why, who moves, and which allotments shrink."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sailing", metavar="SAILING", help="public id or number")
        parser.add_argument("configuration", type=int, metavar="CONFIGURATION", help="its number")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="write nothing, only show")
        how.add_argument(
            "--displace", action="store_true", help="go on although not everything fits"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        sailing = sailing_of(options["sailing"])
        configuration = _configuration(options["configuration"])
        now = clock.now()
        try:
            plan = plan_swap(sailing, configuration, sizes=disrupt.sizes_of, now=now)
            self._show(plan)
            if options["dry_run"]:
                self.stdout.write("Dry run: nothing was written.")
                return
            apply_swap(
                plan,
                displace=options["displace"],
                sizes=disrupt.sizes_of,
                actor="system",
                now=now,
            )
        except MaritimeError as error:
            raise CommandError(f"{error.message} Nothing was changed.") from error
        self.stdout.write(f"{sailing} now sails with {configuration}.")

    def _show(self, plan: SwapPlan) -> None:
        lines = disrupt.describe(plan)
        if lines:
            self._row("BOOKING", "ITEM", "STATE", "FITS", "WHERE, OR WHY NOT")
        for line in lines:
            fits = "yes" if line.fits else "NO"
            self._row(line.reference, line.item, line.state, fits, line.note)
        for each in plan.shrunk:
            share = each.share
            self.stdout.write(
                f"The share of {share.group} in {share.resource} shrinks from {share.amount} to "
                f"{each.amount}."
            )
        outcome = plan.outcome
        self.stdout.write(
            f"{len(outcome.fits)} items fit, {len(outcome.moves)} of them elsewhere than before; "
            f"{len(outcome.misfits)} do not fit."
        )

    def _row(self, *cells: str) -> None:
        widths = (18, 5, 10, 5, 0)
        self.stdout.write("".join(f"{c:<{w}}" for c, w in zip(cells, widths, strict=True)))


def _configuration(pk: int) -> VesselConfiguration:
    found = VesselConfiguration.objects.select_related("vessel").filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no configuration {pk}.")
    return found
