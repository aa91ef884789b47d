"""Write the ledger of a period as CSV."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.ledger_csv import entries_between, lines
from payments.management import money


class Command(BaseCommand):
    help = "Write the ledger's entries of a period as CSV, safe to open in a spreadsheet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, text in (("--since", "first day"), ("--until", "the day after the last")):
            parser.add_argument(
                name,
                type=date.fromisoformat,
                required=True,
                metavar="YYYY-MM-DD",
                help=f"{text}, UTC",
            )
        parser.add_argument("--operator", default="", metavar="CODE", help="only its account")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE")
        money.add_choice(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["until"] <= options["since"]:
            raise CommandError("--until must be after --since.")
        path = options["output"]
        if path.exists() and not path.is_file():
            raise CommandError(f"{path} is not a file.")
        entries = entries_between(
            options["since"],
            options["until"],
            is_demo=money.is_demo(options),
            operator=options["operator"],
        )
        try:
            count = _write(path, lines(entries))
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error}") from error
        self.stdout.write(f"Entries written: {count}.")


def _write(path: Path, texts: Iterator[str]) -> int:
    """Write beside the file and put it in its place at the end: nobody reads a half one."""
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        unfinished = Path(file.name)
        try:
            count = sum(1 for text in texts if file.write(text)) - 1
            file.flush()
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink()
            raise
    return count
