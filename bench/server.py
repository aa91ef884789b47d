"""A web server under test: started as in production, its CPU time read from /proc."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Request:
    """What is sent; `make` gives path, body and headers of the n-th repetition."""

    method: str
    make: Callable[[int], tuple[str, bytes | None, dict[str, str]]]
    expect: int = 200


@dataclass(frozen=True)
class Figure:
    """Of one series: median and 99th percentile of the time, and CPU of the server, a request."""

    p50_ms: float
    p99_ms: float
    cpu_us: float


class Server:
    """A running server and one connection to it that stays open."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid
        self.count = 0

    def measure(self, request: Request, times: int) -> Figure:
        """Send the request so many times over one connection."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        taken = []
        before = self.cpu_ticks()
        for _ in range(times):
            self.count += 1
            path, body, headers = request.make(self.count)
            start = time.perf_counter()
            link.request(request.method, path, body, headers)
            answer = link.getresponse()
            content = answer.read()
            taken.append((time.perf_counter() - start) * 1000)
            if answer.status != request.expect:
                raise RuntimeError(f"{path} answered {answer.status}: {content[:300]!r}")
        cpu = (self.cpu_ticks() - before) * TICK_US / times
        link.close()
        taken.sort()
        return Figure(statistics.median(taken), taken[int(len(taken) * 0.99) - 1], cpu)

    def cpu_ticks(self) -> int:
        """Return the CPU time of the server and its workers so far."""
        total = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == self.pid or stat.parent.name == str(self.pid):
                total += int(fields[11]) + int(fields[12])
        return total


@contextmanager
def running_server(log: Path) -> Iterator[Server]:
    """Start gunicorn with 2 workers of 4 threads, as in docker-compose.yml, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["maritime.wsgi", "-b", f"127.0.0.1:{port}", "-k", "gthread", "-w", "2"]
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *arguments, "--threads", "4"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            _wait(port)
            yield Server(port, child.pid)
        finally:
            child.terminate()
            child.wait(20)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            link.request("GET", "/healthz")
            if link.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web server did not start; see its log")
