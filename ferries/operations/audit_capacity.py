"""Compare every pool with what stands behind it: claims, certificate, allotments. Reads only.

Each check is one statement over whole tables and so one snapshot: sales that go on meanwhile are
never seen half done.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from ferries.operations.swap_vessel import RETIRED

log = logging.getLogger(__name__)

# A million pools take seconds; the limit of the web's statements is for the web.
TIME_LIMIT = "10min"

CHECKS = {
    "used_differs": """
        SELECT pool.sailing_id, pool.sector, pool.resource, pool.id,
               coalesce(claimed.total, 0), pool.used
        FROM ferries_capacitypool pool
        LEFT JOIN (
            SELECT pool_id, sum(amount) AS total FROM ferries_capacityclaim
            WHERE state IN ('held', 'confirmed') GROUP BY pool_id
        ) claimed ON claimed.pool_id = pool.id
        WHERE pool.used <> coalesce(claimed.total, 0)
        ORDER BY 1, 2, 3, 4""",
    "above_certificate": """
        SELECT pool.sailing_id, pool.sector, pool.resource, min(pool.id),
               least(ship.certified_persons, ship.lsa_persons - ship.crew), sum(pool.authorised)
        FROM ferries_capacitypool pool
        JOIN ferries_sailing sailing ON sailing.id = pool.sailing_id
        JOIN ferries_vesselconfiguration ship ON ship.id = sailing.configuration_id
        WHERE pool.resource = 'persons'
        GROUP BY pool.sailing_id, pool.sector, pool.resource, ship.id
        HAVING sum(pool.authorised) > least(ship.certified_persons, ship.lsa_persons - ship.crew)
        ORDER BY 1, 2""",
    "above_physical": """
        SELECT pool.sailing_id, pool.sector, pool.resource, min(pool.id),
               coalesce(max(pool.physical) FILTER (WHERE pool.allotment_id IS NULL), 0),
               sum(pool.authorised)
        FROM ferries_capacitypool pool
        WHERE pool.resource <> 'persons'
        GROUP BY pool.sailing_id, pool.sector, pool.resource
        HAVING sum(pool.authorised)
               > coalesce(max(pool.physical) FILTER (WHERE pool.allotment_id IS NULL), 0)
        ORDER BY 1, 2, 3""",
    "allotment_differs": """
        SELECT pool.sailing_id, pool.sector, pool.resource, pool.id,
               CASE WHEN share.sailing_id = pool.sailing_id AND share.resource = pool.resource
                    THEN share.amount ELSE 0 END,
               pool.authorised
        FROM ferries_capacitypool pool
        JOIN ferries_allotment share ON share.id = pool.allotment_id
        WHERE pool.resource NOT LIKE %s
          AND (share.sailing_id <> pool.sailing_id OR share.resource <> pool.resource
               OR share.amount <> pool.authorised)
        ORDER BY 1, 2, 3, 4""",
    "allotment_orphaned": """
        SELECT share.sailing_id, stop.sequence, share.resource, share.id, share.amount, 0
        FROM ferries_allotment share
        JOIN ferries_portcall stop ON stop.sailing_id = share.sailing_id
        WHERE share.amount > 0
          AND EXISTS (SELECT FROM ferries_portcall later
                      WHERE later.sailing_id = stop.sailing_id AND later.sequence > stop.sequence)
          AND NOT EXISTS (SELECT FROM ferries_capacitypool pool
                          WHERE pool.allotment_id = share.id AND pool.sector = stop.sequence
                            AND pool.resource = share.resource)
        ORDER BY 1, 2, 3""",
}
SENTENCES = {
    "used_differs": "pool {row}: its claims are {expected}, it counts {found}",
    "above_certificate": "the certificate admits {expected} persons, {found} may be sold",
    "above_physical": "{expected} are there, {found} may be sold (overbooking by staff)",
    "allotment_differs": "pool {row}: its allotment is {expected}, it has {found}",
    "allotment_orphaned": "allotment {row} of {expected} has no pool on the sector",
}
# Staff may sell more than there is, of anything but places for persons: told, but no fault.
NOTES = frozenset({"above_physical"})


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be; amounts in the resource's unit.

    `row` is the pool, or the allotment that has none.
    """

    code: str
    sailing_id: int
    sector: int
    resource: str
    row: int
    expected: int
    found: int

    @property
    def is_fault(self) -> bool:
        """Tell whether something is wrong, or only worth knowing."""
        return self.code not in NOTES

    def __str__(self) -> str:
        what = SENTENCES[self.code].format(row=self.row, expected=self.expected, found=self.found)
        return (
            f"{self.code}: sailing {self.sailing_id}, sector {self.sector}, {self.resource}: {what}"
        )


def audit_capacity() -> list[Difference]:
    """Return every difference between pools and claims, certificates and allotments."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{TIME_LIMIT}'")
        return [difference for code in CHECKS for difference in _check(cursor, code)]


def report_differences() -> int:
    """Write an error line for each fault into the log; return how many there are."""
    faults = [difference for difference in audit_capacity() if difference.is_fault]
    for fault in faults:
        log.error("capacity audit: %s", fault)
    return len(faults)


def _check(cursor: CursorWrapper, code: str) -> Iterator[Difference]:
    statement = CHECKS[code]
    cursor.execute(statement, [f"{RETIRED}%"] if "%s" in statement else None)
    for row in cursor.fetchall():
        sailing_id, sector, resource, pk, expected, found = row
        yield Difference(code, sailing_id, sector, resource, pk, int(expected), int(found))
