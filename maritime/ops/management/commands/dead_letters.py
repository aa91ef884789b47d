"""Look at jobs that failed for good, run them again, or settle them with a reason."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from maritime.ops import dead_letters, jobs
from maritime.ops.models import Job


class Command(BaseCommand):
    """`list` shows them; `retry` and `discard` change those named, or all of a task."""

    help = "List, retry or discard jobs that failed for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="one line for each, oldest first")
        retry = actions.add_parser("retry", help="give them fresh attempts now")
        discard = actions.add_parser("discard", help="settle them without running them")
        discard.add_argument("--reason", required=True, help="kept in the job's row")
        for action in (listing, retry, discard):
            action.add_argument("ids", nargs="*", type=int, help="of the jobs; see list")
            action.add_argument("--task", help="only jobs of this task")
        for action in (retry, discard):
            action.add_argument("--all", action="store_true", help="every dead letter")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Job.objects.filter(state=Job.State.DEAD).order_by("pk")
        if options["ids"]:
            rows = rows.filter(pk__in=options["ids"])
        if options["task"]:
            rows = rows.filter(task=options["task"])
        if options["action"] == "list":
            self._list(rows)
            return
        if not (options["ids"] or options["task"] or options["all"]):
            raise CommandError("Name job ids, a --task, or --all.")
        changed = 0
        for job in rows.iterator():
            if options["action"] == "retry":
                changed += jobs.retry(job)
            else:
                changed += jobs.discard(job, reason=options["reason"])
        dead_letters.tell_staff()
        done = "will run again" if options["action"] == "retry" else "discarded"
        self.stdout.write(f"Jobs {done}: {changed}.")

    def _list(self, rows: Any) -> None:
        for job in rows.iterator():
            self.stdout.write(
                f"{job.pk}  {job.created_at:%Y-%m-%d %H:%M}  {job.task}  {job.key}"
                f"  attempts={job.attempts}  {job.last_error}"
            )
        total = rows.count()
        self.stdout.write(f"Dead letters: {total}.")
