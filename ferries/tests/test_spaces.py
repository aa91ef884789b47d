"""What is left of pools and allotments, and from which rows a need is taken."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries.spaces import PoolSpace, after, left_on, releases, spread

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SOON = timedelta(microseconds=1)

rows = st.lists(
    st.builds(
        PoolSpace,
        pool_id=st.integers(1, 1000),
        sailing_id=st.just(1),
        sector=st.just(0),
        resource=st.just("persons"),
        left=st.integers(0, 20),
        group=st.sampled_from(["", "residents", "agent"]),
    ).map(lambda row: _released(row, LATER) if row.group else row),
    unique_by=lambda row: row.pool_id,
)


def _released(row, moment):
    return PoolSpace(
        row.pool_id, row.sailing_id, row.sector, row.resource, row.left, row.group, moment
    )


def space(pool=1, left=10, *, sector=0, resource="persons", group="", release_at=None):
    return PoolSpace(pool, 1, sector, resource, left, group, release_at)


def share(pool=2, left=4, *, group="residents", **values):
    return space(pool, left, group=group, **{"release_at": LATER, **values})


def test_a_leg_has_what_its_fullest_sector_has():
    found = [space(1, 10), space(2, 3, sector=1), space(3, 7, sector=2)]

    assert left_on(found, range(3), group="", now=NOW) == {"persons": 3}
    assert left_on(found, range(2, 3), group="", now=NOW) == {"persons": 7}


def test_what_is_missing_on_one_sector_cannot_be_sold_across_it():
    found = [space(1), space(2, sector=1), space(3, resource="deck:low")]

    assert left_on(found, range(2), group="", now=NOW) == {"persons": 10}
    assert left_on(found, range(1), group="", now=NOW) == {"persons": 10, "deck:low": 10}


@pytest.mark.parametrize(("group", "left"), [("", 10), ("agent", 10), ("residents", 14)])
def test_a_group_has_its_share_beside_what_is_free_for_all(group, left):
    found = [space(1, 10), share(2, 4)]

    assert left_on(found, range(1), group=group, now=NOW) == {"persons": left}


@pytest.mark.parametrize(("moment", "left"), [(LATER - SOON, 10), (LATER, 14), (LATER + SOON, 14)])
def test_a_share_is_free_for_all_exactly_from_its_release(moment, left):
    found = [space(1, 10), share(2, 4)]

    assert left_on(found, range(1), group="", now=moment) == {"persons": left}


def test_the_minimum_is_taken_of_the_sums_of_each_sector():
    found = [
        space(1, 0), share(2, 5),
        space(3, 3, sector=1), share(4, 1, sector=1),
    ]  # fmt: skip

    assert left_on(found, range(2), group="residents", now=NOW) == {"persons": 4}
    assert left_on(found, range(2), group="", now=NOW) == {"persons": 0}


def test_names_coming_releases_of_what_others_have_left():
    first, second = LATER, LATER + timedelta(hours=1)
    found = [
        space(1),
        share(2, release_at=second),
        share(3, release_at=first, group="agent"),
        share(4, release_at=first, resource="deck:low"),
        share(5, 0, release_at=first + SOON),
        share(6, release_at=NOW),
    ]

    assert releases(found, group="", now=NOW) == [first, second]
    assert releases(found, group="residents", now=NOW) == [first]
    assert releases(found, group="", now=second) == []


def test_takes_the_own_share_first_and_then_what_is_free_for_all():
    found = [space(1, 10), share(9, 4)]

    assert spread(found, 3, group="residents", now=NOW) == [(9, 3)]
    assert spread(found, 6, group="residents", now=NOW) == [(9, 4), (1, 2)]
    assert spread(found, 6, group="", now=NOW) == [(1, 6)]


def test_after_its_release_a_share_comes_after_the_older_rows():
    found = [share(2, 4), space(1, 3)]

    assert spread(found, 5, group="", now=LATER) == [(1, 3), (2, 2)]


def test_asks_the_last_row_for_what_nobody_has():
    found = [space(1, 2), share(2, 1)]

    assert spread(found, 5, group="residents", now=NOW) == [(2, 1), (1, 2), (1, 2)]
    assert spread([], 5, group="", now=NOW) == []


def test_takes_and_gives_back():
    found = [space(1, 5), share(2, 4)]

    assert after(found, {1: 3, 2: -2}) == [space(1, 2), share(2, 6)]
    assert after(found, {}) == found


@given(found=rows, wanted=st.integers(1, 30), group=st.sampled_from(["", "residents", "agent"]))
def test_what_is_spread_adds_up_and_comes_from_open_rows(found, wanted, group):
    parts = spread(found, wanted, group=group, now=NOW)

    by_id = {row.pool_id: row for row in found}
    has = left_on(found, range(1), group=group, now=NOW).get("persons", 0)
    if parts:
        assert sum(part for _, part in parts) == wanted
    assert all(by_id[pool].group in ("", group) for pool, _ in parts)
    if wanted <= has:
        assert all(0 < part <= by_id[pool].left for pool, part in parts)
        assert len(parts) == len({pool for pool, _ in parts})
        rest = left_on(after(found, dict(parts)), range(1), group=group, now=NOW)
        assert rest["persons"] == has - wanted


@given(found=rows, wanted=st.integers(1, 30))
def test_general_space_is_used_only_when_the_own_share_is_empty(found, wanted):
    parts = dict(spread(found, wanted, group="residents", now=NOW))

    own = sum(row.left for row in found if row.group == "residents")
    taken = sum(
        part
        for pool, part in parts.items()
        if any(row.pool_id == pool and row.group for row in found)
    )
    if any(not row.group and row.left for row in found):
        assert taken == min(own, wanted)


@given(found=rows)
def test_a_release_never_takes_space_from_anybody(found):
    for group in ("", "residents", "agent"):
        before = left_on(found, range(1), group=group, now=NOW).get("persons", 0)
        later = left_on(found, range(1), group=group, now=LATER).get("persons", 0)
        assert before <= later == sum(row.left for row in found)
