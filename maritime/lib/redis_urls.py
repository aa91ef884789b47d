"""Addresses of Redis behind Sentinel.

REDIS_URL: `redis+sentinel://:password@host:26379,host:26379,host:26379/master/0`: the Sentinels, the name under
which they know the primary, the database. The password is both the servers' and the Sentinels'.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

SCHEME = "redis+sentinel"
DEFAULT_PORT = 26379
FORM = re.compile(
    r"redis\+sentinel://(?:(?P<user>[^:@/]*):(?P<password>[^@/]*)@)?"
    r"(?P<hosts>[A-Za-z0-9._,:-]+)/(?P<master>[A-Za-z0-9._-]+)(?:/(?P<database>\d{1,2}))?/?"
)


@dataclass(frozen=True)
class SentinelURL:
    """The parts of such an address; `hosts` are pairs of host and port."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    database: int
    password: str

    @classmethod
    def read(cls, url: str) -> "SentinelURL | None":
        """Return the parts, None for an address without Sentinel; raises ValueError if it is odd."""
        if not url.startswith(f"{SCHEME}://"):
            return None
        match = FORM.fullmatch(url)
        if match is None:
            example = f"{SCHEME}://host:26379,host:26379,host:26379/master/0"
            raise ValueError(f"A Sentinel address looks like {example}")
        return cls(
            hosts=tuple(_host(each) for each in match["hosts"].split(",")),
            master=match["master"],
            database=int(match["database"] or 0),
            password=unquote(match["password"] or ""),
        )

    @property
    def options(self) -> dict[str, Any]:
        """Return what a client needs to log in at the Sentinels."""
        return {"password": self.password} if self.password else {}


def cache_settings(url: str, *, timeout_seconds: float) -> dict[str, Any]:
    """Return LOCATION and the OPTIONS of django-redis for the address.

    Behind Sentinel all reads go to the primary too: a replica may not know a generation yet, and
    an old answer would be taken for a good one.
    """
    limits = {"SOCKET_CONNECT_TIMEOUT": timeout_seconds, "SOCKET_TIMEOUT": timeout_seconds}
    found = SentinelURL.read(url)
    if found is None:
        return {"LOCATION": url, "OPTIONS": limits}
    sentinel_limits = {
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": timeout_seconds,
        **found.options,
    }
    return {
        "LOCATION": f"redis://{found.master}/{found.database}?is_master=1",
        "OPTIONS": {
            **limits,
            **({"PASSWORD": found.password} if found.password else {}),
            "CONNECTION_FACTORY": "django_redis.pool.SentinelConnectionFactory",
            "SENTINELS": list(found.hosts),
            "SENTINEL_KWARGS": sentinel_limits,
        },
    }


def broker_options(url: str, *, master: str) -> dict[str, Any]:
    """Return the transport options that Kombu needs beside an address of Sentinels; else none.

    The address itself stays in Celery's own form, since Celery reads CELERY_BROKER_URL from the
    environment by itself: `sentinel://:password@host:26379/1;sentinel://:password@host:26379/1`.
    """
    if not url.startswith("sentinel://"):
        return {}
    password = urlsplit(url.partition(";")[0]).password
    options: dict[str, Any] = {"master_name": master}
    if password:
        options["sentinel_kwargs"] = {"password": unquote(password)}
    return options


def _host(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    if not host or (port and not port.isdecimal()):
        raise ValueError(f"{text!r} is no host of a Sentinel")
    return host, int(port or DEFAULT_PORT)
