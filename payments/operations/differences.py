"""What differs between one payment of ours and what the provider knows of it; no query, no call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from payments import states
from payments.findings import Finding, Kind
from payments.gateways import Intent, ProviderDispute, ProviderRefund
from payments.models import Dispute, Payment, Refund
from payments.operations import send, settle


@dataclass(frozen=True)
class Theirs:
    """What the provider told of one intent: a part of it, or the whole.

    With `is_whole` nothing else is there, and an intent that is None does not exist.
    """

    intent: Intent | None = None
    refunds: list[ProviderRefund] = field(default_factory=list)
    disputes: list[ProviderDispute] = field(default_factory=list)
    is_whole: bool = False


@dataclass(frozen=True)
class Ours:
    """A payment (its booking loaded) with its refunds and disputes, and its cash by the ledger."""

    payment: Payment
    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]
    cash: int


def differences(ours: Ours, theirs: Theirs) -> list[Finding]:
    """Return what differs; nothing means that both sides agree."""
    if theirs.is_whole and theirs.intent is None:
        text = "The provider does not know this payment of ours."
        return [_finding(ours, Kind.PAYMENT_MISSING, text, ours.payment.captured, 0)]
    return [
        *_of_payment(ours, theirs.intent),
        *_of_refunds(ours, theirs),
        *_of_disputes(ours, theirs),
        *_of_cash(ours, theirs),
    ]


def unknown_payment(intent: Intent) -> Finding:
    """Return the finding for an intent that is ours by its metadata, and not here."""
    return Finding(
        kind=Kind.PAYMENT_UNKNOWN,
        text=f"The provider has a payment of ours ({intent.status}) that is not here.",
        reference=intent.metadata.get("booking", ""),
        ours=0,
        theirs=intent.amount_received,
        currency=intent.currency,
        provider_id=intent.id,
    )


def _of_payment(ours: Ours, intent: Intent | None) -> Iterator[Finding]:
    if intent is None:
        return
    payment = ours.payment
    is_held = payment.state in states.HOLDS_MONEY
    state = Payment.State.SUCCEEDED if is_held else payment.state
    target = settle.STATE_OF_STATUS.get(intent.status, Payment.State.OPEN)
    sums = (payment.captured, intent.amount_received)
    if state != target:
        text = f"The payment is {payment.state} here, the provider says {intent.status}."
        yield _finding(ours, Kind.PAYMENT_STATE, text, *sums)
    elif payment.captured != intent.amount_received:
        yield _finding(ours, Kind.PAYMENT_AMOUNT, "Another amount was received.", *sums)
    if payment.currency != intent.currency:
        text = f"The currency is {payment.currency} here, {intent.currency} at the provider."
        yield _finding(ours, Kind.PAYMENT_CURRENCY, text, *sums)


def _of_refunds(ours: Ours, theirs: Theirs) -> Iterator[Finding]:
    seen = set()
    for listed in theirs.refunds:
        refund = _row_of(listed, ours.refunds)
        target = send.STATE_OF_STATUS.get(listed.status, Refund.State.PENDING)
        if refund is None:
            if target not in states.LOST_REFUND:
                text = f"The provider has a refund ({listed.status}) that is not here."
                found = _finding(ours, Kind.REFUND_UNKNOWN, text, 0, listed.amount)
                yield replace(found, provider_id=listed.id)
            continue
        seen.add(refund.pk)
        yield from _of_refund(ours, refund, listed, target)
    for refund in ours.refunds:
        if theirs.is_whole and refund.refund_id and refund.pk not in seen:
            text = f"The provider does not know a refund that is {refund.state} here."
            found = _finding(ours, Kind.REFUND_MISSING, text, refund.amount, 0)
            yield replace(found, provider_id=refund.refund_id)


def _of_refund(
    ours: Ours, refund: Refund, listed: ProviderRefund, target: str
) -> Iterator[Finding]:
    are_lost = refund.state in states.LOST_REFUND and target in states.LOST_REFUND
    sums = (refund.amount, listed.amount)
    if refund.state != target and not are_lost:
        text = f"The refund is {refund.state} here, the provider says {listed.status}."
        found = _finding(ours, Kind.REFUND_STATE, text, *sums)
        yield replace(found, provider_id=listed.id)
    if refund.amount != listed.amount:
        found = _finding(ours, Kind.REFUND_AMOUNT, "The refund has another amount.", *sums)
        yield replace(found, provider_id=listed.id)


def _row_of(listed: ProviderRefund, refunds: Sequence[Refund]) -> Refund | None:
    """Return our row: by the provider's id, or by the mark that we left, as `send` does."""
    for refund in refunds:
        if refund.refund_id == listed.id:
            return refund
    mark = listed.metadata.get("refund")
    for refund in refunds:
        is_free = refund.refund_id is None and refund.state not in states.LOST_REFUND
        if is_free and str(refund.public_id) == mark:
            return refund
    return None


def _of_disputes(ours: Ours, theirs: Theirs) -> Iterator[Finding]:
    rows = {dispute.dispute_id: dispute for dispute in ours.disputes}
    for listed in theirs.disputes:
        dispute = rows.pop(listed.id, None)
        if dispute is None:
            kind, text = Kind.DISPUTE_UNKNOWN, f"A dispute ({listed.status}) is not here."
        elif dispute.state != listed.status:
            kind = Kind.DISPUTE_STATE
            text = f"The dispute is {dispute.state} here, the provider says {listed.status}."
        elif dispute.withdrawn != listed.withdrawn:
            kind, text = Kind.DISPUTE_AMOUNT, "The provider holds back another sum for a dispute."
        else:
            continue
        held = dispute.withdrawn if dispute else 0
        yield replace(_finding(ours, kind, text, held, listed.withdrawn), provider_id=listed.id)
    for dispute in rows.values() if theirs.is_whole else ():
        text = "The provider does not know a dispute that is here."
        found = _finding(ours, Kind.DISPUTE_MISSING, text, dispute.withdrawn, 0)
        yield replace(found, provider_id=dispute.dispute_id)


def _of_cash(ours: Ours, theirs: Theirs) -> Iterator[Finding]:
    """Compare the ledger with what the provider still has; pending refunds have not left it.

    Money that was not taken in yet is told of as a difference of the payment.
    """
    if theirs.intent is None or not theirs.is_whole:
        return
    if ours.payment.state not in states.HOLDS_MONEY:
        return
    gone = sum(refund.amount for refund in theirs.refunds if refund.status == "succeeded")
    held = sum(dispute.withdrawn for dispute in theirs.disputes)
    cash = theirs.intent.amount_received - gone - held
    if cash != ours.cash:
        text = "By the ledger another sum is at the provider."
        yield _finding(ours, Kind.LEDGER_CASH, text, ours.cash, cash)


def _finding(ours: Ours, kind: Kind, text: str, our_sum: int, their_sum: int) -> Finding:
    payment = ours.payment
    return Finding(
        kind=kind,
        text=text,
        reference=payment.booking.reference,
        ours=our_sum,
        theirs=their_sum,
        currency=payment.currency,
        payment_id=payment.pk,
        provider_id=payment.intent_id or "",
    )
