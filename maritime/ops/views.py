"""Health of a process and of what it needs, and the figures for Prometheus."""

from functools import lru_cache
from hmac import compare_digest

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from maritime.ops import broker
from maritime.ops import metrics as figures


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer while the process lives."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the database answers and has the tables of this release, else 503.

    Cache and broker are reported and never required: without them the site is slower and jobs
    wait, but taking every web server out of service would be worse.
    """
    database = _database_answers()
    state = {
        "database": database,
        "migrations": database and _is_migrated(),
        "cache": _cache_answers(),
        "broker": broker.answers(),
    }
    return JsonResponse(state, status=200 if state["migrations"] else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all figures to whoever has METRICS_TOKEN; without a token there is no such page."""
    given = request.headers.get("Authorization", "").encode("utf-8", "replace")
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    if not settings.METRICS_TOKEN or not compare_digest(given, wanted):
        raise Http404
    return HttpResponse(figures.exposition(), content_type=CONTENT_TYPE_LATEST)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _is_migrated() -> bool:
    """Tell whether no migration waits; asked anew until it is so, since it costs 50 ms."""
    try:
        return _migrations_are_applied()
    except LookupError:
        return False


@lru_cache(maxsize=1)
def _migrations_are_applied() -> bool:
    """Return True, which is remembered, or raise LookupError, which is not."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise LookupError("migrations wait")
    return True


def _cache_answers() -> bool:
    cache.set("readyz", 1, 5)
    return bool(cache.get("readyz") == 1)
