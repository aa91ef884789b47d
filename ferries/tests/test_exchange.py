from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from ferries import exchange, inventory
from ferries.errors import CapacityTaken
from ferries.inventory import Need
from ferries.models import CapacityClaim, CapacityPool
from ferries.tests import makers
from maritime.lib import clock

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return clock.now()


def pool(sailing, resource="persons"):
    return CapacityPool.objects.get(sailing=sailing, resource=resource, sector=0)


def used(sailing, resource="persons"):
    return pool(sailing, resource).used


def taken(sailing, amount, *, now, holder=None, firm=True, resource="persons"):
    """Return a holder with claims of one item each."""
    holder = holder or uuid4()
    needs = [Need(pool(sailing, resource).pk, f"p{number}", 1) for number in range(amount)]
    inventory.take(needs, holder=holder, expires_at=now + HOUR, now=now)
    if firm:
        inventory.confirm(holder, now=now)
    return holder


def claims(holder, sailing):
    return exchange.claims_of(holder, sailing_id=sailing.pk, sectors=range(1))


def swap(holder, *, give_up, needs, now):
    with transaction.atomic():
        exchange.exchange(holder, give_up=[one.pk for one in give_up], needs=needs, now=now)


def test_new_claims_take_the_place_of_old_ones(now):
    old, new = makers.sailing(), makers.sailing()
    holder = taken(old, 2, now=now)

    swap(
        holder,
        give_up=claims(holder, old),
        needs=[Need(pool(new).pk, "p0", 1), Need(pool(new).pk, "p1", 1)],
        now=now,
    )

    assert (used(old), used(new)) == (0, 2)
    states = CapacityClaim.objects.filter(holder=holder).order_by("pk")
    assert [(one.state, one.item) for one in states] == [
        ("released", "p0"),
        ("released", "p1"),
        ("confirmed", "p0"),
        ("confirmed", "p1"),
    ]


def test_a_full_pool_exchanges_its_own_places(now):
    sailing = makers.sailing(persons=2)
    holder = taken(sailing, 2, now=now)

    needs = [Need(pool(sailing).pk, "p1", 1), Need(pool(sailing).pk, "p2", 1)]
    swap(holder, give_up=claims(holder, sailing), needs=needs, now=now)

    assert used(sailing) == 2
    assert [one.item for one in claims(holder, sailing)] == ["p1", "p2"]


def test_what_does_not_fit_changes_nothing(now):
    old, full = makers.sailing(), makers.sailing(persons=1)
    holder = taken(old, 1, now=now)
    taken(full, 1, now=now)

    with pytest.raises(CapacityTaken):
        swap(holder, give_up=claims(holder, old), needs=[Need(pool(full).pk, "p0", 1)], now=now)

    assert (used(old), used(full)) == (1, 1)
    assert [one.state for one in claims(holder, old)] == ["confirmed"]


def test_what_was_held_beside_is_part_of_the_count(now):
    sailing = makers.sailing(persons=3)
    holder, beside = taken(sailing, 2, now=now), taken(sailing, 1, now=now, firm=False)

    needs = [Need(pool(sailing).pk, f"p{number}", 1) for number in range(3)]
    given = [*claims(holder, sailing), *claims(beside, sailing)]
    swap(holder, give_up=given, needs=needs, now=now)

    assert used(sailing) == 3
    assert len(claims(holder, sailing)) == 3


def test_what_was_released_meanwhile_gives_nothing_back(now):
    sailing = makers.sailing(persons=1)
    holder = taken(sailing, 1, now=now)
    stale = claims(holder, sailing)
    inventory.release(holder, now=now)
    taken(sailing, 1, now=now)

    with pytest.raises(CapacityTaken):
        swap(holder, give_up=stale, needs=[Need(pool(sailing).pk, "p0", 1)], now=now)

    assert used(sailing) == 1


def test_a_displaced_claim_ends_and_gives_nothing_back(now):
    old, new = makers.sailing(), makers.sailing()
    holder = taken(old, 1, now=now)
    CapacityClaim.objects.update(state="displaced")
    CapacityPool.objects.update(used=0)

    swap(holder, give_up=claims(holder, old), needs=[Need(pool(new).pk, "p0", 1)], now=now)

    assert (used(old), used(new)) == (0, 1)
    assert [one.state for one in CapacityClaim.objects.order_by("pk")] == ["released", "confirmed"]


def test_only_the_excess_is_named(now):
    needs = [Need(1, "p0", 1), Need(1, "p1", 1), Need(2, "v0", 580), Need(3, "a0", 1)]

    found = exchange.excess(needs, Counter({1: 1, 2: 530}))

    assert found == [Need(1, "p1", 1), Need(2, "v0", 50), Need(3, "a0", 1)]
