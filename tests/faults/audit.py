"""What was lost, doubled or left: the platform's tables against the provider's and the mail server's."""

from collections import Counter

from payments.tests.provider.books import LIVE_REFUNDS
from tests.faults.platform import Platform
from tests.faults.traffic import Told

OPEN_WORK = """
    SELECT (SELECT count(*) FROM ops_job WHERE state IN ('pending', 'running'))
        + (SELECT count(*) FROM payments_webhookevent WHERE state IN ('received', 'failed'))
        + (SELECT count(*) FROM notifications_message WHERE state IN ('queued', 'sending'))
        + (SELECT count(*) FROM payments_refund
           WHERE state NOT IN ('succeeded', 'failed', 'canceled'))
"""
STATES = "SELECT reference, state FROM bookings_booking"
NAIVE = """
    SELECT count(*) FILTER (WHERE step = 'held') - count(*) FILTER (WHERE step = 'done')
    FROM fault_effect WHERE name = 'naive booking'
"""
MAILS = """
    SELECT booking.reference, message.kind, message.state, message.public_id
    FROM notifications_message message JOIN bookings_booking booking ON booking.id = booking_id
"""


def open_work(platform: Platform) -> int:
    """Return how many jobs, events, mails and refunds still wait for somebody."""
    return platform.number(OPEN_WORK)


def lost_bookings(platform: Platform, told: list[Told]) -> list[str]:
    """Return the bookings that somebody was told of and that are not there as he was told."""
    states = dict(platform.rows(STATES))
    return [
        f"{each.reference} is {states.get(each.reference)}"
        for each in told
        if states.get(each.reference) != ("cancelled" if each.is_cancelled else "confirmed")
    ]


def wrong_charges(platform: Platform, told: list[Told]) -> list[str]:
    """Return the bookings for which the provider keeps another sum than what they cost."""
    books = platform.provider.books
    kept: Counter[str] = Counter()
    for intent in books.intents.values():
        back = [each["amount"] for each in books.refunds_of(intent["id"])
                if each["status"] in LIVE_REFUNDS]  # fmt: skip
        kept[intent["metadata"]["booking"]] += intent["amount_received"] - sum(back)
    totals = dict(platform.rows("SELECT reference, total FROM bookings_booking"))
    return [
        f"{each.reference} costs {totals.get(each.reference)}, {kept[each.reference]} were kept"
        for each in told
        if kept[each.reference] != totals.get(each.reference)
    ]


def lost_mails(platform: Platform, told: list[Told]) -> list[str]:
    """Return the mails that should have arrived and have not."""
    rows = platform.rows(MAILS)
    copies = platform.post.copies
    arrived = {(reference, kind) for reference, kind, state, name in rows
               if state == "sent" and copies[message_id(name)]}  # fmt: skip
    wanted = {(each.reference, kind) for each in told for kind in kinds_for(each)}
    never = [f"{reference}: no {kind}" for reference, kind in sorted(wanted - arrived)]
    return never + [
        f"{reference}: {kind} is {state}"
        for reference, kind, state, name in rows
        if state not in {"sent", "withdrawn"} or (state == "sent" and not copies[message_id(name)])
    ]


def kinds_for(told: Told) -> set[str]:
    """Return the mails that a traveller needs: without one he waits at the ship or for his money.

    Who cancels at once may not need his tickets any more: those are withdrawn if they were late.
    """
    return {"cancellation"} if told.is_cancelled else {"booking_confirmation", "payment_success"}


def double_mails(platform: Platform) -> int:
    """Return how many mails arrived more often than once."""
    names = {message_id(name) for *_, name in platform.rows(MAILS)}
    return sum(platform.post.copies[name] - 1 for name in names if platform.post.copies[name])


def dead_letters(platform: Platform) -> list[str]:
    """Return the jobs that were given up."""
    rows = platform.rows("SELECT task, last_error FROM ops_job WHERE state = 'dead'")
    return [f"{task}: {error}" for task, error in rows]


def naive_lost(platform: Platform) -> int:
    """Return how many of the controls' bookings never had their task done."""
    return platform.number(NAIVE)


def message_id(public_id: object) -> str:
    """Return the Message-ID of a mail."""
    return f"<{public_id}@maritime.example>"
