"""Print how look-ups in the cache ended."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ferries import cache, cache_counts

WIDTH = 14


class Command(BaseCommand):
    """Prints a line for each kind of value."""

    help = "Print how look-ups in the cache ended, by kind, all processes together."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the counts; an error if the cache does not answer."""
        if not cache.searches_generation():
            raise CommandError("The cache does not answer.")
        self._print("kind", *cache_counts.OUTCOMES, "found")
        for row in cache_counts.read():
            found = "-" if row.found_percent is None else f"{row.found_percent}%"
            self._print(row.kind, *map(str, row.numbers), found)

    def _print(self, kind: str, *cells: str) -> None:
        self.stdout.write(f"{kind:{WIDTH}}" + "".join(f"{cell:>{WIDTH}}" for cell in cells))
