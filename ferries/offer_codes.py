"""The only writer of `OfferUse`: who uses an offer code, within its quota and limit.

A use is active while it is not released and its time is not over; an expired one counts no more,
without any worker. Whether a code fits a journey at all is `ferries.discounts`.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.utils.crypto import salted_hmac

from ferries import discounts
from ferries.errors import NotBookable
from ferries.models import Discount, OfferUse

HELD = Q(released_at=None)


def redeem(
    discount_id: int,
    *,
    holder: UUID,
    email: str,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Count one use of the offer for the holder until `expires_at` (None: for good).

    Needs the caller's transaction. It locks the discount's row until the end of it, so all users
    of one code queue here: call it before the pools are taken, several discounts in the order of
    their ids. Redeeming twice is one use. Raises NotBookable: offer_code_unknown (deleted since),
    offer_code_used_before, offer_code_used_up; nothing is written then.
    """
    # NO KEY: inserting a use takes a key-share lock on the same row, which this one allows.
    offer = Discount.objects.select_for_update(no_key=True).filter(pk=discount_id).first()
    if offer is None:
        raise NotBookable([discounts.withdrawn().as_dict()])
    customer = customer_digest(email)
    uses = OfferUse.objects.filter(HELD, discount=offer).filter(
        Q(expires_at=None) | Q(expires_at__gt=now)
    )
    counted = uses.aggregate(
        mine=Count("pk", filter=Q(holder=holder)),
        all=Count("pk"),
        customers=Count("pk", filter=Q(customer=customer)),
    )
    if counted["mine"]:
        return
    if offer.per_customer is not None and counted["customers"] >= offer.per_customer:
        against = discounts.used_before(offer.code, per_customer=offer.per_customer)
        raise NotBookable([against.as_dict()])
    if offer.quota is not None and counted["all"] >= offer.quota:
        raise NotBookable([discounts.used_up(offer.code, quota=offer.quota).as_dict()])
    OfferUse.objects.update_or_create(
        discount=offer,
        holder=holder,
        defaults={"customer": customer, "expires_at": expires_at, "released_at": None},
    )


def confirm(holder: UUID) -> None:
    """Keep the holder's uses for good; its booking is paid.

    Also when their time was over: the price was promised and paid, so a payment that came late
    may take a use beyond the quota. What was released stays released.
    """
    OfferUse.objects.filter(HELD, holder=holder).update(expires_at=None)


def extend(holder: UUID, *, expires_at: datetime) -> None:
    """Let the holder's uses end at another moment; confirmed ones stay for good."""
    OfferUse.objects.filter(HELD, holder=holder).exclude(expires_at=None).update(
        expires_at=expires_at
    )


def release(holder: UUID, *, now: datetime) -> None:
    """Give the holder's uses back, once: the booking was cancelled.

    A hold that expires needs no release, and must have none where a late payment may still
    confirm it.
    """
    OfferUse.objects.filter(HELD, holder=holder).update(released_at=now)


def customer_digest(email: str) -> str:
    """Return the name under which an e-mail address is counted: a digest keyed by SECRET_KEY.

    The address cannot be read back from it; case and surrounding blanks make no difference. With
    a new SECRET_KEY the limits per customer start again.
    """
    folded = email.strip().casefold()
    return salted_hmac("ferries.offer_codes", folded, algorithm="sha256").hexdigest()
