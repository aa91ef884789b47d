"""Keep a group of children: start them, wait until they answer, watch them, end them in reverse order."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from maritime.ops.embedded.processes import (
    Child,
    DataFolder,
    ServiceError,
    obituary,
    spawn,
    stop,
    tail,
)

READY_SECONDS = 90.0
CHECK_SECONDS = 0.1
WATCH_SECONDS = 0.5


class Service(Protocol):
    """A server that knows how to start itself and what its address is: PostgreSQL, Valkey."""

    name: str
    child: Child | None

    def start(self) -> str: ...


@dataclass(frozen=True)
class Program:
    """A long-lived child that runs our own code, and how to see that it answers (if it can)."""

    name: str
    argv: Sequence[str]
    is_ready: Callable[[], bool] | None


@dataclass
class Supervisor:
    """A context manager: whatever was started inside is ended at its end, also after an error."""

    folder: DataFolder
    env: dict[str, str]
    cwd: Path
    children: list[Child] = field(default_factory=list)
    waiting: list[tuple[Child, Callable[[], bool], float]] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self.children:
            stop(self.children.pop())

    def start_service(self, service: Service) -> str:
        """Start a server and return its address."""
        try:
            return service.start()
        finally:
            if service.child:  # also when it did not answer: it must end with the others
                self.children.append(service.child)

    def run_to_end(self, name: str, argv: Sequence[str], *, env: Mapping[str, str]) -> None:
        """Run a short command and show its lines while it works; they go to its log as well."""
        shown = self.folder.log(name).stat().st_size if self.folder.log(name).exists() else 0
        child = self._spawn(name, argv, env=env)
        ended = False
        while not ended:
            ended = child.has_ended
            shown = _show_lines(child.log, since=shown)
            self._note_answers()
            time.sleep(CHECK_SECONDS)
        self.children.remove(child)
        stop(child)
        if child.process.returncode:
            raise ServiceError(f"{name} failed; what it said is above and in {child.log}")

    def launch(self, program: Program) -> None:
        """Start a program; wait_for_answers() waits for it, together with the others."""
        child = self._spawn(program.name, program.argv, env=self.env)
        if program.is_ready:
            self.waiting.append((child, program.is_ready, time.monotonic()))

    def wait_for_answers(self) -> None:
        """Wait until each launched program answers; they start side by side."""
        while self.waiting:
            self.refuse_dead()
            self._note_answers()
            time.sleep(CHECK_SECONDS)

    def watch(self) -> None:
        """Wait for ever; raise ServiceError when a child ends by itself."""
        while True:
            self.refuse_dead()
            time.sleep(WATCH_SECONDS)

    def refuse_dead(self) -> None:
        for child in self.children:
            if child.has_ended:
                raise ServiceError(obituary(child))

    def _note_answers(self) -> None:
        for entry in list(self.waiting):
            child, is_ready, launched = entry
            seconds = time.monotonic() - launched
            if is_ready():
                self.waiting.remove(entry)
                say(f"{child.name} answers ({seconds:.1f} s)")
            elif seconds > READY_SECONDS:
                raise ServiceError(f"{child.name} does not answer.\n{tail(child.log)}")

    def _spawn(self, name: str, argv: Sequence[str], *, env: Mapping[str, str]) -> Child:
        child = spawn(name, argv, folder=self.folder, env=env, cwd=self.cwd)
        self.children.append(child)
        return child


def say(line: str) -> None:
    """Print at once; a terminal that is gone must not keep us from ending the children."""
    try:
        print(line, flush=True)
    except OSError:
        sys.stdout = None  # print() then does nothing


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say what was done and how long it took."""
    started = time.monotonic()
    yield
    say(f"{what} ({time.monotonic() - started:.1f} s)")


def answers(port: int, path: str) -> Callable[[], bool]:
    """Return a check that GET on loopback gives 200; never through a proxy of the environment."""

    def check() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return check


def _show_lines(log: Path, *, since: int) -> int:
    """Print the complete lines after the given place in the log; return the new place."""
    with log.open("rb") as file:
        file.seek(since)
        complete, newline, _ = file.read().rpartition(b"\n")
    for line in complete.decode(errors="replace").splitlines():
        say(line)
    return since + len(complete) + len(newline)
