"""Fail-over behind Sentinel, with real servers: cache and broker come back by themselves."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from maritime.ops.embedded.valkey import find_binary
from maritime.ops.tests.workers import PROJECT, environment, wait_for

MASTER = "ferries"
# Sentinels must have found the replica and each other before the primary may die.
WARM_UP_SECONDS = 60
PROGRAM = """
import sys, time
import django
django.setup()
from django.core.cache import cache
from maritime.ops import broker

hint = broker.Hint("sample.write", {}, 1)

def works():
    broker.breaker.quiet_until = 0
    return cache.set("k", 1, 60) and cache.get("k") == 1 and broker.send([hint])

print("before", bool(works()), flush=True)
sys.stdin.readline()
started = time.monotonic()
while time.monotonic() - started < 30 and not works():
    time.sleep(0.2)
print("after", bool(works()), flush=True)
"""


@pytest.fixture
def servers(tmp_path: Path):
    """Start a primary, its replica and three Sentinels; give the ports of all five."""
    ports = [_free_port() for _ in range(5)]
    binary, processes = str(find_binary()), []

    def start(*words: str) -> None:
        folder = tmp_path / str(len(processes))
        folder.mkdir(exist_ok=True)
        with (folder / "log").open("wb") as log:
            processes.append(
                subprocess.Popen([binary, *words], cwd=folder, stdout=log, stderr=subprocess.STDOUT)
            )

    common = ("--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction")
    start("--port", str(ports[0]), *common)
    start("--port", str(ports[1]), *common, "--replicaof", f"127.0.0.1 {ports[0]}")
    for port in ports[2:]:
        configuration = tmp_path / f"sentinel-{port}.conf"
        configuration.write_text(
            f"port {port}\nbind 127.0.0.1\n"
            f"sentinel monitor {MASTER} 127.0.0.1 {ports[0]} 2\n"
            f"sentinel down-after-milliseconds {MASTER} 1000\n"
            f"sentinel failover-timeout {MASTER} 5000\n"
        )
        start(str(configuration), "--sentinel")
    yield ports, processes
    for process in processes:
        process.kill()
        process.wait()


def test_cache_and_broker_follow_the_new_primary(servers) -> None:
    ports, processes = servers
    wait_for(lambda: _knows_all(ports[2:]), seconds=WARM_UP_SECONDS)
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports[2:])
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT,
        env=environment(
            DJANGO_SETTINGS_MODULE="maritime.settings",
            REDIS_URL=f"redis+sentinel://{hosts}/{MASTER}/0",
            CELERY_BROKER_URL=";".join(f"sentinel://127.0.0.1:{port}/1" for port in ports[2:]),
            CELERY_BROKER_MASTER=MASTER,
            CACHE_TIMEOUT_MILLISECONDS="1000",
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stdout.readline() == "before True\n"

        processes[0].kill()
        child.stdin.write("\n")
        child.stdin.flush()

        assert child.stdout.readline() == "after True\n"
    assert _primary(ports[2]) == ports[1]


def _knows_all(sentinels: list[int]) -> bool:
    """Tell whether each Sentinel knows the replica and the two others."""
    try:
        for port in sentinels:
            facts = redis.Redis(port=port).sentinel_master(MASTER)
            if facts["num-slaves"] < 1 or facts["num-other-sentinels"] < 2:
                return False
    except (redis.RedisError, OSError):
        time.sleep(0.2)
        return False
    return True


def _primary(sentinel: int) -> int:
    return int(redis.Redis(port=sentinel).sentinel_get_master_addr_by_name(MASTER)[1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
