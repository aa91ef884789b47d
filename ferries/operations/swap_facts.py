"""What a swap of ships reasons about: who has what, and what becomes of it. Plain values, pure."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ferries.fitting import Fitting
from ferries.offers import Refusal
from ferries.party import VehicleSize

Totals = Mapping[tuple[int, str], int]
Sizes = Mapping[tuple[UUID, str], VehicleSize]


@dataclass(frozen=True)
class Claim:
    """One active claim as it stands: so much of a resource on a sector, maybe from an allotment."""

    pk: int
    sector: int
    resource: str
    amount: int
    allotment: int | None = None


@dataclass(frozen=True)
class Claimed:
    """Everything that one item ("p0", "v0", "a0") of a holder has on the sailing."""

    holder: UUID
    item: str
    confirmed: bool
    since: datetime
    claims: tuple[Claim, ...]

    @property
    def sectors(self) -> tuple[int, ...]:
        """Return the sectors that the item takes, in order."""
        return tuple(sorted({claim.sector for claim in self.claims}))

    def amount(self, resource: str) -> int:
        """Return what the item takes of the resource on each sector; rows may share it."""
        amounts: Counter[int] = Counter()
        for claim in self.claims:
            if claim.resource == resource:
                amounts[claim.sector] += claim.amount
        return max(amounts.values(), default=0)

    def code(self, kind: str) -> str:
        """Return the code behind "deck:", "acc:" or "pet:" of what the item takes, or nothing."""
        found = (claim.resource.partition(":") for claim in self.claims)
        return next((code for prefix, _, code in found if prefix == kind), "")


@dataclass(frozen=True)
class Ship:
    """The ship that takes over: what it admits, and how much it has of each (sector, resource)."""

    fitting: Fitting
    gap_cm: int
    totals: Totals


@dataclass(frozen=True)
class Fit:
    """An item that fits, and what it takes of each resource on each of its sectors.

    `before` and `after` name its deck area or accommodation type where that changes. Of `foot` it
    takes only on `walks`: a vehicle may carry a party over one stretch of its journey.
    """

    claimed: Claimed
    takes: tuple[tuple[str, int], ...]
    before: str = ""
    after: str = ""
    walks: tuple[int, ...] = ()

    def sectors_of(self, resource: str) -> tuple[int, ...]:
        """Return the sectors on which it takes the resource."""
        return self.walks if resource == "foot" else self.claimed.sectors


@dataclass(frozen=True)
class Misfit:
    """An item that does not fit, and why."""

    claimed: Claimed
    refusal: Refusal


@dataclass(frozen=True)
class Outcome:
    """What becomes of all items, parties in their order."""

    fits: tuple[Fit, ...]
    misfits: tuple[Misfit, ...]

    @property
    def moves(self) -> tuple[Fit, ...]:
        """Return the items that fit, but elsewhere."""
        return tuple(fit for fit in self.fits if fit.after)

    @property
    def consequences(self) -> str:
        """Return a digest of what travellers would notice: who is left out, other cabins."""
        noticed = [
            (f.claimed.holder, f.claimed.item, f.after) for f in self.moves if f.claimed.code("acc")
        ]
        lost = [(m.claimed.holder, m.claimed.item, m.refusal.code) for m in self.misfits]
        return hashlib.blake2b(repr((noticed, lost)).encode(), digest_size=16).hexdigest()
