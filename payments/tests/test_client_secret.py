"""The secret that lets a browser pay goes to the booking's owner and nowhere else."""

import logging

import pytest
from django.core import mail
from django.core.cache import cache
from django_redis import get_redis_connection

from maritime.lib.references import access_token
from maritime.ops.models import Job
from payments.models import DemoIntent, WebhookEvent
from payments.tests.makers import at_provider, event, opened, post


@pytest.mark.django_db(transaction=True)
def test_the_secret_is_in_no_log_mail_job_event_or_cache(client, run_jobs, caplog):
    caplog.set_level(logging.DEBUG)
    payment = opened()
    token = access_token(payment.booking.public_id)
    page = client.get(f"/pay/{token}/", follow=True)
    secret = DemoIntent.objects.get().client_secret
    at_provider(payment, status="succeeded", amount_received=payment.amount)
    post(client, event(payment, "payment_intent.succeeded"))
    run_jobs()

    assert mail.outbox
    cache.set("probe", 1)
    redis = get_redis_connection("default")
    stored = b"".join(redis.dump(key) for key in redis.scan_iter())
    seen = {
        "log": caplog.text,
        "page": page.text,
        "mails": "".join(str(message.message()) for message in mail.outbox),
        "jobs": str(list(Job.objects.values("arguments", "last_error"))),
        "events": str(list(WebhookEvent.objects.values("body"))),
        "cache": stored.decode("latin-1"),
    }
    assert [name for name, text in seen.items() if secret in text] == []


@pytest.mark.django_db
def test_the_secret_leaves_the_address_to_which_the_bank_returns(client):
    payment = opened()
    token = access_token(payment.booking.public_id)

    answer = client.get(f"/pay/{token}/return/", {"payment_intent_client_secret": "pi_1_secret_x"})

    assert answer.status_code == 302
    assert "secret" not in answer["Location"]
