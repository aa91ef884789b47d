"""Goals P14 and P15: what a durable job costs its transaction, how soon it starts, its relay.

The bare job is a row of one insert by the ORM, the bare start a message of Celery without a row, the
bare relay one that claims rows, calls `.delay()` for each and marks them. The task stands in the
mails' queue and only notes its start; building and sending a mail comes after that.
"""

import re
import statistics
import time
import uuid
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bench import bare, tasks, workers
from bench.bare import WAITING
from bench.report import Finding
from bookings.operations.hold import hold_booking
from bookings.tests.makers import people, request
from ferries.tests import makers
from maritime.lib import clock
from maritime.ops import broker, jobs
from maritime.ops.models import Job

SERIES = 5
TIMES = 100
STARTS = 60
UNNUDGED = 12
DONE_ROWS = 1_000_000
MARK = "notifications.bench_job"
# Rows that were done long ago, one a second.
FILL = """
INSERT INTO ops_job (task, arguments, key, state, attempts, max_attempts, next_at, published_at,
    last_error, created_at, done_at)
SELECT 'notifications.bench_job', '{}', 'done:' || i, 'done', 1, 4, now() - i * interval '1 second',
    now() - i * interval '1 second', '', now() - i * interval '1 second',
    now() - i * interval '1 second'
FROM generate_series(1, %s) i
"""


def measure() -> list[Finding]:
    """Measure the row, the start, and the relay with few and with a million done rows."""
    findings = _row()
    with workers.running("emails", processes=1):
        findings += _starts()
    workers.forget_jobs()
    return findings + _relay()


def _row() -> list[Finding]:
    """Compare the CPU of a job's row inside a transaction with the ORM's insert, and with a hold."""
    booking = bare.hold(bare.new_row().pk)
    run = makers.sailing(persons=1_000_000)

    def hold() -> None:
        hold_booking(request(run, travellers=people(bare.PARTY)), now=clock.now())

    found, plain, holds = [], [], []
    for _ in range(SERIES):
        with transaction.atomic():
            plain.append(_cpu_ms(lambda: bare.queue(booking)))
            found.append(_cpu_ms(lambda: jobs.add(MARK, key=uuid.uuid4().hex, name="")))
            transaction.set_rollback(True)
        holds.append(_cpu_ms(hold))
    cost, orm, held = (statistics.median(each) for each in (found, plain, holds))
    note = f"an insert of the ORM {orm:.2f} ms; a hold {held:.1f} ms"
    return [
        Finding("P14", "row of a job in its transaction, CPU", cost, 0.4, "ms", note=note),
        Finding("P14", "the same / a hold", cost / held, 0.15),
    ]


def _starts() -> list[Finding]:
    for _ in range(5):
        _start(tasks.note_start.delay)
        _start(_add)
    plain, found = [], []
    for _ in range(STARTS):
        plain.append(_start(tasks.note_start.delay))
        found.append(_start(_add))
    unnudged = [_start(_add_without_hint) for _ in range(UNNUDGED)]
    note = (
        f"p50 {statistics.median(found):.1f} ms; without a row p50 {statistics.median(plain):.1f}"
    )
    note += f", p95 {_p95(plain):.1f} ms"
    return [
        Finding(
            "P14", "commit to start, hint by the broker, p95", _p95(found), 100, "ms", note=note
        ),
        Finding("P14", "commit to start by the relay alone, p95", _p95(unnudged) / 1000, 5, "s"),
    ]


def _relay() -> list[Finding]:
    """Compare relays; then add a million done rows and look whether anything reads them."""
    bare_rates, rates = [], []
    for _ in range(3):
        bare_rates.append(_rate(bare.fill_outbox, bare.relay))
        rates.append(_rate(_fill, jobs.publish_due))
    few = statistics.median(rates)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [DONE_ROWS])
        cursor.execute("VACUUM ANALYZE ops_job")
    many = statistics.median(_rate(_fill, jobs.publish_due) for _ in range(3))
    compared = statistics.median(bare_rates)
    scans = _scans()
    workers.forget_jobs()
    return [
        Finding("P15", "relay, jobs a second / bare relay", few / compared, 0.5, at_least=True,
                note=f"{few:.0f}/s over {compared:.0f}/s"),
        Finding("P15", f"the same with {DONE_ROWS:,} done jobs", many / compared, 0.5,
                at_least=True, note=f"{many:.0f}/s"),
        Finding("P15", "scans of the whole table in its statements", len(scans), 0, "",
                note=", ".join(scans)),
    ]  # fmt: skip


def _scans() -> list[str]:
    """Return what of the relay's statements the planner would answer by reading the whole table."""
    _fill()
    with CaptureQueriesContext(connection) as captured:
        jobs.publish_due()
    statements = [query["sql"] for query in captured.captured_queries if "ops_job" in query["sql"]]
    found = []
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            found += re.findall(r"Seq Scan on \w+", plan)
    return found


def _rate(fill: Callable[[], None], publish: Callable[[], int]) -> float:
    fill()
    start, sent = time.perf_counter(), 0
    while sent < WAITING:
        sent += publish()
    return sent / (time.perf_counter() - start)


def _fill() -> None:
    """Leave jobs that wait for the relay."""
    Job.objects.exclude(state=Job.State.DONE).delete()
    now = clock.now()
    Job.objects.bulk_create(
        Job(task=tasks.relayed.name, key=uuid.uuid4().hex, arguments={"outbox_id": 1}, next_at=now)
        for _ in range(WAITING)
    )


def _add(name: str) -> None:
    jobs.add(MARK, key=name, name=name)


def _add_without_hint(name: str) -> None:
    """Add a job whose hint the broker does not get."""
    broker.breaker.trip()
    jobs.add(MARK, key=name, name=name)


def _start(send: Callable[[str], object]) -> float:
    """Return the milliseconds from the commit until the task has started."""
    name = f"bench:{uuid.uuid4().hex}"
    with transaction.atomic():
        send(name)
        committed = time.time()
    workers.wait_until(lambda: cache.get(name), seconds=30)
    return (float(cache.get(name)) - committed) * 1000


def _cpu_ms(act: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(TIMES):
        act()
    return (time.process_time() - start) / TIMES * 1000


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95) - 1]
