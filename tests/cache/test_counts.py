"""How look-ups end is counted by kind, for all processes together; staff and Prometheus read it."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.management import call_command
from django.urls import reverse

from ferries import cache, cache_counts
from ferries.cache import Answer
from ferries.tests import makers
from maritime.lib import clock
from maritime.ops import counters
from maritime.ops.tests.workers import PROJECT, environment

SEARCH = {"origin": "AAA", "destination": "BBB", "day": date(2027, 1, 2)}
NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture(autouse=True)
def _from_zero():
    counters._pending.take()


def counted(kind):
    """Return what has been counted of a kind, without the zeros."""
    (found,) = (each for each in cache_counts.read() if each.kind == kind)
    return {outcome: number for outcome, number in found.by_outcome.items() if number}


def store_search():
    generation = cache.get_search_results(**SEARCH).generation
    cache.set_search_results("x", **SEARCH, generation=generation)


def test_a_miss_and_then_a_hit():
    store_search()
    cache.get_search_results(**SEARCH)

    assert counted("search") == {"miss": 1, "hit": 1}


def test_a_value_past_its_soft_end_is_stale(soon_stale):
    store_search()
    time.sleep(0.35)
    cache.get_search_results(**SEARCH)

    assert counted("search") == {"miss": 1, "stale": 1}


def test_a_ready_answer_past_its_soft_end_is_stale():
    generation = cache.searches_generation()
    now = clock.now().timestamp()
    answer = Answer(b"[]", {cache.SEARCHES: generation}, None, until=now + 60, fresh_until=now)
    cache.set_answer("one", answer)

    (found,) = cache.get_answers(["one"])

    assert found.is_stale
    assert counted("answer") == {"stale": 1}


def test_a_wait_for_another_is_counted_once():
    def client(_):
        ends = time.monotonic() + 4
        return cache.answer_in_line(
            "one", look=lambda: None, fill=lambda: time.sleep(0.1), ends=ends
        )

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(client, range(3)))

    assert counted("answer") == {"wait": 2}


def test_errors_are_counted_while_the_cache_is_away_and_told_later(settings):
    working = settings.CACHES
    settings.CACHES = {"default": {**working["default"], "LOCATION": NOWHERE}}

    cache.get_search_results(**SEARCH)
    cache.get_answers(["one", "two"])
    away = counted("search")
    settings.CACHES = working

    assert away == {}
    assert (counted("search"), counted("answer")) == ({"error": 1}, {"error": 2})


def test_processes_add_up():
    store_search()
    program = "import datetime, django; django.setup(); from ferries import cache;"
    program += f" cache.get_search_results(**{SEARCH!r})"
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=environment(DJANGO_SETTINGS_MODULE="maritime.settings"),
        check=True,
    )

    assert counted("search") == {"miss": 1, "hit": 1}


@pytest.mark.django_db
def test_prometheus_reads_them(client, settings):
    settings.METRICS_TOKEN = "a-token-of-the-tests"
    store_search()

    text = client.get("/metrics", headers={"Authorization": "Bearer a-token-of-the-tests"}).content

    assert b'maritime_cache_total{kind="search",outcome="miss"} 1.0' in text


@pytest.mark.django_db(transaction=True)
def test_a_search_that_is_asked_twice_is_a_miss_and_a_hit(client):
    run = makers.sailing()
    day = run.departs_at.date().isoformat()
    address = f"/api/v1/ferries/search?origin=AAA&destination=BBB&date={day}"

    client.get(address)
    client.get(address)

    assert counted("answer") == {"miss": 1, "hit": 1}
    assert counted("availability") == {"miss": 1}


def test_the_command_prints_a_line_for_each_kind(capsys):
    store_search()
    cache.get_search_results(**SEARCH)

    call_command("cache_stats")

    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert lines["kind"] == ["hit", "stale", "miss", "wait", "error", "found"]
    assert lines["search"] == ["1", "0", "1", "0", "0", "50%"]
    assert lines["operator"] == ["0", "0", "0", "0", "0", "-"]


@pytest.mark.django_db
class TestStaffPage:
    def test_shows_the_counts(self, admin_client):
        store_search()
        cache.get_search_results(**SEARCH)

        text = admin_client.get(reverse("admin:cache_counts")).content.decode()

        row = text[text.index('<th scope="row">search') :]
        row = row[: row.index("</tr>")]
        assert [cell.split("<")[0] for cell in row.split("<td>")[1:]] == [
            "1", "0", "1", "0", "0", "50 %",
        ]  # fmt: skip

    def test_is_reached_from_the_list_of_operators(self, admin_client):
        text = admin_client.get(reverse("admin:ferries_operator_changelist")).content.decode()

        assert reverse("admin:cache_counts") in text

    def test_says_when_the_cache_is_away(self, admin_client, settings):
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": NOWHERE}}

        text = admin_client.get(reverse("admin:cache_counts")).content.decode()

        assert "The cache does not answer" in text

    def test_is_for_staff_who_see_operators(self, client, django_user_model):
        address = reverse("admin:cache_counts")
        bob = django_user_model.objects.create_user("bob", password="secret", is_staff=True)

        stranger = client.get(address)
        client.force_login(bob)
        member = client.get(address)

        assert (stranger.status_code, member.status_code) == (302, 403)
