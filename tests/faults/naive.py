"""The controls: what a Celery and Redis system does that has none of our guards.

They run in the very processes that the product runs in, and meet the same faults at the same time.
"""

import time

import redis
from celery import Task, shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

EFFECTS = "CREATE TABLE IF NOT EXISTS fault_effect (name text NOT NULL, step text NOT NULL)"


def note(name: str, step: str) -> None:
    """Write down how far something came."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fault_effect (name, step) VALUES (%s, %s)", [name, step])


@csrf_exempt
def booking(request: HttpRequest) -> HttpResponse:
    """Write a row and send its task in the request, as `.delay()` does by default.

    The task works for `seconds`.
    """
    seconds = float(request.GET.get("seconds", 0))
    with transaction.atomic():
        note("naive booking", "held")
        transaction.on_commit(lambda: acknowledged_early.delay("naive booking", seconds))
    return HttpResponse(status=201)


def search(request: HttpRequest) -> HttpResponse:
    """Ask the cache with the client's own limits, and take its errors as one's own."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    if client.get("naive:search") is None:
        client.set("naive:search", "nothing sails", ex=60)
    return HttpResponse("nothing sails")


@csrf_exempt
def mail(request: HttpRequest) -> HttpResponse:
    """Queue a mail with the Message-ID of the query."""
    mail_with_autoretry.delay(request.GET["id"])
    return HttpResponse(status=201)


@shared_task(name="faults.acknowledged_early", acks_late=False, ignore_result=True)
def acknowledged_early(name: str, seconds: float) -> None:
    """Work for a while under a message that was acknowledged before, as is Celery's default."""
    note(name, "started")
    time.sleep(seconds)
    note(name, "done")


# The "3 retries and a time limit" of many tutorials.
@shared_task(
    bind=True,
    name="faults.mail_with_autoretry",
    autoretry_for=(Exception,),
    max_retries=3,
    default_retry_delay=0,
    soft_time_limit=2,
    ignore_result=True,
)
def mail_with_autoretry(self: Task, message_id: str) -> None:
    """Send a mail, and again after whatever error, a time limit too."""
    headers = {"Message-ID": message_id}
    EmailMessage("Naive", "Hello", to=["naive@example.org"], headers=headers).send()
