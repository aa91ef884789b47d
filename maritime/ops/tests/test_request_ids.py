"""One id joins the answer, the log lines and the jobs of a request."""

import json
import logging
import uuid

import pytest

from maritime.lib import request_ids
from maritime.lib.logs import JSONFormatter, RequestIdFilter, TokenFilter
from maritime.lib.references import access_token
from maritime.ops import jobs
from maritime.ops.models import Job
from maritime.ops.tests import sample_tasks

pytestmark = pytest.mark.django_db


def test_an_answer_carries_a_fresh_id_or_the_one_of_the_proxy(client) -> None:
    fresh = client.get("/healthz")["X-Request-ID"]
    other = client.get("/healthz")["X-Request-ID"]
    given = client.get("/healthz", headers={"X-Request-ID": "proxy-4711-abc"})["X-Request-ID"]

    assert len(fresh) == 32
    assert fresh != other
    assert given == "proxy-4711-abc"


@pytest.mark.parametrize(
    "forged", ["short", "x" * 65, "new\nline-12345", "blank 12345", "ÄÖÜ-12345"]
)
def test_what_is_no_plain_id_is_replaced(forged: str) -> None:
    assert request_ids.new(forged) != forged
    assert len(request_ids.new(forged)) == 32


def test_a_job_and_its_run_keep_the_id_of_their_cause(run_jobs, tmp_path, caplog) -> None:
    with request_ids.bound("request-of-the-cause"):
        jobs.add(sample_tasks.write.name, key="k", path=str(tmp_path / "starts"))
        jobs.add(sample_tasks.tell_request_id.name, key="tell", path=str(tmp_path / "told"))
    run_jobs()

    assert set(Job.objects.values_list("request_id", flat=True)) == {"request-of-the-cause"}
    assert (tmp_path / "told").read_text() == "request-of-the-cause"
    assert request_ids.current() == ""


def test_log_lines_carry_the_id() -> None:
    record = logging.LogRecord("maritime", logging.INFO, "", 1, "seats: %s", (4,), None)
    with request_ids.bound("request-12345"):
        RequestIdFilter().filter(record)

    line = json.loads(JSONFormatter().format(record))
    assert (line["request_id"], line["message"]) == ("request-12345", "seats: 4")


def test_log_lines_lose_the_tokens_that_open_bookings() -> None:
    token = access_token(uuid.uuid4())
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 1, "%s: %s", ("Not Found", f"/pay/{token}/x"), None
    )

    TokenFilter().filter(record)

    assert record.getMessage() == "Not Found: /pay/[token]/x"


def test_the_log_of_the_process_has_the_filters(settings) -> None:
    handler = settings.LOGGING["handlers"]["console"]

    assert handler["filters"] == ["request_id", "tokens"]
