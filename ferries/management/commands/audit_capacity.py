"""Compare every capacity pool with its claims."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ferries.operations.audit_capacity import audit_capacity


class Command(BaseCommand):
    help = (
        "Recompute every capacity pool from its claims, and compare pools with certificates and "
        "allotments. Reports each difference and mends nothing; exit code 1 if there is a fault."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        differences = audit_capacity()
        for difference in differences:
            out = self.stderr if difference.is_fault else self.stdout
            out.write(str(difference))
        faults = sum(difference.is_fault for difference in differences)
        if faults:
            raise CommandError(f"{faults} faults found.")
        self.stdout.write("All pools agree with their claims.")
