"""Check whether an operator's system keeps to the protocol, rule by rule."""

from argparse import ArgumentTypeError
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ferries.models import Operator, Route
from ferries.operators import registry
from ferries.operators.conformance import Where, examine
from ferries.operators.http import HttpConnector
from maritime.lib import clock

DAYS_AHEAD = 14


class Command(BaseCommand):
    """Prints a line for each rule; exit code 1 if one is not kept."""

    help = "Ask an operator's system whether it keeps to docs/operator-protocol.yaml."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("code", help="the operator's code")
        parser.add_argument(
            "--book", action="store_true", help="also makes two reservations and cancels them"
        )
        parser.add_argument("--origin", help="code of a port; else that of the first route")
        parser.add_argument("--destination", help="code of a port; else that of the first route")
        parser.add_argument(
            "--date", type=_day, help=f"a day with sailings; else in {DAYS_AHEAD} days"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine and print."""
        operator = Operator.objects.filter(code=options["code"]).first()
        if operator is None:
            raise CommandError("There is no such operator.")
        connector = registry.connector_for(operator)
        if not isinstance(connector, HttpConnector):
            raise CommandError("This operator sells from our own inventory; nothing to check.")
        counts = {"pass": 0, "fail": 0, "skipped": 0}
        for verdict in examine(
            operator, connector, _where(operator, options), book=options["book"]
        ):
            counts[verdict.outcome] += 1
            note = f"  ({verdict.note})" if verdict.note else ""
            self.stdout.write(f"{verdict.outcome.upper():8}{verdict.rule}{note}")
        self.stdout.write(
            f"{counts['pass']} kept, {counts['fail']} not kept, {counts['skipped']} not looked at"
        )
        if counts["fail"]:
            raise CommandError("The system does not keep to the protocol.")


def _where(operator: Operator, options: dict[str, Any]) -> Where:
    origin, destination = options["origin"], options["destination"]
    if not (origin and destination):
        routes = Route.objects.filter(operator=operator, active=True)
        route = routes.select_related("origin", "destination").order_by("pk").first()
        if route is None:
            raise CommandError("The operator has no route; give --origin and --destination.")
        origin, destination = route.origin.code, route.destination.code
    day = options["date"] or clock.now().date() + timedelta(days=DAYS_AHEAD)
    return Where(origin, destination, day)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError("a day is written like 2027-07-15") from error
