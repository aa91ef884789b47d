"""Makes the tables and a few roomy sailings in the platform's database; prints their offers as JSON.

`python -m tests.faults.world`, in the environment of the platform.
"""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from bookings.tests.makers import offer_of  # noqa: E402
from ferries.tests import makers  # noqa: E402
from tests.faults import naive  # noqa: E402

SAILINGS = 4


def main() -> None:
    """Make everything, and say what is on sale."""
    call_command("migrate", interactive=False, verbosity=0)
    runs = [makers.sailing(persons=100_000) for _ in range(SAILINGS)]
    with connection.cursor() as cursor:
        cursor.execute(naive.EFFECTS)
    found = {"offers": [offer_of(run) for run in runs], "date": makers.local_date(runs[0])}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
