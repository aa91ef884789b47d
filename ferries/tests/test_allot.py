"""Shares that are kept for customer groups until their release."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from ferries import inventory
from ferries.errors import AllotmentRefused, CapacityTaken, MoreIsSold, NotBookable
from ferries.gtfs.reader import read_feed
from ferries.models import (
    PERSONS,
    Allotment,
    AllotmentRule,
    CapacityClaim,
    CapacityPool,
    CustomerGroup,
    Route,
    Sailing,
)
from ferries.operations.allot import allot, apply_rules, restore, withdraw
from ferries.operations.import_timetable import TimetableImport, import_timetable
from ferries.operators.local import check_leg
from ferries.party import Party, VehicleSize
from ferries.tests import makers
from ferries.tests.feeds import feed_zip
from maritime.lib import clock

pytestmark = pytest.mark.django_db

CAR = VehicleSize("car", length_cm=450, height_cm=150)


@pytest.fixture
def now():
    return clock.now()


def residents(code="residents"):
    return CustomerGroup.objects.get_or_create(
        operator=makers.operator(), code=code, defaults={"name": code.title()}
    )[0]


def keep(run, amount, *, now, resource=PERSONS, group=None, hours=24):
    return allot(
        run,
        group=group or residents(),
        resource=resource,
        amount=amount,
        release_at=now + timedelta(hours=hours),
        now=now,
    )


def hold(run, party, *, now):
    holder = uuid.uuid4()
    with transaction.atomic():
        needs = inventory.plan(makers.leg(run), party, now=now)
        expires_at = now + timedelta(minutes=15)
        inventory.take(needs, holder=holder, expires_at=expires_at, now=now)
    return holder


def rows(run, resource=PERSONS):
    """Return (sector, is it a share, authorised, used) of each row."""
    pools = run.pools.filter(resource=resource).order_by("sector", "pk")
    return [(p.sector, p.allotment_id is not None, p.authorised, p.used) for p in pools]


def test_moves_the_share_out_of_the_general_row_of_every_sector(now):
    run = makers.sailing(*(makers.port(code) for code in ("AAA", "BBB", "CCC")), persons=100)

    share = keep(run, 30, now=now)

    assert rows(run) == [(0, False, 70, 0), (0, True, 30, 0), (1, False, 70, 0), (1, True, 30, 0)]
    assert run.pools.filter(resource=PERSONS, allotment=None, physical=100).count() == 2
    assert (share.amount, share.resource) == (30, "persons")


def test_the_public_is_refused_before_and_admitted_after_the_release(now):
    run = makers.sailing(persons=10)
    share = keep(run, 4, now=now)
    leg = makers.leg(run)

    offer = check_leg(leg, family="", party=Party(adults=7), now=now).offer
    later = check_leg(leg, family="", party=Party(adults=7), now=share.release_at).offer

    (refusal,) = offer.refusals
    assert (refusal.code, refusal.numbers) == ("persons_short", {"left": 6, "needed": 7})
    assert refusal.nearest["kind"] == "allotment_release"
    assert refusal.nearest["at"] == share.release_at.isoformat(timespec="seconds").replace(
        "+00:00", "Z"
    )
    assert later.refusals == ()


def test_the_group_uses_its_share_first_and_splits_what_goes_beyond(now):
    run = makers.sailing(persons=10)
    keep(run, 3, now=now)

    hold(run, Party(adults=2, group="residents"), now=now)
    hold(run, Party(adults=3, group="residents"), now=now)

    assert rows(run) == [(0, False, 7, 2), (0, True, 3, 3)]


def test_one_vehicle_stands_on_two_rows_of_an_area(now):
    run = makers.sailing(lane_cm=1000)
    keep(run, 300, resource="deck:low", now=now)

    hold(run, Party(vehicle=CAR, group="residents"), now=now)

    assert rows(run, "deck:low") == [(0, False, 700, 200), (0, True, 300, 300)]
    claims = CapacityClaim.objects.filter(item="v0").values_list("amount", flat=True)
    assert sorted(claims) == [200, 300]


def test_refuses_more_than_is_left_for_everybody_with_the_numbers(now):
    run = makers.sailing(persons=10)
    hold(run, Party(adults=8), now=now)

    with pytest.raises(MoreIsSold) as caught:
        keep(run, 3, now=now)

    assert caught.value.details == {"left": 2, "needed": 3, "sector": 0}
    assert rows(run) == [(0, False, 10, 8)]
    assert not Allotment.objects.exists()


def test_frees_holds_that_are_over_before_it_counts(now):
    run = makers.sailing(persons=10)
    hold(run, Party(adults=8), now=now - timedelta(hours=1))

    keep(run, 10, now=now)

    assert rows(run) == [(0, False, 0, 0), (0, True, 10, 0)]


def test_changes_amount_and_release_in_both_directions(now):
    run = makers.sailing(persons=10)
    first = keep(run, 4, now=now)

    keep(run, 6, now=now, hours=48)
    grown = rows(run)
    last = keep(run, 1, now=now, hours=48)

    assert grown == [(0, False, 4, 0), (0, True, 6, 0)]
    assert rows(run) == [(0, False, 9, 0), (0, True, 1, 0)]
    assert (last.pk, last.release_at) == (first.pk, now + timedelta(hours=48))


def test_a_share_shrinks_no_further_than_what_is_sold_of_it(now):
    run = makers.sailing(persons=10)
    keep(run, 5, now=now)
    hold(run, Party(adults=3, group="residents"), now=now)

    with pytest.raises(MoreIsSold) as caught:
        keep(run, 2, now=now)
    keep(run, 3, now=now)

    assert caught.value.details == {"sold": 3}
    assert rows(run) == [(0, False, 7, 0), (0, True, 3, 3)]


def test_withdrawing_gives_everything_back_when_nothing_was_taken(now):
    run = makers.sailing(persons=10)
    share = keep(run, 5, now=now)

    assert withdraw(share, now=now) == 0

    assert rows(run) == [(0, False, 10, 0)]
    assert not Allotment.objects.exists()


def test_withdrawing_leaves_what_is_sold(now):
    run = makers.sailing(persons=10)
    share = keep(run, 5, now=now)
    hold(run, Party(adults=2, group="residents"), now=now)

    assert withdraw(share, now=now) == 2

    share.refresh_from_db()
    assert rows(run) == [(0, False, 8, 0), (0, True, 2, 2)]
    assert (share.amount, share.release_at) == (2, now)


@pytest.mark.parametrize(
    ("resource", "amount", "sentence"),
    [
        ("acc:suite", 1, "This sailing does not have acc:suite. It has: deck:low, persons."),
        ("persons", 0, "A share has at least 1. Withdraw it to give it back."),
    ],
)
def test_refuses_what_cannot_be_a_share(resource, amount, sentence, now):
    run = makers.sailing()

    with pytest.raises(AllotmentRefused, match=sentence):
        keep(run, amount, resource=resource, now=now)

    assert not Allotment.objects.exists()


def test_refuses_a_group_of_another_operator(now):
    other = CustomerGroup.objects.create(operator=makers.operator("RED"), code="red", name="Red")

    with pytest.raises(AllotmentRefused, match="Red is a group of another operator"):
        keep(makers.sailing(), 1, group=other, now=now)


def test_rules_keep_a_rounded_down_share_of_new_sailings(now):
    run = makers.sailing(persons=99)
    route = Route.objects.get()
    AllotmentRule.objects.create(
        route=route, group=residents(), resource=PERSONS, percent=10, release_hours=6
    )
    AllotmentRule.objects.create(
        route=route, group=residents("walk-up"), resource="deck:low", percent=25, release_hours=1
    )

    assert apply_rules([run]) == 2
    assert apply_rules([run]) == 0

    assert rows(run) == [(0, False, 90, 0), (0, True, 9, 0)]
    assert rows(run, "deck:low") == [(0, False, 7500, 0), (0, True, 2500, 0)]
    share = Allotment.objects.get(resource=PERSONS)
    assert share.release_at == run.departs_at - timedelta(hours=6)


def test_the_largest_rule_counts_where_pairs_of_one_sailing_have_several(now):
    ports = [makers.port(code) for code in ("AAA", "BBB", "CCC")]
    run = makers.sailing(*ports, persons=100)
    for percent, route in zip((10, 30), Route.objects.order_by("pk"), strict=False):
        AllotmentRule.objects.create(
            route=route, group=residents(), resource=PERSONS, percent=percent, release_hours=0
        )

    assert apply_rules([run]) == 1

    assert Allotment.objects.get().amount == 30


def test_rules_leave_a_sailing_alone_that_lacks_the_resource_or_the_space(now):
    run = makers.sailing(persons=10)
    hold(run, Party(adults=8), now=now)
    for resource in (PERSONS, "acc:suite"):
        AllotmentRule.objects.create(
            route=Route.objects.get(), group=residents(), resource=resource, percent=50,
            release_hours=0,
        )  # fmt: skip

    assert apply_rules([run]) == 0

    assert rows(run) == [(0, False, 10, 8)]
    assert not Allotment.objects.exists()


def test_rules_need_the_same_queries_for_many_sailings(django_assert_max_num_queries):
    runs = [makers.sailing() for _ in range(30)]
    AllotmentRule.objects.create(
        route=Route.objects.get(), group=residents(), resource=PERSONS, percent=10, release_hours=0
    )

    with django_assert_max_num_queries(12):
        made = apply_rules(runs)

    assert made == 30


def test_pools_that_were_written_anew_get_their_shares_again(now):
    run = makers.sailing(persons=10)
    keep(run, 8, now=now)
    keep(run, 100, resource="deck:low", now=now)
    run.pools.all().delete()
    CapacityPool.objects.create(sailing=run, sector=0, resource=PERSONS, physical=5, authorised=5)

    restore([run.pk])

    assert rows(run) == [(0, False, 0, 0), (0, True, 5, 0)]
    assert [(share.resource, share.amount) for share in Allotment.objects.all()] == [("persons", 5)]


def test_imported_sailings_have_the_shares_of_their_routes_from_the_start(tmp_path):
    company = makers.operator()
    wanted = TimetableImport(read_feed(feed_zip(tmp_path)), company)
    early = datetime(2030, 5, 1, tzinfo=UTC)
    import_timetable(wanted, now=early)
    route = Route.objects.get(origin__name="Alpha", destination__name="Gamma")
    AllotmentRule.objects.create(
        route=route, group=residents(), resource=PERSONS, percent=20, release_hours=6
    )
    Route.objects.update(configuration=makers.configuration(company, persons=50))

    import_timetable(wanted, now=early)
    first = rows(Sailing.objects.earliest("departs_at"))
    Route.objects.update(configuration=makers.configuration(company, persons=60))
    import_timetable(wanted, now=early)

    assert first == [(0, False, 40, 0), (0, True, 10, 0), (1, False, 40, 0), (1, True, 10, 0)]
    assert rows(Sailing.objects.earliest("departs_at"))[:2] == [
        (0, False, 50, 0),
        (0, True, 10, 0),
    ]
    assert Allotment.objects.count() == Sailing.objects.count() == 61


def test_the_command_keeps_changes_and_gives_back(capsys):
    run = makers.sailing(persons=10)
    residents()

    call_command("allot", run.public_id.hex, "RESIDENTS", "persons", "4", "--release-hours", "6")
    kept = rows(run)
    call_command("allot", str(run.pk), "residents", "persons", "0")

    assert kept == [(0, False, 6, 0), (0, True, 4, 0)]
    assert rows(run) == [(0, False, 10, 0)]
    release = run.departs_at - timedelta(hours=6)
    assert capsys.readouterr().out.splitlines() == [
        f"4 of persons for Residents, released at {release:%Y-%m-%d %H:%M} UTC.",
        "Given back; 0 stay sold to Residents.",
    ]


def test_the_command_says_what_is_wrong():
    run = makers.sailing(persons=10)
    residents()

    with pytest.raises(CommandError, match="Only 10 are left for everybody on sector 0"):
        call_command("allot", run.public_id.hex, "residents", "persons", "11")
    with pytest.raises(CommandError, match="has no group agents"):
        call_command("allot", run.public_id.hex, "agents", "persons", "1")
    with pytest.raises(CommandError, match="There is no sailing 999999"):
        call_command("allot", "999999", "agents", "persons", "1")
    with pytest.raises(CommandError, match="nothing is no id of a sailing"):
        call_command("allot", "nothing", "agents", "persons", "1")


@pytest.mark.django_db(transaction=True)
def test_sales_and_shares_at_the_same_time_never_give_a_place_twice(now):
    run = makers.sailing(persons=20)
    groups = [residents(f"group-{number}") for number in range(4)]

    def client(number):
        try:
            if number % 2:
                keep(run, 3, group=groups[number // 2], now=now)
            else:
                for _ in range(5):
                    sell_one(run, now)
        except (MoreIsSold, NotBookable):
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(client, range(8)))

    pools = list(run.pools.filter(resource=PERSONS))
    kept = Allotment.objects.count()
    assert sum(pool.authorised for pool in pools) == 20
    assert all(pool.used <= pool.authorised for pool in pools)
    sold = CapacityClaim.objects.filter(pool__resource=PERSONS).count()
    assert sum(pool.used for pool in pools) == sold <= 20
    assert sum(pool.authorised for pool in pools if pool.allotment_id) == 3 * kept


def sell_one(run, now):
    for _ in range(20):
        try:
            return hold(run, Party(), now=now)
        except CapacityTaken:
            continue
    return None
