"""The demo: every part of the platform on this computer, from one command, gone when it ends.

`bin/demo` starts this with `python -m maritime.ops.demo`. A variable of the caller's environment
(DATABASE_URL, REDIS_URL, CELERY_BROKER_URL, EMAIL_URL, SIMULATOR_URL ...) wins over the embedded
part it stands for, and that part is not started.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import shutil
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from maritime.ops.embedded import valkey
from maritime.ops.embedded.postgres import PostgreSQL
from maritime.ops.embedded.processes import DataFolder, ServiceError, end_stale, exclusive
from maritime.ops.embedded.supervisor import Program, Supervisor, answers, say, timed

PROJECT = Path(__file__).resolve().parents[2]
MARKER = ".maritime-demo"
LOOPBACK = "127.0.0.1"
# Away from the web port, so that a second demo on the next number finds it free.
MAIL_PORT_OFFSET, SIMULATOR_PORT_OFFSET = 100, 101
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to end; like KeyboardInterrupt, not an error that code may swallow."""


@dataclass(frozen=True)
class Options:
    port: int
    data_dir: Path
    reset: bool
    no_input: bool


def main(argv: list[str]) -> int:
    """Run the demo until it is told to stop; return the exit code."""
    options = _options(argv)
    for number in STOP_SIGNALS:
        # nohup and shells that start us in the background ignore SIGHUP on purpose.
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue
        signal.signal(number, _stop)
    try:
        run(options)
    except ServiceError as error:
        print(f"\nThe demo ended: {error}", file=sys.stderr)
        return 1
    except Stopped:
        say("The demo has ended.")
    return 0


def run(options: Options) -> None:
    """Start everything in the order of need, say Ready, then watch until told to stop."""
    folder = _open_folder(options)
    with exclusive(folder):
        for name in end_stale(folder):
            say(f"Ended {name}, left over from a demo that was killed")
        _refuse_taken_port(options.port)
        if options.reset:
            _empty(folder)
        try:
            with Supervisor(folder, _environment(folder, options.port), PROJECT) as supervisor:
                _start_all(supervisor, options)
                supervisor.watch()
        finally:
            folder.remove_sockets()
            _environment_file(folder).unlink(missing_ok=True)


def _start_all(supervisor: Supervisor, options: Options) -> None:
    _start_simulator(supervisor, options.port)  # first, for it needs none of the others
    mail_port = _start_servers(supervisor, options.port)
    password = _prepare_data(supervisor)
    for program in _programs(supervisor, options.port):
        supervisor.launch(program)
    supervisor.wait_for_answers()
    _keep_environment(supervisor)
    _announce(options, mail_port=mail_port, password=password)


def _start_servers(supervisor: Supervisor, port: int) -> int | None:
    """Start what the environment does not already name; return the mail reader's port, if any."""
    folder, env = supervisor.folder, supervisor.env
    for variable, title, service in (
        ("DATABASE_URL", "PostgreSQL", PostgreSQL(folder)),
        ("REDIS_URL", "Valkey for the cache", valkey.cache(folder)),
        ("CELERY_BROKER_URL", "Valkey for the queues", valkey.broker(folder)),
    ):
        if variable in env:
            say(f"{title}: using {variable} of the environment")
            continue
        with timed(title):
            env[variable] = supervisor.start_service(service)
    if "EMAIL_URL" in env:
        return None
    smtp_port, mail_port = _free_port(0), _free_port(port + MAIL_PORT_OFFSET)
    env["EMAIL_URL"] = f"smtp://{LOOPBACK}:{smtp_port}"
    arguments = ["--smtp-port", str(smtp_port), "--http-port", str(mail_port)]
    arguments += ["--directory", str(folder.root / "mail")]
    command = [sys.executable, "-m", "maritime.ops.embedded.mailcatcher", *arguments]
    supervisor.launch(Program("mail-catcher", command, answers(mail_port, "/health")))
    return mail_port


def _prepare_data(supervisor: Supervisor) -> str:
    """Bring tables, data and staff login up to date; return the login's password."""
    password = _kept_secret(supervisor.folder.root / "staff-password", length=9)
    with_password = {**supervisor.env, "MARITIME_DEMO_STAFF_PASSWORD": password}
    supervisor.run_to_end("prepare-demo", _manage("prepare_demo"), env=with_password)
    return password


def _start_simulator(supervisor: Supervisor, port: int) -> None:
    """Start the simulated operator, unless there is one; its address becomes part of the data."""
    env = supervisor.env
    if "SIMULATOR_URL" in env:
        return
    own_port = _free_port(port + SIMULATOR_PORT_OFFSET)
    env["SIMULATOR_URL"] = f"http://{LOOPBACK}:{own_port}"
    command = _manage("run_operator_simulator", "--port", str(own_port))
    command += ["--state-file", str(supervisor.folder.root / "simulator.sqlite3")]
    supervisor.launch(Program("operator-simulator", command, answers(own_port, "/health")))


def _programs(supervisor: Supervisor, port: int) -> list[Program]:
    """Return our own long-lived processes."""
    root, env = supervisor.folder.root, supervisor.env
    worker_ready = root / "worker-ready"
    worker_ready.unlink(missing_ok=True)
    env["MARITIME_WORKER_READY_FILE"] = str(worker_ready)
    web = "-m gunicorn maritime.wsgi --worker-class gthread --workers 2 --threads 4"
    web += f" --bind {LOOPBACK}:{port} --graceful-timeout 5 --no-control-socket"
    worker = "-m celery -A maritime worker -Q emails,payments,bookings -c 2"
    worker += " --without-gossip --without-mingle --loglevel INFO"
    beat = ["-m", "celery", "-A", "maritime", "beat", "--schedule", str(root / "beat-schedule")]
    return [
        Program("web", [sys.executable, *web.split()], answers(port, "/healthz")),
        Program("worker", [sys.executable, *worker.split()], worker_ready.exists),
        Program("beat", [sys.executable, *beat, "--pidfile="], None),
    ]


def _environment(folder: DataFolder, port: int) -> dict[str, str]:
    """Return the children's environment: the caller's, with our values where it has none."""
    env = {name: value for name, value in os.environ.items() if value}  # empty counts as not set
    ours = {
        "DEBUG": "1",
        "SECRET_KEY": _kept_secret(folder.root / "secret-key", length=48),
        "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "BASE_URL": f"http://{LOOPBACK}:{port}",
        "DJANGO_SETTINGS_MODULE": "maritime.settings",
        # What only staff are told (a dispute with its deadline) is in the mail catcher, too.
        "STAFF_EMAILS": "staff@example.com",
        "PYTHONUNBUFFERED": "1",
    }
    if "STRIPE_SECRET_KEY" not in env:
        ours["PAYMENTS_DEMO"] = "1"
    # The operator's system and the mail server are here, not behind the proxy of an office.
    for name in ("NO_PROXY", "no_proxy"):
        env[name] = ",".join(filter(None, (env.get(name), LOOPBACK, "localhost")))
    return {**ours, **env}


def _keep_environment(supervisor: Supervisor) -> None:
    """Write the children's settings where bin/manage finds them; only our user may read them."""
    ours = sorted(set(supervisor.env.items()) - set(os.environ.items()))
    path = _environment_file(supervisor.folder)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in ours)


def _environment_file(folder: DataFolder) -> Path:
    return folder.root / "env"


def _announce(options: Options, *, mail_port: int | None, password: str) -> None:
    address = f"http://{LOOPBACK}:{options.port}/"
    say(f"Ready: {address}")
    say(f"  Staff  {address}admin/  user: staff  password: {password}")
    if mail_port:
        say(
            f"  Mail   http://{LOOPBACK}:{mail_port}/  (tickets arrive here; nothing leaves this computer)"
        )
    say("  Prove  bin/manage check_async  (bin/manage runs any command of manage.py in the demo)")
    say(f"  Logs   {options.data_dir / 'logs'}")
    say(f"  Stop   Ctrl-C here, or: kill {os.getpid()}")


def _options(argv: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="bin/demo", description="Run the whole platform here.")
    parser.add_argument("--port", type=_port, default=8000, help="of the web pages (8000)")
    parser.add_argument(
        "--data-dir",
        type=_data_dir,
        default=PROJECT / ".run" / "demo",
        help="for data, mails and logs (.run/demo)",
    )
    parser.add_argument("--reset", action="store_true", help="delete the data and begin anew")
    parser.add_argument("--no-input", action="store_true", help="never ask, take it as a yes")
    return Options(**vars(parser.parse_args(argv)))


def _data_dir(text: str) -> Path:
    """Read a relative folder from where bin/demo was called, which then went to the project."""
    return Path(os.environ.get("MARITIME_CALLED_FROM", ""), Path(text).expanduser()).resolve()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 65535 - SIMULATOR_PORT_OFFSET:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 1 and 65400")
    return int(text)


def _refuse_taken_port(port: int) -> None:
    if _free_port(port) != port:
        raise ServiceError(
            f"port {port} is in use; choose another one with --port, or stop its owner."
        )


def _free_port(preferred: int) -> int:
    """Return the preferred port, or any free one when it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServiceError(f"no free port on {LOOPBACK}")


def _open_folder(options: Options) -> DataFolder:
    """Open our data folder; never take over (or, with --reset, delete) somebody else's files."""
    root = options.data_dir
    if root.exists() and any(root.iterdir()) and not (root / MARKER).exists():
        raise ServiceError(
            f"{root} holds files that are not the demo's; choose another --data-dir."
        )
    if options.reset and root.exists() and not options.no_input:
        if not sys.stdin.isatty():
            raise ServiceError("--reset deletes data: confirm with --no-input.")
        if input(f"Delete the demo's data in {root}? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise Stopped
    folder = DataFolder(root)
    (root / MARKER).touch()
    return folder


def _empty(folder: DataFolder) -> None:
    """Delete all but the lock that we hold and the marker."""
    PostgreSQL(folder).erase()
    for path in folder.root.iterdir():
        if path.name in {"lock", MARKER}:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    DataFolder(folder.root)
    say(f"Deleted the data in {folder.root}")


def _kept_secret(path: Path, *, length: int) -> str:
    """Return the secret in the file, making it at the first start; only our user may read it."""
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(length))
    return path.read_text().strip()


def _manage(*words: str) -> list[str]:
    return [sys.executable, str(PROJECT / "manage.py"), *words]


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in STOP_SIGNALS:  # a second Ctrl-C must not interrupt the ending of the children
        signal.signal(number, signal.SIG_IGN)
    say("\nStopping ...")
    raise Stopped


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
