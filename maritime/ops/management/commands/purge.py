"""Delete rows whose time is over, now; beat does the same each night."""

from typing import Any

from django.core.management.base import BaseCommand

from maritime.lib import clock
from maritime.ops.purge import purge


class Command(BaseCommand):
    """Deletes in small steps, so it may run beside the site."""

    help = "Delete ended jobs, old idempotency keys, closed staff tasks, sessions, logins, events."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, count in purge(now=clock.now()).items():
            self.stdout.write(f"{name}: {count}")
