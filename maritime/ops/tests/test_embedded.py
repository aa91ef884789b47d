"""The embedded services start, answer, survive the remains of a killed run, and leave nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import environ
import kombu
import psycopg
import pytest
import redis

from maritime.ops.embedded import processes, run, valkey
from maritime.ops.embedded.postgres import PostgreSQL, nobody_launcher
from maritime.ops.embedded.processes import DataFolder, ServiceError


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    data_folder = DataFolder(tmp_path / "a demo")
    yield data_folder
    data_folder.remove_sockets()


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that no supervisor of ours started."""
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def connect(database_url: str) -> psycopg.Connection:
    parts = environ.Env.db_url_config(database_url)
    return psycopg.connect(
        host=parts["HOST"], user=parts["USER"], dbname=parts["NAME"], autocommit=True
    )


def record_of(process: subprocess.Popen[bytes], *, identity: str | None) -> str:
    return json.dumps(
        {"name": "web", "pid": process.pid, "identity": identity, "stop_signal": signal.SIGTERM}
    )


def test_postgres_answers_keeps_its_data_and_leaves_no_process(folder: DataFolder) -> None:
    server = PostgreSQL(folder)
    with connect(server.start()) as connection:
        connection.execute("CREATE DATABASE test_maritime")
    first = server.child
    server.stop()

    with connect(server.start()) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    server.stop()

    assert ("test_maritime",) in names
    assert first is not None
    assert processes.identity(first.process.pid) is None
    assert list((folder.root / "pids").iterdir()) == []


def test_postgres_starts_after_it_was_killed(folder: DataFolder) -> None:
    server = PostgreSQL(folder)
    server.start()
    assert server.child is not None
    server.child.process.kill()
    server.child.process.wait()
    # The number that the killed server left in its file now belongs to us, who are alive.
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(server.child.process.pid), "1", 1))

    with connect(server.start()) as connection:
        answer = connection.execute("SELECT 1").fetchone()
    server.stop()

    assert answer == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as somebody else")
def test_postgres_runs_as_nobody_where_namespaces_are_forbidden(folder: DataFolder) -> None:
    server = PostgreSQL(folder, launcher=nobody_launcher())
    with connect(server.start()) as connection:
        answer = connection.execute("SELECT current_database()").fetchone()
    owner = server.data.stat().st_uid
    server.stop()
    server.erase()

    assert answer == ("maritime",)
    assert owner == nobody_launcher().account.uid


def test_postgres_refuses_a_cluster_of_another_version(folder: DataFolder) -> None:
    server = PostgreSQL(folder)
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("9\n")

    with pytest.raises(ServiceError, match=r"made by PostgreSQL 9.*--reset"):
        server.start()


def test_valkey_cache_may_evict_and_broker_may_not(folder: DataFolder) -> None:
    cache, broker = valkey.cache(folder), valkey.broker(folder)
    with redis.from_url(cache.start()) as client:
        cache_policy = client.config_get("maxmemory-policy")
    with kombu.Connection(broker.start()) as connection:
        client = connection.default_channel.client
        broker_policy = client.config_get("maxmemory-policy") | client.config_get("appendonly")
        database = client.get_connection_kwargs()["db"]
    cache.stop()
    broker.stop()

    assert cache_policy == {"maxmemory-policy": "allkeys-lru"}
    assert broker_policy == {"maxmemory-policy": "noeviction", "appendonly": "yes"}
    assert database == 1
    assert not cache.socket.exists()


def test_valkey_broker_keeps_messages_over_a_restart_and_a_stale_socket(folder: DataFolder) -> None:
    broker = valkey.broker(folder)
    broker.start()
    with redis.Redis(unix_socket_path=str(broker.socket)) as client:
        client.lpush("emails", "a ticket")
    broker.stop()
    broker.socket.touch()

    broker.start()
    with redis.Redis(unix_socket_path=str(broker.socket)) as client:
        kept = client.lrange("emails", 0, -1)
    broker.stop()

    assert kept == [b"a ticket"]


def test_names_the_log_of_a_service_that_ends_at_once(folder: DataFolder) -> None:
    child = processes.spawn(
        "web", [sys.executable, "-c", "print('no such host'); exit(3)"], folder=folder, env={}
    )

    with pytest.raises(ServiceError, match=r"web ended with exit code 3(.|\n)*no such host"):
        processes.wait_until(lambda: False, child=child, timeout_seconds=10)
    processes.stop(child)


def test_stop_kills_a_child_that_does_not_listen(folder: DataFolder) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    child = processes.spawn("deaf", [sys.executable, "-c", deaf], folder=folder, env={})
    processes.wait_until(lambda: child.log.stat().st_size > 0, child=child, timeout_seconds=10)

    processes.stop(child, timeout_seconds=0.1)

    assert child.process.returncode == -signal.SIGKILL


def test_ends_what_a_killed_parent_left_behind(
    folder: DataFolder, bystander: subprocess.Popen[bytes]
) -> None:
    identity = processes.identity(bystander.pid)
    folder.pid_file("web").write_text(record_of(bystander, identity=identity))

    ended = processes.end_stale(folder)

    assert ended == ["web"]
    assert bystander.wait(timeout=1) == -signal.SIGTERM
    assert not folder.pid_file("web").exists()


def test_spares_a_later_process_with_the_same_number(
    folder: DataFolder, bystander: subprocess.Popen[bytes]
) -> None:
    folder.pid_file("web").write_text(record_of(bystander, identity="another boot:1"))

    ended = processes.end_stale(folder)

    assert ended == []
    assert bystander.poll() is None


def test_refuses_a_folder_that_another_process_holds(folder: DataFolder) -> None:
    with (
        processes.exclusive(folder),
        pytest.raises(ServiceError, match="Another process is using"),
        processes.exclusive(folder),
    ):
        pass


def test_refuses_a_socket_folder_that_others_can_write_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(ServiceError, match="belongs to somebody else"):
        processes.private_folder(tmp_path)


def test_run_gives_the_command_its_services_and_passes_its_exit_code_on() -> None:
    script = 'test -n "$DATABASE_URL" -a -S "${REDIS_URL:7:-5}" && exit 7'

    outcome = subprocess.run(
        [sys.executable, "-m", "maritime.ops.embedded.run", "--", "bash", "-c", script],
        cwd=run.PROJECT,
        check=False,
    )

    assert outcome.returncode == 7


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux alone tells the children")
def test_children_end_when_their_parent_is_killed(folder: DataFolder) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder.root)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=run.PROJECT,
    )
    assert parent.stdout is not None
    child_pids = [int(word) for word in parent.stdout.readline().split()]
    parent.kill()
    parent.communicate()

    deadline = time.monotonic() + 10
    while any(map(processes.identity, child_pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [processes.identity(pid) for pid in child_pids] == [None, None]


PARENT = """
import sys, time
from pathlib import Path
from maritime.ops.embedded import valkey
from maritime.ops.embedded.postgres import PostgreSQL
from maritime.ops.embedded.processes import DataFolder

folder = DataFolder(Path(sys.argv[1]))
services = PostgreSQL(folder), valkey.cache(folder)
for each in services:
    each.start()
print(*(each.child.process.pid for each in services), flush=True)
time.sleep(60)
"""
