"""The figures of `bin/bench`; it needs no other load on the machine.

`--only P7,P10` measures the parts that these goals belong to, `--sailings 100000` ends the search
over stored sailings at that size.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from bench import contention, cost, faults, jobs, pairs, scale, stampede, webhooks  # noqa: E402
from bench.report import Finding, print_findings  # noqa: E402
from bench.server import Server, running_server  # noqa: E402

REQUESTS, CONTENTION, COST, SCALE = "requests", "contention", "cost", "scale"
WEBHOOKS, JOBS, STAMPEDE, FAULTS = "webhooks", "jobs", "stampede", "faults"
PARTS = {
    REQUESTS: ("P1", "P2", "P3", "P4", "P12", "P16", "P18"),
    CONTENTION: ("P7", "P8", "P9", "P11"),
    COST: ("P10",),
    WEBHOOKS: ("P13",),
    JOBS: ("P14", "P15"),
    STAMPEDE: ("P5", "P6", "P19"),
    FAULTS: ("R2", "R3", "R4", "R5"),
    SCALE: ("P4",),
}


def main() -> None:
    """Prepare a database, measure, print tables in Markdown."""
    options = _options()
    wanted = {goal.strip().upper() for goal in options.only.split(",") if goal.strip()}
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(
        f"load average before: {load:.1f} on {cores} cores (with other work, distrust every ratio)"
    )
    call_command("migrate", run_syncdb=True, verbosity=0)
    world = pairs.World()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder) / "web.log") as server,
    ):
        found: list[Finding] = []
        for part, measure in _parts(world, server, options.sailings).items():
            if not wanted or wanted & set(PARTS[part]):
                start = time.perf_counter()
                found += measure()
                print(f"\n{part}: {time.perf_counter() - start:.0f} s", flush=True)
    print_findings(each for each in found if not wanted or each.goal in wanted)


def _parts(
    world: pairs.World, server: Server, sailings: int
) -> dict[str, Callable[[], list[Finding]]]:
    """Return the parts in their order: the largest tables come last, so they slow nothing else."""
    return {
        REQUESTS: lambda: pairs.measure(world, server),
        CONTENTION: lambda: contention.measure(world, server),
        COST: cost.measure,
        WEBHOOKS: lambda: webhooks.measure(server),
        JOBS: jobs.measure,
        STAMPEDE: lambda: stampede.measure(server),
        FAULTS: faults.measure,
        SCALE: lambda: scale.measure(server, largest=sailings),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures against goals.")
    parser.add_argument("--only", default="", help="goals, as in P7,P10; all unless told")
    parser.add_argument(
        "--sailings", type=int, default=scale.SIZES[-1], help="most stored sailings to search"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
