"""Import a GTFS timetable for an operator."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ferries.errors import TimetableRefused
from ferries.gtfs.anchor import Anchor
from ferries.gtfs.reader import read_feed
from ferries.models import Operator
from ferries.operations.import_timetable import (
    ImportReport,
    TimetableImport,
    import_timetable,
    preview_timetable,
)
from maritime.lib import clock


class Command(BaseCommand):
    help = (
        "Import a GTFS zip as sailings of an operator: all of it or nothing. Importing it again "
        "changes nothing; a newer feed updates, and never drops a sailing that has bookings."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("feed", type=Path, metavar="FEED.zip")
        parser.add_argument("--operator", required=True, metavar="CODE")
        parser.add_argument(
            "--anchor-week",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="repeat the feed's whole weeks in order, from the week of this day on",
        )
        parser.add_argument("--weeks", type=int, help="how many weeks to fill from the anchor")
        parser.add_argument(
            "--through-stops",
            action="append",
            default=[],
            metavar="ID,ID,...",
            help="among these stops, trips of one ship become one sailing; may be repeated",
        )
        parser.add_argument("--dry-run", action="store_true", help="write nothing, only report")

    def handle(self, *_args: Any, **options: Any) -> None:
        wanted = _wanted(options)
        act = preview_timetable if options["dry_run"] else import_timetable
        try:
            report = act(wanted, now=clock.now())
        except TimetableRefused as error:
            for problem in error.problems:
                self.stderr.write(problem)
            raise CommandError(f"{error} Nothing was imported.") from error
        self._print(report)
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was written.")

    def _print(self, report: ImportReport) -> None:
        for file, count in report.rows.items():
            self.stdout.write(f"{file}: {count} rows read")
        for note in report.notes:
            self.stdout.write(str(note))
        for sailing in report.rescheduled:
            self.stdout.write(f"moved, has bookings: {sailing}")
        for sailing in report.kept:
            self.stdout.write(f"kept with its sale stopped, has bookings: {sailing}")
        self.stdout.write(
            f"{report.runs} runs: sailings created {report.created}, updated {report.updated}, "
            f"unchanged {report.unchanged}, removed {report.removed}, kept {len(report.kept)}"
        )


def _wanted(options: dict[str, Any]) -> TimetableImport:
    operator = Operator.objects.filter(code=options["operator"]).first()
    if operator is None:
        codes = ", ".join(Operator.objects.order_by("code").values_list("code", flat=True))
        raise CommandError(f"There is no operator {options['operator']}. Known: {codes or 'none'}.")
    anchor_week, weeks = options["anchor_week"], options["weeks"]
    if (anchor_week is None) != (weeks is None) or (weeks is not None and weeks < 1):
        raise CommandError("--anchor-week and --weeks (1 or more) go together.")
    return TimetableImport(
        feed=read_feed(options["feed"]),
        operator=operator,
        anchor=Anchor(anchor_week, weeks) if anchor_week else None,
        through=tuple(
            frozenset(stop.strip() for stop in group.split(","))
            for group in options["through_stops"]
        ),
    )
