"""The whole platform as it runs in production: web server, worker, SMTP server; each a process."""

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import quote

import httpx
from aiosmtpd.controller import Controller
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


class Mailbox:
    """Keeps every message that a real SMTP server accepted."""

    def __init__(self):
        self.messages = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name that aiosmtpd calls
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    def subjects(self):
        return [message["Subject"] for message in self.messages]


class Platform:
    """Base URL, mailbox and folder of a running platform."""

    def __init__(self, url: str, mailbox: Mailbox, folder: Path):
        self.url = url
        self.mailbox = mailbox
        self.folder = folder
        self.http = httpx.Client(base_url=url, timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_database_url() -> str:
    """Return the URL of the test database, for processes other than this one."""
    values = connection.settings_dict
    host = quote(str(values["HOST"]), safe="")
    port = f":{values['PORT']}" if values["PORT"] else ""
    password = f":{quote(values['PASSWORD'], safe='')}" if values["PASSWORD"] else ""
    return f"postgres://{values['USER']}{password}@{host}{port}/{values['NAME']}"


test_database_url.__test__ = False


@contextmanager
def process(arguments, *, env, log: Path):
    """Run a child with its output in a file; end it politely, then firmly."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def wait_until(condition, *, seconds: float = 20, what: str = ""):
    """Return the first true result of the condition; fail with `what` after the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.1)
    raise AssertionError(f"did not happen within {seconds} s: {what}")


@contextmanager
def running_platform(
    folder: Path, *, web_threads: int = 4, workers: int = 1, wsgi: str = "maritime.wsgi"
):
    """Start SMTP server, web server and (if any) Celery worker against the test database."""
    mailbox = Mailbox()
    smtp_port, web_port = free_port(), free_port()
    url = f"http://127.0.0.1:{web_port}"
    ready = folder / "worker-ready"
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "maritime.settings",
        "DATABASE_URL": test_database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "BASE_URL": url,
        "PAYMENTS_DEMO": "1",
        "THROTTLE_HOLD": "100000/min",
        "THROTTLE_LOOKUP": "100000/min",
        "MARITIME_WORKER_READY_FILE": str(ready),
    }
    web = ["gunicorn", wsgi, "-b", f"127.0.0.1:{web_port}", "-w", "2", "-k", "gthread"]
    worker = ["celery", "-A", "maritime", "worker", "-Q", "emails,payments,bookings", "-c", "2"]
    with ExitStack() as stack:
        smtp = Controller(mailbox, hostname="127.0.0.1", port=smtp_port)
        smtp.start()
        stack.callback(smtp.stop)
        log = folder / "web.log"
        stack.enter_context(process([*web, "--threads", str(web_threads)], env=env, log=log))
        if workers:
            stack.enter_context(
                process(
                    [*worker, "--without-gossip", "--without-mingle"],
                    env=env,
                    log=folder / "worker.log",
                )
            )
            wait_until(ready.exists, seconds=START_SECONDS, what="worker ready")
        wait_until(lambda: _answers(url), seconds=START_SECONDS, what="web server ready")
        platform = Platform(url, mailbox, folder)
        stack.callback(platform.http.close)
        yield platform


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False
