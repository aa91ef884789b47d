"""What leaves for error and trace collectors names no traveller and opens no booking."""

import pytest

from maritime import observability
from maritime.lib import request_ids

CANARIES = ("ada@example.org", "token-4711", "Lovelace")


def test_an_error_report_keeps_the_place_and_loses_the_people() -> None:
    event = {
        "request": {
            "method": "POST",
            "url": "https://ferry.example/booking/token-4711/",
            "data": {"surname": "Lovelace"},
            "headers": {"Cookie": "token-4711"},
        },
        "user": {"email": "ada@example.org"},
        "extra": {"surname": "Lovelace"},
        "breadcrumbs": {"values": [{"message": "GET /booking/token-4711/"}]},
        "exception": {
            "values": [
                {
                    "type": "SMTPRecipientsRefused",
                    "value": "ada@example.org",
                    "stacktrace": {"frames": [{"function": "send", "vars": {"to": "Lovelace"}}]},
                }
            ]
        },
    }

    with request_ids.bound("request-12345"):
        sent = observability.without_people(event)

    assert not any(canary in str(sent) for canary in CANARIES)
    assert sent["request"] == {"method": "POST"}
    assert sent["exception"]["values"][0]["type"] == "SMTPRecipientsRefused"
    assert sent["exception"]["values"][0]["stacktrace"]["frames"] == [{"function": "send"}]
    assert sent["tags"] == {"request_id": "request-12345"}


def test_a_message_without_request_or_exception_passes() -> None:
    assert observability.without_people({"message": "x"})["message"] == "x"


def test_a_span_loses_its_address() -> None:
    class Span:
        """Holds attributes as the SDK's span does."""

        def __init__(self) -> None:
            self.attributes = {"http.target": "/booking/token-4711/", "http.method": "GET"}

        def set_attribute(self, name: str, value: str) -> None:
            self.attributes[name] = value

    span = Span()
    observability.without_address(span, None, None)

    assert "token-4711" not in str(span.attributes)
    assert span.attributes["http.method"] == "GET"


def test_asking_for_reports_without_the_package_fails_at_the_start(monkeypatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "http://key@127.0.0.1:9/1")

    with pytest.raises(ModuleNotFoundError, match="sentry_sdk"):
        observability.start(process="web")


def test_nothing_is_started_unasked(monkeypatch) -> None:
    monkeypatch.delenv("SENTRY_DSN", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)

    observability.start(process="web")
