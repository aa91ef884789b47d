"""The whole platform on servers of its own, with everything in reach that can be broken.

PostgreSQL keeps every commit here, unlike that of the other tests. Mail server and payment provider
are ours and live in this process; the platform reaches them by wires that can be cut.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import redis

from maritime.ops.embedded import valkey
from maritime.ops.embedded.postgres import DATABASE, SUPERUSER, PostgreSQL
from maritime.ops.embedded.processes import Child, DataFolder, exclusive, spawn, stop, tail
from maritime.ops.embedded.run import FOLDER_PREFIX, PROJECT
from maritime.ops.embedded.supervisor import answers
from maritime.ops.embedded.valkey import Valkey
from payments.tests.provider.server import KEY, Provider, serving
from tests.faults.post import Post
from tests.faults.wires import Wire
from tests.journeys.platform import free_port

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# What a run depends on of its caller; everything else would make runs differ.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
WEBHOOK_SECRET = "whsec_fault_tests"
START_SECONDS = 120.0
WEB = "-m gunicorn maritime.wsgi -k gthread -w 2 --threads 4 --no-control-socket -b"
WORKER = "-m celery -A maritime worker --without-gossip --without-mingle -I tests.faults.naive"
# One process for mails, so that a kill of it can double one mail at most.
WORKERS = {"mails": "-Q emails -c 1", "work": "-Q payments,bookings -c 2"}
COMMANDS = {
    "relay": "manage.py relay",
    "beat": "-m celery -A maritime beat --pidfile= --schedule",
    **{name: f"{WORKER} -n {name}@%h {words}" for name, words in WORKERS.items()},
}

T = TypeVar("T")


class Platform:
    """A running platform. Start processes from the main thread only, as `spawn` wants it."""

    def __init__(self, folder: DataFolder, provider: Provider, post: Post) -> None:
        self.folder = folder
        self.provider, self.post = provider, post
        self.to_provider, self.to_post = Wire(provider.server_port), Wire(post.port)
        self.postgres = PostgreSQL(folder, settings=DURABLE)
        self.cache, self.broker = valkey.cache(folder), valkey.broker(folder)
        self.web_port = free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.children: dict[str, Child] = {}
        self.env: dict[str, str] = {}

    # -- processes

    def start_servers(self) -> None:
        """Start database, cache and broker, and settle the environment of all others."""
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self.env = {
            **kept,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": "fault-tests-" * 5,
            "SECURE_SSL_REDIRECT": "0",
            "ALLOWED_HOSTS": "127.0.0.1",
            "BASE_URL": self.url,
            "DATABASE_URL": self.postgres.start(),
            "REDIS_URL": self.cache.start(),
            "CELERY_BROKER_URL": self.broker.start(),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.to_post.port}",
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_PUBLISHABLE_KEY": "pk_test_stand_in",
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "STRIPE_API_BASE": f"http://127.0.0.1:{self.to_provider.port}",
            "THROTTLE_HOLD": "1000000/min",
            "THROTTLE_LOOKUP": "1000000/min",
        }

    def start(self, *names: str) -> None:
        """Start programs side by side and wait for those that can say that they are ready."""
        waiting = {name: self._launch(name) for name in names}
        for name, is_ready in waiting.items():
            self.wait_until(is_ready, seconds=START_SECONDS, what=f"{name} ready")

    def kill(self, name: str) -> None:
        """Kill a program with all its children, without a chance to say goodbye."""
        child = self.children.pop(name)
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()

    def stop(self, name: str) -> None:
        """End a program politely."""
        stop(self.children.pop(name), timeout_seconds=30)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a program and its children, or to the server of that name."""
        servers = {"broker": self.broker, "cache": self.cache}
        child = servers[name].child if name in servers else self.children[name]
        assert child is not None
        os.killpg(child.process.pid, number)

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop a program or server as it stands, and let it go on at the end."""
        self.signal(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(name, signal.SIGCONT)

    def kill_web_worker(self) -> None:
        """Kill one of the web server's processes; its master makes another."""
        master = self.children["web"].process.pid
        path = Path(f"/proc/{master}/task/{master}/children")
        with suppress(ProcessLookupError):
            os.kill(int(path.read_text().split()[0]), signal.SIGKILL)

    def crash_database(self) -> None:
        """Stop PostgreSQL without a checkpoint and start it again: it recovers from its log."""
        assert self.postgres.child is not None
        self.postgres.child.process.send_signal(signal.SIGQUIT)
        self.postgres.child.process.wait(30)
        self.postgres.stop()
        self.postgres.start()

    def empty_broker(self) -> None:
        """Kill the broker, delete its journal and start it: every message is gone."""
        assert self.broker.child is not None
        self.broker.child.process.kill()
        self.broker.stop()
        shutil.rmtree(self.folder.root / self.broker.name)
        self.broker.start()

    @contextmanager
    def full(self, server: Valkey) -> Iterator[None]:
        """Let a server refuse every write for want of memory."""
        usual = server.options.get("maxmemory", "0"), server.options["maxmemory-policy"]
        self._limit(server, "1", "noeviction")
        try:
            yield
        finally:
            self._limit(server, *usual)

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py, or with `-m` a module, and return how it ended."""
        command = words if words[0] == "-m" else ("manage.py", *words)
        return subprocess.run(
            [sys.executable, *command], env=self.env, cwd=PROJECT, text=True, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=START_SECONDS,
        )  # fmt: skip

    # -- looking

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the platform's database, by a connection of its own."""
        sockets = str(self.postgres.sockets)
        with psycopg.connect(
            host=sockets, dbname=DATABASE, user=SUPERUSER, autocommit=True
        ) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def number(self, statement: str, *values: Any) -> int:
        """Return the one number that the statement asks for."""
        ((found,),) = self.rows(statement, *values)
        return int(found)

    def wait_until(self, happened: Callable[[], T], *, seconds: float, what: str) -> T:
        """Return the first true result; fail with the logs' ends after the time."""
        end = time.monotonic() + seconds
        while True:
            for child in self.children.values():
                assert not child.has_ended, f"{child.name} has ended:\n{tail(child.log)}"
            found = happened()
            if found:
                return found
            assert time.monotonic() < end, f"{what}: not within {seconds:.0f} s"
            time.sleep(0.1)

    # -- parts

    def _launch(self, name: str) -> Callable[[], bool]:
        ready = self.folder.root / f"{name}-ready"
        ready.unlink(missing_ok=True)
        env = {**self.env, "MARITIME_WORKER_READY_FILE": str(ready)}
        words = WEB.split() if name == "web" else COMMANDS[name].split()
        words += {"web": [f"127.0.0.1:{self.web_port}"], "beat": [str(ready)]}.get(name, [])
        child = spawn(name, [sys.executable, *words], folder=self.folder, env=env, cwd=PROJECT)
        self.children[name] = child
        if name == "web":
            return answers(self.web_port, "/healthz")
        return ready.exists if name in WORKERS else lambda: True

    def _limit(self, server: Valkey, memory: str, policy: str) -> None:
        with redis.Redis(unix_socket_path=str(server.socket)) as client:
            client.config_set("maxmemory", memory)
            client.config_set("maxmemory-policy", policy)

    def end(self) -> None:
        """End everything, whatever state it is in."""
        for name in reversed(list(self.children)):
            child = self.children.pop(name)
            with suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGCONT)
            # Nothing that it still wants to do matters any more.
            with suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
        for service in (self.broker, self.cache):
            if service.child and not service.child.has_ended:
                service.child.process.send_signal(signal.SIGCONT)
            service.stop()
        self.postgres.stop()
        self.postgres.erase()
        self.to_provider.end()
        self.to_post.end()


@contextmanager
def running(*names: str) -> Iterator[tuple[Platform, dict[str, Any]]]:
    """Run a platform with these programs of `web`, `mails`, `work`, `relay` and `beat`.

    Give it with what is on sale: `offers` (ids) and their `date`.
    """
    folder = DataFolder(Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX)))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder.root, ignore_errors=True)
        # Held, so that other runs do not take the folder for one that was left behind.
        stack.enter_context(exclusive(folder))
        stack.callback(folder.remove_sockets)
        provider = stack.enter_context(serving())
        post = Post()
        stack.callback(post.end)
        platform = Platform(folder, provider, post)
        stack.callback(platform.end)
        platform.start_servers()
        made = platform.manage("-m", "tests.faults.world")
        assert made.returncode == 0, made.stderr
        platform.start(*names)
        yield platform, read_world(made.stdout)


def read_world(text: str) -> dict[str, Any]:
    """Return what `tests.faults.world` printed last."""
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    return found
