"""A journey with two operators, and the ledger in short."""

from datetime import timedelta

from bookings.models import Booking
from bookings.tests.makers import held
from ferries.models import FareRule, Sailing
from ferries.tests import makers
from maritime.lib import clock
from payments.models import LedgerTransaction, Payment
from payments.operations.audit_ledger import audit_ledger
from payments.tests.back.worlds import paid
from payments.tests.provider.server import Provider

DAY = timedelta(days=1)


def crossings() -> tuple[Sailing, Sailing]:
    """Return a sailing there with BLUE for 1000, and one back a day later with RED for 1501."""
    there = makers.sailing()
    red = makers.operator("RED")
    ports = makers.port("BBB"), makers.port("AAA")
    back = makers.sailing(*ports, company=red, departs_at=there.departs_at + DAY)
    FareRule.objects.filter(tariff__route__operator=red, code="adult").update(amount=1501)
    return there, back


def journey(provider: Provider, **wishes) -> Payment:
    """Return the payment of 2501 for one adult there and back."""
    return paid(provider, held(*crossings(), now=clock.now(), **wishes))


def movements(booking: Booking) -> list[tuple[str, dict[str, int]]]:
    """Return every transaction: its kind, and its entries by account or operator's code."""
    found = LedgerTransaction.objects.filter(booking=booking).prefetch_related("entries")
    return [
        (
            movement.kind,
            {entry.operator or entry.account: entry.amount for entry in movement.entries.all()},
        )
        for movement in found.order_by("pk")
    ]


def wrong() -> list[str]:
    """Return the kinds of all differences between the ledger and the rows."""
    return [finding.kind for finding in audit_ledger(since=clock.now() - DAY)]
