"""50 readers look while 2,000 changes are made: nobody is shown what is over for more than a second."""

import json
import os
import re

import pytest

from ferries import cache_link
from tests.cache.changes import BLOCK, Day
from tests.cache.readers import Readers, reading
from tests.journeys.platform import running_platform

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]

READERS = 50
CHANGES = 2000
CONTROL_CHANGES = 8 * BLOCK
LIMIT_SECONDS = 1.0
PRICE = re.compile(r"USD (\d+)\.(\d\d)")


@pytest.fixture
def watch(admin_client, tmp_path):
    """Return a function that makes so many changes, and gives the day and what readers saw."""

    def run(changes: int) -> tuple[Day, Readers]:
        day = Day(admin_client, tmp_path)
        api, page = f"/api/v1/ferries/search?{day.query}", f"/search/?{day.query}"
        with running_platform(tmp_path, web_threads=8, workers=0) as platform:
            port = int(platform.url.rpartition(":")[2])
            paths = [api, api, api, api, page] * (READERS // 5)
            with reading(port, paths, folder=tmp_path, env=dict(os.environ)) as readers:
                for number in range(changes):
                    day.change(number)
            day.final = platform.http.get(api).json()
        return day, readers

    return run


def facts_seen(day: Day, readers: Readers) -> list:
    """Return what each answer said, with the moment when it was asked for."""
    seen = []
    for each in readers.answers:
        if each.path.startswith("/api"):
            seen.append((each.asked_at, day.facts_of(json.loads(each.body))))
        else:
            prices = {int(whole + cents) for whole, cents in PRICE.findall(each.body)}
            seen += [(each.asked_at, {"price": price}) for price in prices]
    return seen


def test_no_answer_is_older_than_a_second(watch, monkeypatch):
    # Soft and hard ends come within the run too.
    monkeypatch.setenv("SEARCH_CACHE_SECONDS", "8")
    monkeypatch.setenv("AVAILABILITY_CACHE_SECONDS", "4")

    day, readers = watch(CHANGES)

    assert {each.status for each in readers.answers} == {200}
    seen = facts_seen(day, readers)
    assert len(seen) > 4 * READERS
    assert day.history.oldest(seen) <= LIMIT_SECONDS
    assert day.facts_of(day.final) == {
        name: day.history.now(name) for name in day.facts_of(day.final)
    }


def test_without_invalidation_answers_are_older(watch, monkeypatch):
    monkeypatch.setattr(cache_link, "bump", lambda keys: None)

    day, readers = watch(CONTROL_CHANGES)

    assert day.history.oldest(facts_seen(day, readers)) > LIMIT_SECONDS
