"""What import-linter cannot see: foreign keys by string, task routes, the list of signals."""

import re
from pathlib import Path

from celery import current_app
from django.apps import apps
from django.db.models import ForeignKey
from django.dispatch import Signal

import bookings.signals
import ferries.signals
import payments.signals
from maritime.ops.tasks import DurableTask

FLOORS = ["ops", "ferries", "bookings", "payments", "notifications"]
ROOT = Path(__file__).resolve().parent.parent

THE_TEN_TASKS = {
    "notifications.send_booking_confirmation_email": "emails",
    "notifications.send_cancellation_email": "emails",
    "notifications.send_payment_success_email": "emails",
    "notifications.send_payment_failed_email": "emails",
    "notifications.send_refund_confirmation_email": "emails",
    "payments.process_payment_webhook": "payments",
    "payments.verify_payment_status": "payments",
    "bookings.check_ferry_availability": "bookings",
    "bookings.confirm_booking_with_operator": "bookings",
    "bookings.cancel_booking_with_operator": "bookings",
}


def own_tasks():
    current_app.loader.import_default_modules()
    prefixes = tuple(f"{app}." for app in FLOORS)
    return {name: task for name, task in current_app.tasks.items() if name.startswith(prefixes)}


def test_foreign_keys_point_to_the_same_floor_or_down():
    upward = []
    for model in apps.get_models():
        if model._meta.app_label not in FLOORS:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey):
                target = field.related_model._meta.app_label
                if target in FLOORS and FLOORS.index(target) > FLOORS.index(model._meta.app_label):
                    upward.append(f"{model.__name__}.{field.name}")

    assert upward == []


def test_the_ten_tasks_are_registered_and_routed_to_their_queues():
    router = current_app.amqp.router

    routes = {name: router.route({}, name)["queue"].name for name in THE_TEN_TASKS}

    assert set(THE_TEN_TASKS) <= set(own_tasks())
    assert routes == THE_TEN_TASKS


def test_the_ten_tasks_have_three_retries_backoff_with_jitter_and_a_limit_of_60_seconds():
    tasks = own_tasks()

    for name in THE_TEN_TASKS:
        task = tasks[name]
        figures = (task.max_retries, task.retry_backoff, task.retry_jitter, task.time_limit)
        assert figures == (3, True, True, 60), name
        assert isinstance(task, DurableTask)


def test_every_periodic_task_exists():
    planned = {entry["task"] for entry in current_app.conf.beat_schedule.values()}

    assert planned <= set(own_tasks())


def test_every_signal_stands_in_the_architecture_document():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    sent = {
        name
        for module in (ferries.signals, bookings.signals, payments.signals)
        for name, value in vars(module).items()
        if isinstance(value, Signal)
    }
    documented = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))

    assert sent == documented


def test_every_link_between_documents_leads_somewhere():
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")]
    broken = [
        (path.name, target)
        for path in documents
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    ]

    assert len(documents) > 20
    assert broken == []


def test_product_code_never_scans_the_keyspace():
    pattern = re.compile(
        r"delete_pattern|scan_iter|iter_keys|\.keys\(['\"]|flush(all|db)", re.IGNORECASE
    )
    sources = [
        path
        for app in ("maritime", "ferries", "bookings", "payments", "notifications")
        for path in (ROOT / app).rglob("*.py")
        if "tests" not in path.parts
    ]

    assert len(sources) > 80
    assert [path.name for path in sources if pattern.search(path.read_text())] == []
