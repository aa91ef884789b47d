"""Run a command with services whose PostgreSQL keeps every commit, as a server in use does.

The demo and the tests give durability up for speed, which would make a raw commit look 5 times
cheaper than it is: `python -m bench.services -- COMMAND...`.
"""

import sys

from maritime.ops.embedded import postgres, run

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "checkpoint_timeout": "15min",
    "max_wal_size": "8GB",
}

if __name__ == "__main__":
    postgres.SETTINGS.update(DURABLE)
    sys.exit(run.main(sys.argv[1:]))
