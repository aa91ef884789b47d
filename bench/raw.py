"""Raw writers of one hot row: `python -m bench.raw CONNECTIONS SECONDS ROW`, prints updates a second.

One process and one psycopg connection for each writer, one prepared conditional UPDATE with its
own commit, no Django. Measured after all are connected.
"""

import multiprocessing
import os
import sys
import time
from multiprocessing.synchronize import Barrier
from urllib.parse import unquote, urlsplit

import psycopg

UPDATE = "UPDATE bench_hotrow SET used = used + 1 WHERE id = %s AND used + 1 <= authorised"


def main() -> None:
    connections, seconds, row = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    # Forked, so that 32 writers do not import psycopg 32 times on two cores.
    context = multiprocessing.get_context("fork")
    ready, counts = context.Barrier(connections), context.SimpleQueue()
    writers = [
        context.Process(target=_write, args=(ready, counts, seconds, row))
        for _ in range(connections)
    ]
    for writer in writers:
        writer.start()
    total = sum(counts.get() for _ in writers)
    for writer in writers:
        writer.join()
    print(total / seconds)


def _write(
    ready: Barrier, counts: "multiprocessing.SimpleQueue[int]", seconds: float, row: int
) -> None:
    with psycopg.connect(_dsn(os.environ["DATABASE_URL"]), autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute(UPDATE, [row], prepare=True)
        ready.wait()
        end, count = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            cursor.execute(UPDATE, [row], prepare=True)
            count += cursor.rowcount
    counts.put(count)


def _dsn(url: str) -> str:
    """Return libpq's form of the URL; ours names a socket folder before the database."""
    parts = urlsplit(url)
    folder, _, name = unquote(parts.path).rpartition("/")
    host = parts.hostname or folder.replace("//", "/")
    text = f"host={host} user={parts.username} dbname={name}"
    text += f" port={parts.port}" if parts.port else ""
    return text + (f" password={unquote(parts.password)}" if parts.password else "")


if __name__ == "__main__":
    main()
