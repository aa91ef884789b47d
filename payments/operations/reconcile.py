"""Our books against the provider's: every payment, refund and dispute of a period, and the ledger.

Lists are read once through; what seems to differ is asked for again by itself before it is
reported, since payments go on while the lists are read. Nothing is mended here: a fix queues the
same jobs that events queue.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, islice

from django.urls import reverse

from maritime.ops import staff
from payments import ledger, queue
from payments.errors import (
    PaymentsNotConfigured,
    ProviderRefused,
    ProviderUnavailable,
    UnknownPayment,
)
from payments.findings import REFUND_KINDS, Finding, Kind
from payments.gateways import Gateway, Intent, ProviderDispute, ProviderRefund, gateway
from payments.models import Dispute, Payment, Refund
from payments.operations import owners
from payments.operations.audit_ledger import audit_ledger
from payments.operations.differences import Ours, Theirs, differences, unknown_payment

log = logging.getLogger(__name__)

PERIOD = timedelta(days=7)
BATCH = 200
SHOWN = 20
TASK = "reconcile"


def reconcile(*, since: datetime) -> list[Finding]:
    """Return every difference of what was made or changed since then.

    Without a provider only our own books are compared. Payments of another gateway than the one in
    use are not asked for. Never call it inside a transaction. Raises ProviderUnavailable.
    """
    try:
        provider = gateway()
    except PaymentsNotConfigured:
        return audit_ledger(since=since)
    return [*_with_provider(provider, since=since), *audit_ledger(since=since)]


def queue_fixes(findings: Iterable[Finding], *, now: datetime) -> int:
    """Queue a look at everything that differs; return how many jobs. Call it outside transactions.

    Differences inside our own books have no such job: they are faults that staff must look at.
    """
    wanted = {_job_of(finding) for finding in findings}
    jobs = sorted(job for job in wanted if job)
    for task, name, value in jobs:
        key = f"{TASK}:{task}:{value}:{now.timestamp():.0f}"
        queue.add(task, key=key, **{name: value})
    return len(jobs)


def reconcile_and_fix(*, now: datetime) -> int:
    """Compare the last seven days and queue the fixes; return the number of differences."""
    findings = reconcile(since=now - PERIOD)
    jobs = queue_fixes(findings, now=now)
    log.info("reconciled: differences=%s jobs=%s", len(findings), jobs)
    return len(findings)


def report_remaining(*, now: datetime) -> int:
    """Compare again after the fixes: keep one task for staff while anything differs.

    Returns the number of differences.
    """
    try:
        findings = reconcile(since=now - PERIOD)
    except ProviderUnavailable:
        _open_task("The books were not compared: the payment provider did not answer", detail="")
        raise
    if not findings:
        staff.close_task(TASK, by="system", note="nothing differs any more")
        return 0
    lines = [str(finding) for finding in findings[:SHOWN]]
    if len(findings) > SHOWN:
        lines.append(f"and {len(findings) - SHOWN} more: manage.py reconcile_payments")
    _open_task(f"Our books and the provider's differ in {len(findings)} places", "\n".join(lines))
    return len(findings)


def _open_task(title: str, detail: str) -> None:
    path = reverse("admin:payments_ledgerentry_changelist")
    staff.open_task(TASK, kind=TASK, title=title, detail=detail, path=path)


def _job_of(finding: Finding) -> tuple[str, str, int | str] | None:
    """Return task, name of its argument and argument of the job that looks at a difference."""
    if finding.kind in (Kind.DISPUTE_UNKNOWN, Kind.DISPUTE_STATE, Kind.DISPUTE_AMOUNT):
        return "payments.settle_dispute", "dispute_id", finding.provider_id
    payment_id = finding.payment_id
    if finding.kind == Kind.PAYMENT_UNKNOWN:
        payment_id = _linked(finding)
    if payment_id is None:
        return None
    if finding.kind in REFUND_KINDS or finding.kind == Kind.LEDGER_CASH:
        return "payments.settle_refunds", "payment_id", payment_id
    return "payments.verify_payment_status", "payment_id", payment_id


def _linked(finding: Finding) -> int | None:
    """Give the intent to its payment if the answer to its creation was lost; else None."""
    try:
        metadata = gateway().retrieve_intent(finding.provider_id).metadata
        about = {"id": finding.provider_id, "metadata": metadata}
        payment = owners.payment_of(about, is_intent=True)
    except (UnknownPayment, ProviderRefused):
        return None
    return payment.pk if payment else None


class _Lists:
    """What the provider lists of refunds and disputes since a moment, by their intents."""

    def __init__(self, provider: Gateway, *, since: datetime) -> None:
        self.refunds: dict[str, list[ProviderRefund]] = defaultdict(list)
        self.disputes: dict[str, list[ProviderDispute]] = defaultdict(list)
        for refund in provider.refunds_since(since):
            self.refunds[refund.intent_id].append(refund)
        for dispute in provider.disputes_since(since):
            self.disputes[dispute.intent_id].append(dispute)

    def whole(self, intent: Intent) -> Theirs:
        """Return what is told of an intent of the period: all else of it was made later."""
        return replace(self.part(intent.id), intent=intent, is_whole=True)

    def part(self, intent_id: str) -> Theirs:
        """Return what is told of an older intent."""
        refunds, disputes = self.refunds.get(intent_id, []), self.disputes.get(intent_id, [])
        return Theirs(refunds=refunds, disputes=disputes)

    def ids(self) -> set[str]:
        """Return the ids of all that is listed."""
        refunds = {refund.id for several in self.refunds.values() for refund in several}
        disputes = {dispute.id for several in self.disputes.values() for dispute in several}
        return refunds | disputes


def _with_provider(provider: Gateway, *, since: datetime) -> Iterator[Finding]:
    lists = _Lists(provider, since=since)
    listed = lists.ids()
    suspects: set[int] = set()
    strangers: list[Intent] = []
    for intents in _batches(provider.intents_since(since)):
        listed |= {intent.id for intent in intents}
        theirs = {intent.id: lists.whole(intent) for intent in intents}
        ours = _ours(theirs)
        suspects |= _differing(ours, theirs)
        strangers += [
            intent
            for intent in intents
            if intent.id not in ours and owners.is_ours(intent.metadata)
        ]
    older = {*lists.refunds, *lists.disputes} - listed
    parts = {intent_id: lists.part(intent_id) for intent_id in older}
    suspects |= _differing(_ours(parts), parts) | _unlisted(provider, listed, since=since)
    yield from _of_strangers(strangers)
    for payment_id in sorted(suspects):
        yield from _look_again(payment_id, provider, lists)


def _batches(intents: Iterator[Intent]) -> Iterator[list[Intent]]:
    while batch := list(islice(intents, BATCH)):
        yield batch


def _ours(intent_ids: Iterable[str]) -> dict[str, Ours]:
    """Return our side of the intents that are here, by intent."""
    payments = Payment.objects.filter(intent_id__in=intent_ids).select_related("booking")
    rows = list(payments.prefetch_related("refunds", "disputes"))
    cash = ledger.cash_of_each(rows)
    return {
        payment.intent_id or "": Ours(
            payment=payment,
            refunds=list(payment.refunds.all()),
            disputes=list(payment.disputes.all()),
            cash=cash.get(payment.pk, 0),
        )
        for payment in rows
    }


def _differing(ours: Mapping[str, Ours], theirs: Mapping[str, Theirs]) -> set[int]:
    return {
        each.payment.pk for intent_id, each in ours.items() if differences(each, theirs[intent_id])
    }


def _unlisted(provider: Gateway, listed: set[str], *, since: datetime) -> set[int]:
    """Return the payments of which a row was made since then that the provider did not list."""
    payments = Payment.objects.filter(gateway=provider.code, created_at__gte=since)
    refunds = Refund.objects.filter(payment__gateway=provider.code, created_at__gte=since)
    disputes = Dispute.objects.filter(payment__gateway=provider.code, opened_at__gte=since)
    rows = chain(
        payments.values_list("pk", "intent_id"),
        refunds.values_list("payment", "refund_id"),
        disputes.values_list("payment", "dispute_id"),
    )
    return {payment_id for payment_id, name in rows if name and name not in listed}


def _of_strangers(intents: Sequence[Intent]) -> Iterator[Finding]:
    """Report intents of ours that are still not here: a slow answer may just have been stored."""
    here = _ours([intent.id for intent in intents])
    yield from (unknown_payment(intent) for intent in intents if intent.id not in here)


def _look_again(payment_id: int, provider: Gateway, lists: _Lists) -> list[Finding]:
    """Ask for everything about one payment, and only then read our rows."""
    payment = Payment.objects.prefetch_related("disputes").get(pk=payment_id)
    intent_id = payment.intent_id or ""
    known = {dispute.dispute_id for dispute in payment.disputes.all()}
    told = {dispute.id for dispute in lists.part(intent_id).disputes}
    try:
        intent = provider.retrieve_intent(intent_id)
    except ProviderRefused as error:
        if not error.is_missing:
            raise
        theirs = Theirs(is_whole=True)
    else:
        refunds = provider.list_refunds(intent_id)
        disputes = [_dispute(provider, name) for name in sorted(known | told)]
        theirs = Theirs(
            intent=intent,
            refunds=refunds,
            disputes=[dispute for dispute in disputes if dispute],
            is_whole=True,
        )
    ours = _ours([intent_id])
    return differences(ours[intent_id], theirs) if intent_id in ours else []


def _dispute(provider: Gateway, dispute_id: str) -> ProviderDispute | None:
    try:
        return provider.retrieve_dispute(dispute_id)
    except ProviderRefused as error:
        if not error.is_missing:
            raise
        return None
