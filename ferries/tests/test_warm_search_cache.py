"""The command that fills the cache before the first travellers come."""

import pytest
from django.core.management import CommandError, call_command

from ferries import cache
from ferries.tests import makers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_pause():
    """Let no test start in the pause after another's failure."""
    cache.resume()
    yield
    cache.resume()


def warm(*words, capsys) -> str:
    call_command("warm_search_cache", *words)
    return capsys.readouterr().out


def test_the_first_traveller_finds_his_answer_ready(client, capsys):
    run = makers.sailing()
    day = makers.local_date(run)

    # In America it may still be yesterday.
    said = warm("--days", "4", capsys=capsys)
    answer = client.get(
        "/api/v1/ferries/search", {"origin": "AAA", "destination": "BBB", "date": day}
    )

    assert said.startswith("4 searches made, 0 were ready")
    assert answer["X-Cache"] == "HIT"
    assert warm("--days", "4", capsys=capsys).startswith("0 searches made, 4 were ready")


def test_operators_are_asked_only_if_wanted(capsys):
    remote = makers.operator("AWAY", adapter="http", base_url="http://127.0.0.1:9/")
    makers.route(remote, makers.port("AAA"), makers.port("BBB"))

    with pytest.raises(CommandError, match="no such route"):
        warm(capsys=capsys)
    assert "1 searches made" in warm("--days", "1", "--remote", capsys=capsys)


def test_says_what_is_wrong(settings):
    makers.sailing()
    with pytest.raises(CommandError, match="no such route"):
        call_command("warm_search_cache", "--operator", "NOBODY")
    with pytest.raises(CommandError, match="from 1 to 60"):
        call_command("warm_search_cache", "--days", "0")
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    }
    with pytest.raises(CommandError, match="does not answer"):
        call_command("warm_search_cache")
