"""Errors to Sentry, traces to OpenTelemetry: both optional, both told as little as possible.

They need the packages of requirements-observability.txt. A variable without its package is an error
at the start: somebody expects figures that would never come.
"""

import importlib
from typing import Any

from maritime import env
from maritime.lib import request_ids

# In the old and the new names of OpenTelemetry's semantic conventions.
ADDRESS_ATTRIBUTES = ("http.url", "http.target", "url.full", "url.path", "url.query")
INSTRUMENTED = {
    "opentelemetry.instrumentation.psycopg": "PsycopgInstrumentor",
    "opentelemetry.instrumentation.httpx": "HTTPXClientInstrumentor",
}


def start(*, process: str) -> None:
    """Switch on what the environment asks for; `process` is web or worker."""
    if env.text("SENTRY_DSN"):
        _start_sentry(process)
    if env.text("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _start_traces(process)


def without_people(event: dict[str, Any], _hint: object = None) -> dict[str, Any]:
    """Return the event without what could name a traveller or open a booking.

    Addresses carry access tokens, bodies and variables names: of a request only method and request
    id stay.
    """
    request = event.get("request")
    if request is not None:
        event["request"] = {"method": request.get("method", "")}
    for name in ("user", "extra", "breadcrumbs", "server_name"):
        event.pop(name, None)
    for exception in event.get("exception", {}).get("values", ()):
        # The words of a mail server or a provider may quote an address or a name.
        exception["value"] = ""
        for frame in exception.get("stacktrace", {}).get("frames", ()):
            frame.pop("vars", None)
    event.setdefault("tags", {})["request_id"] = request_ids.current()
    return event


def _start_sentry(process: str) -> None:
    sentry = importlib.import_module("sentry_sdk")
    sentry.init(
        dsn=env.text("SENTRY_DSN"),
        environment=env.text("SENTRY_ENVIRONMENT", "production"),
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0.0,
        before_send=without_people,
    )
    sentry.set_tag("process", process)


def _start_traces(process: str) -> None:
    """Send spans of requests, statements (without values) and calls to the collector."""
    trace = importlib.import_module("opentelemetry.trace")
    sdk = importlib.import_module("opentelemetry.sdk.trace")
    export = importlib.import_module("opentelemetry.sdk.trace.export")
    otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    resources = importlib.import_module("opentelemetry.sdk.resources")
    resource = resources.Resource.create({"service.name": f"maritime-{process}"})
    provider = sdk.TracerProvider(resource=resource)
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    if process == "web":
        django = importlib.import_module("opentelemetry.instrumentation.django")
        django.DjangoInstrumentor().instrument(response_hook=without_address)
    else:
        celery = importlib.import_module("opentelemetry.instrumentation.celery")
        celery.CeleryInstrumentor().instrument()
    for module, name in INSTRUMENTED.items():
        getattr(importlib.import_module(module), name)().instrument()


def without_address(span: Any, _request: object, _response: object) -> None:
    """Empty what tells a request's address: it may hold a booking's access token."""
    for name in ADDRESS_ATTRIBUTES:
        span.set_attribute(name, "")
