"""Make sailings from a season, weekdays, times and a ship."""

import tomllib
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ferries.errors import ScheduleRefused
from ferries.models import VesselConfiguration
from ferries.operations.schedule import (
    SchedulePlan,
    ScheduleRequest,
    calls_shown,
    plan_schedules,
    write_schedule,
)
from ferries.schedule_form import ScheduleForm

LISTS = {"calls": "\n", "sold": "\n", "except_days": " "}
SHIP = ("operator", "vessel", "configuration")


class Command(BaseCommand):
    help = (
        "Make sailings of a ship on the days of a season. Without --write it only shows them, with "
        "what stands against them. The same again adds nothing. A file has a [[schedule]] table "
        "for each run, with the options' names as keys (docs/schedule.md)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE.toml")
        parser.add_argument("--write", action="store_true", help="add the sailings")
        parser.add_argument("--operator", metavar="CODE")
        parser.add_argument("--vessel", metavar="NAME")
        parser.add_argument("--configuration", metavar="NAME", help='default "standard"')
        parser.add_argument("--number", help="names the run among the sailings of a day")
        parser.add_argument(
            "--call",
            action="append",
            dest="calls",
            metavar="'PORT HH:MM HH:MM'",
            help="local times, in order; +1 after a time is the next day",
        )
        parser.add_argument("--first-day", metavar="YYYY-MM-DD")
        parser.add_argument("--last-day", metavar="YYYY-MM-DD")
        parser.add_argument("--weekdays", nargs="+", metavar="mon", help="default every day")
        parser.add_argument("--except-days", nargs="+", metavar="YYYY-MM-DD")
        parser.add_argument("--sold", action="append", metavar="'PORT PORT'", help="default all")
        parser.add_argument("--turnaround-minutes", type=int, help="default 30")
        parser.add_argument("--check-in-minutes", type=int)
        parser.add_argument("--accommodation-required", action="store_true", default=None)
        parser.add_argument("--is-demo", action="store_true", default=None)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            plan = plan_schedules([_request(table) for table in _tables(options)])
            self._print(plan)
            if not options["write"]:
                self.stdout.write("Nothing was written; --write adds the sailings.")
                return
            created = write_schedule(plan)
        except ScheduleRefused as error:
            raise CommandError(f"{error} Nothing was written.") from error
        self.stdout.write(f"Sailings added: {len(created)}.")

    def _print(self, plan: SchedulePlan) -> None:
        for sailing in plan.new:
            calls = ", ".join(calls_shown(sailing, plan.ports))
            self.stdout.write(f"{sailing.service_date:%a %Y-%m-%d} {sailing.source_ref}: {calls}")
        for warning in plan.warnings:
            self.stdout.write(f"warning, {warning}")
        for conflict in plan.conflicts:
            self.stderr.write(f"conflict, {conflict}")
        self.stdout.write(
            f"{len(plan.new)} new, {plan.unchanged} there already, "
            f"{len(plan.conflicts)} conflicts, {len(plan.warnings)} warnings"
        )


def _tables(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the runs of the file, or the one that the options describe."""
    names = (*SHIP, *ScheduleForm.base_fields)
    if options["file"] is None:
        return [{name: options[name] for name in names if options.get(name) is not None}]
    try:
        tables = tomllib.loads(options["file"].read_text("utf-8"))["schedule"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{options['file']} cannot be read: {error}") from error
    except KeyError as error:
        raise CommandError(f"{options['file']} has no [[schedule]] table.") from error
    unknown = sorted({key for table in tables for key in table} - set(names))
    if unknown:
        raise CommandError(
            f"{options['file']}: unknown key {unknown[0]}. Known: {', '.join(names)}"
        )
    return list(tables)


def _request(table: Mapping[str, Any]) -> ScheduleRequest:
    values = {"turnaround_minutes": 30, **table, "configuration": _configuration(table)}
    for name, between in LISTS.items():
        if isinstance(values.get(name), list):
            values[name] = between.join(str(each) for each in values[name])
    form = ScheduleForm(values)
    if not form.is_valid():
        problems = [
            f"{field}: {sentence}" for field, found in form.errors.items() for sentence in found
        ]
        raise ScheduleRefused(" ".join(problems), problems)
    return form.wanted()


def _configuration(table: Mapping[str, Any]) -> int:
    operator, vessel = table.get("operator", ""), table.get("vessel", "")
    name = table.get("configuration", "standard")
    found = VesselConfiguration.objects.filter(
        vessel__operator__code=operator, vessel__name=vessel, name=name
    ).first()
    if found is None:
        sentence = f"Operator {operator or '?'} has no ship {vessel or '?'} ({name})."
        raise ScheduleRefused(sentence, [sentence])
    return found.pk
