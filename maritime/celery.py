"""The Celery app: three queues, late acknowledgement, and the beat table.

Retries and deadlines live in `ops.Job` rows, not in Celery countdowns (see
`maritime/ops/jobs.py`), so a message is only ever a hint that may be lost or doubled.
"""

import os
import sys
from pathlib import Path
from typing import Any

from celery import Celery, signals
from celery.schedules import crontab
from django.db import close_old_connections
from kombu import Exchange, Queue

from maritime import observability

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maritime.settings")

app = Celery("maritime")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Each with its own exchange and key: without them all three are bound to the default queue's.
app.conf.task_queues = [
    Queue(name, Exchange(name), routing_key=name) for name in ("emails", "payments", "bookings")
]
app.conf.task_default_queue = "bookings"
app.conf.task_routes = {
    "notifications.*": {"queue": "emails"},
    "payments.*": {"queue": "payments"},
    "bookings.*": {"queue": "bookings"},
    "ferries.*": {"queue": "bookings"},
    "ops.*": {"queue": "bookings"},
}
app.conf.beat_schedule = {
    "republish due jobs": {
        "task": "ops.publish_due_jobs",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "expire holds": {
        "task": "bookings.expire_holds",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "remind of departures": {
        "task": "notifications.remind_of_departures",
        "schedule": crontab(minute="*/15"),
        "options": {"expires": 600},
    },
    "verify open payments": {
        "task": "payments.verify_open_payments",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "reconcile payments": {
        "task": "payments.reconcile",
        "schedule": crontab(hour=2, minute=30),
        "options": {"expires": 3600},
    },
    # The jobs of the comparison have ended by now, also those that the provider kept waiting.
    "report differences": {
        "task": "payments.report_differences",
        "schedule": crontab(hour=4, minute=0),
        "options": {"expires": 3600},
    },
    "purge": {
        "task": "ops.purge",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expires": 3600},
    },
    "audit capacity": {
        "task": "ferries.audit_capacity",
        "schedule": crontab(hour=3, minute=0),
        "options": {"expires": 3600},
    },
}
# Celery would close the process's pool of connections before and after each task, which takes half
# a second (measured: 4 settlements a second by two processes). It never does with a number that is
# never reached; `return_connections` does as Django does around a request.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
app.autodiscover_tasks()


@signals.task_prerun.connect
@signals.task_postrun.connect
def return_connections(task: Any, **_: Any) -> None:
    """Give a worker's connections back to the pool, which drops those that broke."""
    if not task.request.is_eager:
        close_old_connections()


@signals.worker_process_init.connect
def observe(**_: Any) -> None:
    """Switch on tracing in the child: its exporter's thread does not survive a fork."""
    observability.start(process="worker")


@signals.worker_ready.connect
def announce_worker(**_: Any) -> None:
    """Touch the file named by MARITIME_WORKER_READY_FILE, which a supervisor waits for."""
    path = os.environ.get("MARITIME_WORKER_READY_FILE")
    if path:
        Path(path).touch()
