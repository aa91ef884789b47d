"""Addresses with Sentinel become what django-redis and Kombu need; others stay as they are."""

import pytest

from maritime.lib.redis_urls import SentinelURL, broker_options, cache_settings

URL = "redis+sentinel://:s%3Dcret@a.example:26379,b.example,c:5000/ferries/3"


def test_the_parts_of_an_address() -> None:
    assert SentinelURL.read(URL) == SentinelURL(
        hosts=(("a.example", 26379), ("b.example", 26379), ("c", 5000)),
        master="ferries",
        database=3,
        password="s=cret",
    )
    assert SentinelURL.read("redis+sentinel://a/m") == SentinelURL((("a", 26379),), "m", 0, "")


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://",
        "redis+sentinel://host",
        "redis+sentinel://host:port/master",
        "redis+sentinel://,/master",
        "redis+sentinel://host/master/100",
        "redis+sentinel://host/master/0?x=1",
    ],
)
def test_an_odd_address_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ValueError, match="Sentinel"):
        SentinelURL.read(url)


def test_the_cache_reads_from_the_primary_only() -> None:
    found = cache_settings(URL, timeout_seconds=0.2)

    assert found["LOCATION"] == "redis://ferries/3?is_master=1"
    assert found["OPTIONS"]["SENTINELS"] == [
        ("a.example", 26379),
        ("b.example", 26379),
        ("c", 5000),
    ]
    assert found["OPTIONS"]["PASSWORD"] == "s=cret"
    assert found["OPTIONS"]["SENTINEL_KWARGS"] == {
        "socket_timeout": 0.2,
        "socket_connect_timeout": 0.2,
        "password": "s=cret",
    }


def test_the_broker_is_told_the_master_and_the_password_of_the_sentinels() -> None:
    url = "sentinel://:s%3Dcret@a:26379/1;sentinel://:s%3Dcret@b:26379/1"

    assert broker_options(url, master="ferries") == {
        "master_name": "ferries",
        "sentinel_kwargs": {"password": "s=cret"},
    }
    assert broker_options("sentinel://a:26379/1", master="m") == {"master_name": "m"}


def test_plain_addresses_stay() -> None:
    url = "redis://localhost:6399/0"
    assert broker_options(url, master="m") == {}
    assert cache_settings(url, timeout_seconds=0.2) == {
        "LOCATION": url,
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.2, "SOCKET_TIMEOUT": 0.2},
    }
