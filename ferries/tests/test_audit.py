"""The nightly comparison of pools with claims, certificates and allotments."""

import logging
import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from ferries import inventory
from ferries.models import PERSONS, Allotment, CapacityClaim, CapacityPool, CustomerGroup
from ferries.operations.allot import allot
from ferries.operations.audit_capacity import audit_capacity
from ferries.party import Party
from ferries.tasks import audit_capacity_nightly
from ferries.tests import makers
from maritime.lib import clock

pytestmark = pytest.mark.django_db


def hold(run, party):
    now = clock.now()
    with transaction.atomic():
        needs = inventory.plan(makers.leg(run), party, now=now)
        expires_at = now + timedelta(minutes=15)
        inventory.take(needs, holder=uuid.uuid4(), expires_at=expires_at, now=now)


def share(run, amount=5):
    group = CustomerGroup.objects.create(operator=run.operator, code="agents", name="Agents")
    now = clock.now()
    return allot(
        run, group=group, resource=PERSONS, amount=amount, release_at=run.departs_at, now=now
    )


def found():
    return [(each.code, each.expected, each.found) for each in audit_capacity()]


def test_finds_nothing_wrong_after_ordinary_sales(capsys):
    run = makers.sailing(persons=10)
    share(run)
    hold(run, Party(adults=3))
    hold(run, Party(adults=2, group="agents"))

    call_command("audit_capacity")

    assert audit_capacity() == []
    assert capsys.readouterr().out == "All pools agree with their claims.\n"


def test_finds_a_pool_that_counts_other_than_its_claims(capsys):
    run = makers.sailing(persons=10)
    hold(run, Party(adults=3))
    pool = run.pools.get(resource=PERSONS)
    CapacityPool.objects.filter(pk=pool.pk).update(used=4)

    with pytest.raises(CommandError, match="1 faults found"):
        call_command("audit_capacity")

    assert capsys.readouterr().err == (
        f"used_differs: sailing {run.pk}, sector 0, persons: "
        f"pool {pool.pk}: its claims are 3, it counts 4\n"
    )
    assert run.pools.get(resource=PERSONS).used == 4


def test_counts_held_and_confirmed_claims_only():
    run = makers.sailing(persons=10)
    hold(run, Party(adults=3))
    for state, number in (("released", 0), ("displaced", 1)):
        claim = CapacityClaim.objects.get(item=f"p{number}")
        CapacityClaim.objects.filter(pk=claim.pk).update(state=state)

    assert found() == [("used_differs", 1, 3)]


def test_finds_more_persons_than_the_certificate_admits():
    run = makers.sailing(persons=10)
    share(run)
    pool = run.pools.get(resource=PERSONS, allotment=None)
    inventory.authorise(pool.pk, physical=20, authorised=8)

    assert found() == [("above_certificate", 10, 13)]


def test_life_saving_places_less_the_crew_may_be_what_binds():
    run = makers.sailing(persons=10)
    ship = run.configuration
    ship.lsa_persons, ship.crew = 12, 3
    ship.save()

    assert found() == [("above_certificate", 9, 10)]


def test_overbooking_by_staff_is_told_but_is_no_fault(capsys):
    run = makers.sailing(lane_cm=1000)
    pool = run.pools.get(resource="deck:low")
    inventory.authorise(pool.pk, physical=1000, authorised=1200)

    call_command("audit_capacity")

    assert capsys.readouterr().out.splitlines() == [
        f"above_physical: sailing {run.pk}, sector 0, deck:low: "
        "1000 are there, 1200 may be sold (overbooking by staff)",
        "All pools agree with their claims.",
    ]


def test_finds_allotments_that_their_pools_contradict():
    run = makers.sailing(persons=10)
    kept = share(run)
    Allotment.objects.filter(pk=kept.pk).update(amount=6)

    differs = found()
    CapacityPool.objects.filter(allotment=kept).delete()

    assert differs == [("allotment_differs", 6, 5)]
    assert found() == [("allotment_orphaned", 6, 0)]


def test_every_night_each_fault_is_an_error_in_the_log(caplog):
    run = makers.sailing(persons=10)
    pool = run.pools.get(resource=PERSONS)
    CapacityPool.objects.filter(pk=pool.pk).update(used=1)

    with caplog.at_level(logging.ERROR):
        assert audit_capacity_nightly() == 1

    assert caplog.messages == [
        f"capacity audit: used_differs: sailing {run.pk}, sector 0, persons: "
        f"pool {pool.pk}: its claims are 0, it counts 1"
    ]


def test_takes_one_statement_for_each_check(django_assert_num_queries):
    for _ in range(3):
        makers.sailing()

    # BEGIN's savepoint and its release, the time limit, five checks.
    with django_assert_num_queries(8):
        audit_capacity()
