"""Quotas and limits of offer codes, also when many customers come at once."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from ferries import offer_codes
from ferries.errors import NotBookable
from ferries.models import Discount, OfferUse
from ferries.tests import makers

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 1, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
ANNA = "anna@example.org"


def offer(*, quota=None, per_customer=None, code="SPRING"):
    return Discount.objects.create(
        operator=makers.operator(), kind="offer", code=code, label="Spring offer",
        percent_bp=1000, quota=quota, per_customer=per_customer,
    )  # fmt: skip


def redeem(discount, *, email=ANNA, holder=None, expires_at=LATER, now=NOW):
    holder = holder or uuid.uuid4()
    with transaction.atomic():
        offer_codes.redeem(discount.pk, holder=holder, email=email, expires_at=expires_at, now=now)
    return holder


def refused(discount, **values):
    with pytest.raises(NotBookable) as caught:
        redeem(discount, **values)
    return caught.value.details["refusals"]


def test_a_use_is_written_with_its_end_and_without_the_address():
    discount = offer(quota=1, per_customer=1)

    holder = redeem(discount)

    use = OfferUse.objects.get()
    assert (use.discount, use.holder, use.expires_at, use.released_at) == (
        discount, holder, LATER, None,
    )  # fmt: skip
    assert use.customer == offer_codes.customer_digest("  Anna@Example.ORG ")
    assert len(use.customer) == 64
    assert "anna" not in use.customer


def test_the_digest_needs_the_key_of_the_installation(settings):
    before = offer_codes.customer_digest(ANNA)

    settings.SECRET_KEY = "another-key"

    assert offer_codes.customer_digest(ANNA) != before


def test_without_quota_and_limit_everybody_may_use_it():
    discount = offer()

    for _ in range(3):
        redeem(discount)

    assert OfferUse.objects.count() == 3


def test_the_quota_counts_all_customers():
    discount = offer(quota=2)
    redeem(discount)
    redeem(discount, email="bert@example.org", expires_at=None)

    against = refused(discount, email="carl@example.org")

    assert against == [
        {
            "code": "offer_code_used_up",
            "message": "The offer SPRING was for the first 2 bookings, which are taken.",
            "offer_code": "SPRING",
            "quota": 2,
        }
    ]
    assert OfferUse.objects.count() == 2


def test_the_limit_counts_one_address_however_it_is_written():
    discount = offer(per_customer=1)
    redeem(discount)

    against = refused(discount, email="ANNA@example.org")

    assert [(each["code"], each["per_customer"]) for each in against] == [
        ("offer_code_used_before", 1)
    ]
    redeem(discount, email="bert@example.org")
    assert OfferUse.objects.count() == 2


def test_each_offer_has_its_own_quota():
    redeem(offer(quota=1))

    redeem(offer(quota=1, code="SUMMER"))

    assert OfferUse.objects.count() == 2


def test_a_quota_of_none_at_all_refuses_the_first():
    assert refused(offer(quota=0))[0]["code"] == "offer_code_used_up"


def test_an_expired_use_counts_no_more_without_a_worker():
    discount = offer(quota=1, per_customer=1)
    redeem(discount)

    assert refused(discount, now=LATER - timedelta(microseconds=1))
    redeem(discount, now=LATER, expires_at=LATER + timedelta(minutes=15))

    assert OfferUse.objects.count() == 2


def test_redeeming_twice_is_one_use():
    discount = offer(quota=1, per_customer=1)
    holder = redeem(discount)
    offer_codes.confirm(holder)

    redeem(discount, holder=holder)

    assert OfferUse.objects.get().expires_at is None


def test_a_holder_may_come_back_when_there_is_still_a_use_left():
    discount = offer(quota=1)
    holder = redeem(discount)
    offer_codes.release(holder, now=NOW)

    redeem(discount, holder=holder, expires_at=LATER)

    use = OfferUse.objects.get()
    assert (use.expires_at, use.released_at) == (LATER, None)


def test_a_holder_whose_use_expired_and_was_taken_by_another_is_refused():
    discount = offer(quota=1)
    holder = redeem(discount)
    redeem(discount, email="bert@example.org", now=LATER, expires_at=None)

    assert refused(discount, holder=holder, now=LATER)[0]["code"] == "offer_code_used_up"


def test_a_confirmed_use_stays_for_good():
    discount = offer(quota=1)
    holder = redeem(discount)

    offer_codes.confirm(holder)

    assert refused(discount, now=NOW + timedelta(days=999), expires_at=None)


def test_confirms_a_use_whose_time_is_over_but_not_one_that_was_released():
    discount = offer()
    late, gone = redeem(discount), redeem(discount)
    offer_codes.release(gone, now=NOW)

    offer_codes.confirm(late)
    offer_codes.confirm(gone)

    assert OfferUse.objects.get(holder=late).expires_at is None
    assert OfferUse.objects.get(holder=gone).released_at == NOW


def test_extends_held_uses_only():
    discount = offer()
    held, kept, gone = redeem(discount), redeem(discount), redeem(discount)
    offer_codes.confirm(kept)
    offer_codes.release(gone, now=NOW)
    end = LATER + timedelta(hours=1)

    for holder in (held, kept, gone):
        offer_codes.extend(holder, expires_at=end)

    ends = [OfferUse.objects.get(holder=holder).expires_at for holder in (held, kept, gone)]
    assert ends == [end, None, LATER]


def test_releases_once_and_gives_the_use_back():
    discount = offer(quota=1)
    holder = redeem(discount, expires_at=None)

    offer_codes.release(holder, now=NOW)
    offer_codes.release(holder, now=LATER)

    assert OfferUse.objects.get().released_at == NOW
    redeem(discount)


def test_an_offer_that_was_deleted_meanwhile_is_unknown():
    discount = offer()
    Discount.objects.all().delete()

    assert refused(discount) == [
        {
            "code": "offer_code_unknown",
            "message": "This offer has been withdrawn. Please book without the code.",
        }
    ]


CLIENTS = 12


def run_clients(job):
    """Run the job once for each client, all at once, and return what each raised."""
    barrier = threading.Barrier(CLIENTS, timeout=30)

    def client(number):
        # Beside the pool of the process, which has fewer connections than there are clients.
        options = {k: v for k, v in connection.settings_dict["OPTIONS"].items() if k != "pool"}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
        try:
            connection.ensure_connection()
            barrier.wait()
            job(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        futures = [pool.submit(client, number) for number in range(CLIENTS)]
    return [future.exception() for future in futures]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("limits", "emails", "code"),
    [
        ({"quota": 3}, "client{}@example.org", "offer_code_used_up"),
        ({"per_customer": 3}, ANNA, "offer_code_used_before"),
    ],
)
def test_of_twelve_at_once_exactly_three_get_the_offer(limits, emails, code):
    discount = offer(**limits)

    outcomes = run_clients(lambda number: redeem(discount, email=emails.format(number)))

    errors = [error for error in outcomes if error]
    assert OfferUse.objects.count() == 3
    assert [error.details["refusals"][0]["code"] for error in errors] == [code] * 9


@pytest.mark.django_db(transaction=True)
def test_one_holder_that_asks_twelve_times_at_once_has_one_use():
    discount, holder = offer(quota=3), uuid.uuid4()

    outcomes = run_clients(lambda _: redeem(discount, holder=holder))

    assert outcomes == [None] * CLIENTS
    assert OfferUse.objects.count() == 1
