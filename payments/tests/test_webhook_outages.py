"""The door stays open while everything behind it is away, and says so quickly when it cannot."""

import json
import os
import subprocess
import sys

import pytest

from maritime.lib import clock
from maritime.ops import broker, jobs
from maritime.ops.models import Job
from payments import webhook_signature
from payments.api import refusals
from payments.models import WebhookEvent
from payments.tests.makers import URL, post

EVENT = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1"}}}
# No other process: the pool of connections and the signals of a server that has no database.
ASK = f"""
import sys, django
django.setup()
from django.test import Client
answers = [
    Client().post({URL!r}, sys.argv[1], content_type="application/json",
                  HTTP_STRIPE_SIGNATURE=header)
    for header in sys.argv[2:]
]
print([(answer.status_code, answer.json()["code"], answer.get("Retry-After")) for answer in answers])
"""


@pytest.fixture(autouse=True)
def _fresh():
    refusals.forget()
    broker.breaker.quiet_until = 0.0
    yield
    refusals.forget()
    broker.breaker.quiet_until = 0.0


@pytest.fixture
def no_cache(settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    }


@pytest.mark.django_db
def test_event_is_taken_without_cache(client, no_cache):
    assert post(client, EVENT).status_code == 200
    assert WebhookEvent.objects.get().state == "received"


@pytest.mark.django_db
def test_refusals_are_answered_without_cache_and_never_limited(client, no_cache, settings):
    settings.WEBHOOK_REFUSALS_PER_MINUTE = 1

    answers = [post(client, EVENT, HTTP_STRIPE_SIGNATURE="t=1,v1=00") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 400]


@pytest.mark.django_db(transaction=True)
def test_event_is_taken_without_broker_and_published_later(client, monkeypatch):
    for name in ("broker_url", "broker_write_url"):
        monkeypatch.setattr(broker.current_app.conf, name, "redis://127.0.0.1:9/1")

    answer = post(client, EVENT)
    answer.close()
    assert jobs.publish_due() == 0

    assert answer.status_code == 200
    assert Job.objects.values_list("state", "published_at").get() == ("pending", None)


def test_without_database_it_answers_503_and_refuses_as_ever():
    body = json.dumps(EVENT)
    good = webhook_signature.sign(body.encode(), secret="whsec_new", at=clock.now())
    environment = {
        **os.environ,
        "DATABASE_URL": "postgres://maritime@127.0.0.1:9/maritime",
        "DJANGO_SETTINGS_MODULE": "maritime.settings",
        "ALLOWED_HOSTS": "testserver",
        "STRIPE_WEBHOOK_SECRETS": "whsec_new",
    }

    done = subprocess.run(
        [sys.executable, "-c", ASK, body, good, "t=1,v1=00"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == str([(503, "not_stored", "10"), (400, "bad_signature", None)])
