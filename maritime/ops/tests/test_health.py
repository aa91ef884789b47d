"""Health: a process is ready with its database and tables; cache and broker are only reported."""

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from maritime.ops import broker, views

pytestmark = pytest.mark.django_db
REFUSED = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _forget_migrations():
    views._migrations_are_applied.cache_clear()
    yield
    views._migrations_are_applied.cache_clear()


def test_alive_without_asking_anybody(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


def test_ready_when_all_answers(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "database": True,
        "migrations": True,
        "cache": True,
        "broker": True,
    }


def test_not_ready_while_a_migration_waits_and_ready_after_it(client: Client) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="ops").latest("name")
    name = newest.name
    newest.delete()

    waiting = client.get("/readyz")
    MigrationRecorder(connection).record_applied("ops", name)
    done = client.get("/readyz")

    assert (waiting.status_code, waiting.json()["migrations"]) == (503, False)
    assert waiting.json()["database"] is True
    assert (done.status_code, done.json()["migrations"]) == (200, True)


def test_the_tables_are_looked_at_once(client: Client, django_assert_num_queries) -> None:
    client.get("/readyz")

    with django_assert_num_queries(1):
        client.get("/readyz")


def test_not_ready_without_a_database(client: Client, monkeypatch) -> None:
    def refuse() -> None:
        raise OperationalError("the database is gone")

    monkeypatch.setattr(connection, "cursor", refuse)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert (response.json()["database"], response.json()["migrations"]) == (False, False)


def test_ready_without_a_broker(client: Client, monkeypatch) -> None:
    monkeypatch.setattr(broker.current_app.conf, "broker_write_url", REFUSED)

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["broker"] is False


def test_ready_without_a_cache(client: Client, monkeypatch) -> None:
    monkeypatch.setattr(cache, "get", lambda key: None)

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["cache"] is False


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_other_methods_are_refused_and_a_load_balancer_is_not_redirected(
    client: Client, settings, address: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert client.post(address).status_code in {301, 405}
    assert client.get(address).status_code == 200
    assert client.head(address).status_code == 200
