"""What becomes of the shares of groups when another ship takes over."""

from datetime import timedelta

import pytest

from ferries.models import PERSONS, CustomerGroup
from ferries.operations.allot import allot
from ferries.operations.audit_capacity import audit_capacity
from ferries.party import Party
from ferries.tests import makers
from ferries.tests.harbour import live, ship, states

pytestmark = pytest.mark.django_db


def share(run, amount, now, code="residents"):
    group, _ = CustomerGroup.objects.get_or_create(
        operator=run.operator, code=code, defaults={"name": code.title()}
    )
    return allot(
        run, group=group, resource=PERSONS, amount=amount, release_at=now + timedelta(days=1),
        now=now,
    )  # fmt: skip


def test_allotments_stay_where_the_new_ship_has_the_space(harbour, now):
    run = makers.sailing(persons=10)
    share(run, 4, now)
    member = harbour.hold(run, Party(adults=2, group="residents"), confirmed=True)
    harbour.hold(run, Party(adults=3))

    plan = harbour.swap(run, ship(persons=8))

    assert plan.shrunk == ()
    assert live(run)[1:] == [(0, PERSONS, False, 4, 3), (0, PERSONS, True, 4, 2)]
    assert {state for *_, state in states(member)} == {"confirmed"}


def test_an_allotment_shrinks_before_anybody_who_is_booked_is_left_out(harbour, now):
    run = makers.sailing(persons=20)
    older, newer = share(run, 5, now), share(run, 5, now, code="agents")
    harbour.hold(run, Party(adults=2, group="agents"))
    harbour.hold(run, Party(adults=6))

    plan = harbour.swap(run, ship(persons=11))

    assert [(each.share.pk, each.share.amount, each.amount) for each in plan.shrunk] == [
        (newer.pk, 5, 2),
        (older.pk, 5, 3),
    ]
    assert live(run)[1:] == [
        (0, PERSONS, False, 6, 6),
        (0, PERSONS, True, 3, 0),
        (0, PERSONS, True, 2, 2),
    ]
    newer.refresh_from_db()
    assert newer.amount == 2
    assert audit_capacity() == []


def test_a_share_of_something_that_the_ship_lacks_is_nothing_any_more(harbour, now):
    run = makers.sailing(persons=20)
    group = CustomerGroup.objects.create(operator=run.operator, code="agents", name="Agents")
    kept = allot(
        run, group=group, resource="deck:low", amount=500, release_at=now + timedelta(days=1),
        now=now,
    )  # fmt: skip

    plan = harbour.swap(run, ship(persons=20, lane_cm=0))

    assert [(each.share.group, each.amount) for each in plan.shrunk] == [("Agents", 0)]
    kept.refresh_from_db()
    assert kept.amount == 0
    assert audit_capacity() == []
