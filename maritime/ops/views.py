"""Health of a process and of what it needs."""

from functools import lru_cache

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from maritime.ops import broker


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
