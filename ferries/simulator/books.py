"""The company's books: reservations in SQLite, and how much of each sailing they take."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime

IN_MEMORY = ":memory:"
TABLE = """
CREATE TABLE IF NOT EXISTS reservation (
    reference TEXT PRIMARY KEY,
    operator_reference TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('held', 'confirmed', 'cancelled')),
    until REAL NOT NULL,
    question TEXT NOT NULL,
    sailing TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    persons INTEGER NOT NULL,
    lane_cm INTEGER NOT NULL
)
"""
INDEX = "CREATE INDEX IF NOT EXISTS reservation_sailing ON reservation (sailing)"


@dataclass(frozen=True)
class Entry:
    """A reservation: what was asked (`question`), and what it takes between two calls.

    `until` is the end of a hold in seconds of the epoch; a held entry past it takes nothing.
    """

    reference: str
    operator_reference: str
    state: str
    until: float
    question: str
    sailing: str
    first: int
    last: int
    persons: int
    lane_cm: int

    def state_at(self, now: datetime) -> str:
        """Return held, confirmed, cancelled or expired."""
        lapsed = self.state == "held" and self.until <= now.timestamp()
        return "expired" if lapsed else self.state

    def crosses(self, sailing: str, sector: int) -> bool:
        """Tell whether it takes space on the stretch from call `sector` to the next."""
        return self.sailing == sailing and self.first <= sector < self.last


class Books:
    """All reservations. `open()` gives them to one thread at a time, for reading and writing."""

    def __init__(self, path: str = IN_MEMORY) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        with self._database as database:
            database.execute(TABLE)
            database.execute(INDEX)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let nobody else in until the block ends; keep what it wrote, or nothing on an error."""
        with self._lock, self._database:
            yield

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def find(self, reference: str) -> Entry | None:
        """Return a reservation."""
        query = "SELECT * FROM reservation WHERE reference = ?"
        with self.open():
            row = self._database.execute(query, (reference,)).fetchone()
        return Entry(*row) if row else None

    def write(self, entry: Entry) -> None:
        """Add a reservation or put it in the place of the earlier one."""
        statement = "INSERT OR REPLACE INTO reservation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        with self.open():
            self._database.execute(statement, astuple(entry))

    def standing(self, sailings: Sequence[str], *, now: datetime) -> list[Entry]:
        """Return what takes space on the sailings: confirmed, or held and not expired."""
        query = (
            "SELECT * FROM reservation WHERE sailing IN (SELECT value FROM json_each(?))"
            " AND (state = 'confirmed' OR (state = 'held' AND until > ?))"
        )
        names = json.dumps(list(sailings))
        with self.open():
            rows = self._database.execute(query, (names, now.timestamp())).fetchall()
        return [Entry(*row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many reservations are in each state."""
        query = "SELECT state, COUNT(*) FROM reservation GROUP BY state"
        with self.open():
            return dict(self._database.execute(query).fetchall())
