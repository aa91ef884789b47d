"""Amend a confirmed booking: what it costs, the change itself, and the one that waits for payment.

The new space is claimed before the old is given back. While money is outstanding only what the new
space takes beyond the old is held, under the amendment's own holder; the booking stays as it is.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q

from bookings import queries, signals, states
from bookings.errors import AmendmentOutdated, AmendmentOutstanding, WrongState
from bookings.labels import told_label
from bookings.models import Amendment, Booking
from bookings.operations import amend_apply
from bookings.operations.amend_draft import Draft, draft_amendment
from bookings.operations.amend_price import holds_until
from bookings.operations.amend_request import (
    AmendmentQuote,
    AmendRequest,
    BookedLine,
    request_from_json,
    without_list,
)
from bookings.operations.check import space_lost
from ferries import inventory
from ferries.errors import CapacityTaken, NotBookable

QUOTE_LIFE = timedelta(minutes=10)
SALT = "amendment-quote"
TRIES = 3
BATCH = 200
State = Amendment.State


def quote_amendment(booking: Booking, request: AmendRequest, *, now: datetime) -> AmendmentQuote:
    """Say what the change costs now and whether its space is there; writes and holds nothing.

    The quote holds for 10 minutes, or until the conditions say something else. Raises WrongState,
    NotAmendable, AmendmentOutstanding, NotBookable (each refusal with the number of its leg),
    InvalidParty, InvalidJourney, UnknownOffer.
    """
    if queries.outstanding_amendment(booking, now=now):
        raise AmendmentOutstanding
    draft = draft_amendment(booking, request, now=now)
    return _quote(draft, version=booking.version, now=now)


def commit_amendment(
    booking_id: int, *, token: str, due: int, refund: int, actor: str, now: datetime
) -> Amendment:
    """Make the change of a quote; `due` and `refund` are the sums (minor units) agreed to.

    One transaction, which locks the booking, and last the pools in one count. With nothing due the
    amendment is `applied`, tickets are new and booking_amended is sent. Else it is
    `awaiting_payment` for HOLD_MINUTES, with the space it needs beyond its own. The same token
    again returns the amendment that it made, while that stands. Raises AmendmentOutdated with a
    fresh quote if anything is another, with nothing done; what quote_amendment raises; NotBookable
    when the space has just gone.
    """
    promised = _read(token)
    request = request_from_json(promised["request"])
    for _ in range(TRIES):
        pools: list[int] = []
        try:
            with transaction.atomic():
                booking = queries.booking_for_update(booking_id)
                earlier = _made_by(booking, token, now)
                if earlier:
                    return earlier
                # Ending a late change counts the version up; the quote could not know of it.
                version = booking.version
                _require_none_outstanding(booking, now)
                draft = draft_amendment(booking, request, now=now)
                quote = _quote(draft, version=version, now=now)
                agreed = (due, refund) == (quote.due, quote.refund)
                if not agreed or not _still_true(promised, draft, version=version, now=now):
                    raise AmendmentOutdated(quote.as_dict())
                pools = [need.pool_id for need in draft.excess]
                return _hold_or_apply(draft, token=token, actor=actor, now=now)
        except CapacityTaken:
            inventory.reap(sorted(set(pools)), now=now)
    raise NotBookable([{"code": CapacityTaken.code, "message": CapacityTaken().message}])


def begin_amendment_payment(booking_id: int, *, now: datetime) -> Booking:
    """Give the outstanding amendment HOLD_MINUTES from now to be paid, at most twice that in all.

    Locks the booking, then the claims. Raises WrongState when no amendment waits for payment,
    NotBookable when the booking or the ship are others since.
    """
    with transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        amendment = queries.outstanding_amendment(booking, now=now)
        if amendment is None:
            raise WrongState(state=booking.state_at(now))
        if not amend_apply.is_current(booking, amendment, now=now):
            raise NotBookable([space_lost().as_dict()])
        hold = timedelta(minutes=settings.HOLD_MINUTES)
        until = min(now + hold, amendment.created_at + 2 * hold)
        if amendment.expires_at is None or until > amendment.expires_at:
            amendment.expires_at = until
            amendment.save(update_fields=["expires_at"])
            inventory.extend(amendment.holder, expires_at=until)
        return booking


def take_payment(booking: Booking, *, amount: int, now: datetime) -> str:
    """Take a captured payment (minor units) for a change of a locked, confirmed booking.

    Inside the caller's transaction, which marks the payment too. Returns "paid" (the change is
    made), "no_space" (it ended, or the booking or the ship are others by now) or "already" (no
    change ever asked for this money). After the last two the money goes back.
    """
    amendment = queries.outstanding_amendment(booking, now=now)
    if amendment is None or _due(amendment) != amount:
        return "no_space" if _asked_for(booking, amount) else "already"
    try:
        with transaction.atomic():
            if not amend_apply.is_current(booking, amendment, now=now):
                raise CapacityTaken
            booking.paid += amount
            amend_apply.apply(booking, amendment, now=now)
    except CapacityTaken:
        booking.refresh_from_db()
        amendment.refresh_from_db()
        _end(booking, amendment, State.EXPIRED, actor="system", now=now)
        return "no_space"
    return "paid"


def withdraw_amendment(booking_id: int, *, actor: str, now: datetime) -> bool:
    """Take the outstanding change back, give its space back; return whether there was one.

    Locks the booking, then the claims. Sends amendment_ended.
    """
    with transaction.atomic():
        booking = queries.booking_for_update(booking_id)
        return withdraw_outstanding(booking, now=now, actor=actor)


def withdraw_outstanding(booking: Booking, *, now: datetime, actor: str = "system") -> bool:
    """Do as `withdraw_amendment` for a locked booking, inside the caller's transaction."""
    amendment = booking.amendments.filter(state=State.AWAITING_PAYMENT).first()
    if amendment is None:
        return False
    _end(booking, amendment, State.WITHDRAWN, actor=actor, now=now)
    return True


def expire_amendments(*, now: datetime) -> int:
    """Move amendments that were not paid in time to expired and release their space.

    One transaction for each, which skips locked bookings. The space is free since the moment the
    time was over; nothing waits for this sweep. Sends amendment_ended.
    """
    overdue = Amendment.objects.filter(state=State.AWAITING_PAYMENT, expires_at__lte=now)
    ids = overdue.order_by("expires_at", "pk").values_list("pk", "booking_id")[:BATCH]
    return sum(_expire(amendment_id, booking_id, now) for amendment_id, booking_id in list(ids))


def _expire(amendment_id: int, booking_id: int, now: datetime) -> int:
    with transaction.atomic():
        booking = Booking.objects.select_for_update(skip_locked=True).filter(pk=booking_id).first()
        overdue = Amendment.objects.filter(
            pk=amendment_id, state=State.AWAITING_PAYMENT, expires_at__lte=now
        ).first()
        if booking is None or overdue is None:
            return 0
        _end(booking, overdue, State.EXPIRED, actor="system", now=now)
    return 1


def _quote(draft: Draft, *, version: int, now: datetime) -> AmendmentQuote:
    booking = draft.booked.booking
    numbers = {each.standing.number for each in draft.changed} | set(draft.corrected)
    next_change = holds_until(draft.booked, numbers, now=now)
    expires_at = min(now + QUOTE_LIFE, next_change or now + QUOTE_LIFE)
    token = signing.dumps(
        {
            **_promise(draft, version),
            "expires": expires_at.timestamp(),
            "request": draft.request.as_json(),
        },
        salt=SALT,
        compress=True,
    )
    return AmendmentQuote(
        token=token,
        before=_told(draft.before),
        after=_told(draft.after),
        difference=draft.difference,
        fee=draft.fee,
        due=draft.due,
        refund=draft.refund,
        currency=booking.currency,
        sentences=draft.sentences(),
        expires_at=expires_at,
    )


def _told(lines: Iterable[BookedLine]) -> tuple[BookedLine, ...]:
    """Return the lines with their labels in the reader's language."""
    return tuple(replace(line, label=told_label(line.label)) for line in lines)


def _promise(draft: Draft, version: int) -> dict[str, Any]:
    booking = draft.booked.booking
    return {
        "reference": booking.reference,
        "version": version,
        "sums": [draft.difference, draft.fee, draft.due, draft.refund],
        "after": draft.digest,
    }


def _read(token: str) -> dict[str, Any]:
    try:
        promised: dict[str, Any] = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise AmendmentOutdated(None) from error
    return promised


def _still_true(promised: dict[str, Any], draft: Draft, *, version: int, now: datetime) -> bool:
    if now >= datetime.fromtimestamp(promised["expires"], UTC):
        return False
    found = _promise(draft, version)
    return all(promised[name] == value for name, value in found.items())


def _require_none_outstanding(booking: Booking, now: datetime) -> None:
    """End an amendment whose time is over; raise AmendmentOutstanding for one that still waits."""
    for amendment in booking.amendments.filter(state=State.AWAITING_PAYMENT):
        if amendment.expires_at is None or amendment.expires_at > now:
            raise AmendmentOutstanding
        _end(booking, amendment, State.EXPIRED, actor="system", now=now)


def _made_by(booking: Booking, token: str, now: datetime) -> Amendment | None:
    """Return what the token has made already: applied, or still waiting for its payment."""
    stands = Q(state=State.APPLIED) | Q(state=State.AWAITING_PAYMENT, expires_at__gt=now)
    return booking.amendments.filter(stands, change__token=_digest(token)).first()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hold_or_apply(draft: Draft, *, token: str, actor: str, now: datetime) -> Amendment:
    booking = draft.booked.booking
    amendment = Amendment(
        booking=booking,
        state=State.AWAITING_PAYMENT,
        change={**draft.as_json(), "token": _digest(token)},
        difference=draft.difference,
        fee=draft.fee,
        actor=actor,
    )
    if not draft.due:
        amend_apply.apply(booking, amendment, now=now)
        return amendment
    expires_at = now + timedelta(minutes=settings.HOLD_MINUTES)
    amendment.expires_at = expires_at
    amendment.save()
    states.note(booking, name="amendment_requested", actor=actor, now=now)
    excess = draft.excess
    if excess:
        inventory.take(excess, holder=amendment.holder, expires_at=expires_at, now=now)
    return amendment


def _end(booking: Booking, amendment: Amendment, to: State, *, actor: str, now: datetime) -> None:
    amendment.state, amendment.change = to, without_list(amendment.change)
    amendment.save(update_fields=["state", "change"])
    states.note(booking, name=f"amendment_{to}", actor=actor, now=now)
    signals.amendment_ended.send(sender=Booking, booking=booking)
    inventory.release(amendment.holder, now=now)


def _due(amendment: Amendment) -> int:
    return queries.due_of(amendment)


def _asked_for(booking: Booking, amount: int) -> bool:
    ended: Iterable[Amendment] = booking.amendments.exclude(state=State.APPLIED)
    return any(_due(amendment) == amount for amendment in ended)
