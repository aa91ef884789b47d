"""Start, watch and end child processes so that none is ever left behind.

Four things work together: a signal from the kernel when the parent dies, an own session per child
(so that Ctrl-C reaches only the parent, which then stops its children in order), pid files that the
next start reads, and a lock that keeps two parents out of one data folder.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 10.0
POLL_SECONDS = 0.02
LOG_TAIL_LINES = 25
# sun_path holds 108 bytes on Linux and 104 on macOS; the longest name put into the folder is
# ".s.PGSQL.5432.lock". Sixty bytes for the folder stay clear of both limits.
SOCKET_FOLDER_BYTES = 60
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ServiceError(RuntimeError):
    """A service is missing, did not start or did not answer; the text says what a person can do."""


@dataclass(frozen=True)
class DataFolder:
    """Where the children of one parent keep their files: data, logs, pid files and sockets."""

    root: Path

    def __post_init__(self) -> None:
        for folder in (self.root, self.root / "logs", self.root / "pids"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        return self.root / "logs" / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        return self.root / "pids" / f"{name}.json"

    @property
    def sockets(self) -> Path:
        """A private folder with a short name: the data folder itself may lie too deep for a socket."""
        parent = Path(tempfile.gettempdir())
        if len(os.fsencode(parent)) > SOCKET_FOLDER_BYTES - len("/maritime-0123456789ab"):
            parent = Path("/tmp")  # noqa: S108 - owner and mode of the folder are checked below
        digest = hashlib.sha256(os.fsencode(self.root.resolve())).hexdigest()[:12]
        return private_folder(parent / f"maritime-{digest}")

    def remove_sockets(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)


@dataclass(frozen=True)
class Child:
    """A started process with what is needed to watch and to end it."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    pid_file: Path
    stop_signal: int

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None


@dataclass(frozen=True)
class Account:
    """The user a child runs as when that is not ours (PostgreSQL refuses to run as root)."""

    uid: int
    gid: int


def private_folder(path: Path, *, mode: int = 0o700) -> Path:
    """Make the folder for our user alone, and refuse one that somebody else put there first."""
    path.mkdir(mode=mode, exist_ok=True)
    found = path.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not ours or stat.S_IMODE(found.st_mode) & ~mode:
        raise ServiceError(f"{path} belongs to somebody else; remove it or set TMPDIR.")
    return path


def spawn(
    name: str,
    argv: Sequence[str | Path],
    *,
    folder: DataFolder,
    env: Mapping[str, str],
    stop_signal: int = signal.SIGTERM,
    cwd: Path | None = None,
    account: Account | None = None,
) -> Child:
    """Start a child in its own session, with its streams in a log file and its pid on record.

    The streams never lead to our own: a child that keeps a pipe of the caller open makes
    `bin/demo | tail` wait for ever. Call this from the main thread only, because the kernel sends
    the death signal when the *thread* that forked ends.
    """
    log = folder.log(name)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=die_with_parent(stop_signal),  # noqa: PLW1509 - one thread, two system calls
        )
    child = Child(name, process, log, folder.pid_file(name), stop_signal)
    _write_pid_file(child)
    return child


def stop(child: Child, *, timeout_seconds: float = STOP_SECONDS) -> None:
    """Ask the child to end, wait, then kill what is left of its session."""
    if not child.has_ended:
        child.process.send_signal(child.stop_signal)
        try:
            child.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            _kill_session(child.process.pid)
    _kill_session(child.process.pid)
    child.process.wait()
    child.pid_file.unlink(missing_ok=True)


def end_stale(folder: DataFolder) -> list[str]:
    """End children that a killed parent left behind; return their names.

    A pid alone proves nothing, numbers are used again: only a process that began at the recorded
    moment of the recorded boot is ours. Hold the folder's lock when calling this.
    """
    records = [json.loads(path.read_text()) for path in (folder.root / "pids").glob("*.json")]
    stale = [each for each in records if identity(each["pid"]) == each["identity"]]
    for each in stale:
        with suppress(ProcessLookupError):  # it may end in this very moment
            os.kill(each["pid"], each["stop_signal"])
    deadline = time.monotonic() + STOP_SECONDS
    for each in stale:
        while identity(each["pid"]) == each["identity"]:
            if time.monotonic() > deadline:
                _kill_session(each["pid"])
            time.sleep(POLL_SECONDS)
    for path in (folder.root / "pids").glob("*.json"):
        path.unlink()
    return [each["name"] for each in stale]


def wait_until(ready: Callable[[], bool], *, child: Child, timeout_seconds: float) -> None:
    """Wait for the child to answer; raise ServiceError with its last words when it does not."""
    deadline = time.monotonic() + timeout_seconds
    while not ready():
        if child.has_ended:
            raise ServiceError(obituary(child))
        if time.monotonic() > deadline:
            raise ServiceError(
                f"{child.name} did not answer within {timeout_seconds:.0f} s.\n{tail(child.log)}"
            )
        time.sleep(POLL_SECONDS)


def obituary(child: Child) -> str:
    """Say how the child ended and what it wrote last."""
    code = child.process.poll() or 0
    how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
    return f"{child.name} ended {how}. The end of {child.log}:\n{tail(child.log)}"


def tail(log: Path) -> str:
    """Return the last lines of a log, indented."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:]) or "    (nothing)"


@contextmanager
def exclusive(folder: DataFolder) -> Iterator[None]:
    """Hold the folder's lock; the kernel drops it even when we are killed."""
    with (folder.root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServiceError(
                f"Another process is using {folder.root}; stop it or choose another --data-dir."
            ) from error
        yield


def identity(pid: int) -> str | None:
    """Return what tells this process from a later one with the same number; None when it is gone."""
    if sys.platform != "linux":
        return _identity_from_ps(pid)
    try:
        # The name in parentheses may hold blanks, so count the fields behind it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, start_ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}:{start_ticks}"


def _identity_from_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["/bin/ps", "-o", "lstart=,stat=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    started, _, state = answer.stdout.strip().rpartition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def die_with_parent(death_signal: int) -> Callable[[], None] | None:
    """Return the function that makes the kernel end the child when its parent dies (Linux only)."""
    libc, parent = _LIBC, os.getpid()
    if libc is None:
        return None

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before we asked
            os._exit(1)

    return ask_kernel


def _write_pid_file(child: Child) -> None:
    record = {
        "name": child.name,
        "pid": child.process.pid,
        "identity": identity(child.process.pid),
        "stop_signal": int(child.stop_signal),
    }
    half = child.pid_file.with_suffix(".new")  # a killed parent must not leave half a record
    half.write_text(json.dumps(record))
    half.replace(child.pid_file)


def _kill_session(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # nobody left; macOS says "not permitted"
        return
