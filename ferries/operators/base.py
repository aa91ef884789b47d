"""What every operator's system can be asked: questions, answers and the connector protocol.

Amounts are minor units, moments are aware UTC. A connector raises `OperatorUnavailable` when it
got no usable answer (the effect is unknown) and `OperatorRefused` when the answer is no.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from ferries.models import Operator
from ferries.offers import Offer, PriceLine, Refusal
from ferries.party import Party

__all__ = ("Connector", "Offer", "PriceLine", "Refusal", "Reservation")


@dataclass(frozen=True)
class Reservation:
    """What the operator's system says about one of our bookings' legs, asked by our reference.

    `state` is held, confirmed, cancelled, unknown (it never heard of it) or untold (the system
    cannot be asked, see `Operator.capabilities`).
    """

    state: str
    operator_reference: str = ""


class Connector(Protocol):
    """The six questions. `reference` is ours (booking reference and leg), so each is repeatable."""

    def search(
        self, operator: Operator, *, origin: str, destination: str, day: date, party: Party
    ) -> list[Offer]:
        """Return the offers of a port pair on the local calendar day of the origin port."""

    def check(self, operator: Operator, *, offer_id: str, party: Party) -> Offer:
        """Return the offer as it stands now, never from a cache; raises UnknownOffer."""

    def reserve(
        self, operator: Operator, *, offer_id: str, party: Party, reference: str, until: datetime
    ) -> Reservation:
        """Hold space at the operator until the moment; raises NotBookable with its reasons."""

    def confirm(self, operator: Operator, *, reference: str) -> Reservation:
        """Make a held reservation firm; asks by reference first when the outcome is unknown."""

    def status(self, operator: Operator, *, reference: str) -> Reservation:
        """Return where the reservation stands."""

    def cancel(self, operator: Operator, *, reference: str) -> Reservation:
        """Give the space back; cancelling twice is one cancellation."""
