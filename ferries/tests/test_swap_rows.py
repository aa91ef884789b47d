"""Whatever is sold and kept: rows after a swap hold exactly what fits, and nothing is lost."""

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ferries.fitting import AreaFacts, Fitting
from ferries.operations import swap_plan, swap_rows
from ferries.operations.swap_facts import Claim, Claimed, Ship
from ferries.operations.swap_rows import Share
from ferries.party import VehicleSize

START = datetime(2030, 1, 1, tzinfo=UTC)
AREAS = (
    AreaFacts("low", "low deck", clear_height_cm=220, weighs=True),
    AreaFacts("tall", "tall deck", clear_height_cm=450),
)
SHARES = {1: "persons", 2: "persons", 3: "deck:low", 4: "acc:gone"}


@st.composite
def items(draw, sectors):
    """Return what a handful of parties have, some of it from shares."""
    found = []
    for number in range(draw(st.integers(0, 8))):
        holder = uuid.UUID(int=number + 1)
        start = draw(st.integers(0, sectors - 1))
        taken = range(start, draw(st.integers(start + 1, sectors)))
        facts = {
            "holder": holder,
            "confirmed": draw(st.booleans()),
            "since": START + timedelta(minutes=draw(st.integers(0, 5))),
        }
        for item in range(draw(st.integers(1, 3))):
            allotment = draw(st.sampled_from((None, 1, 2)))
            found.append((f"p{item}", [("persons", 1, allotment)], taken, facts))
        length = draw(st.integers(0, 6)) * 100
        if length:
            allotment = draw(st.sampled_from((None, 3)))
            own = min(length, draw(st.integers(0, 3)) * 100)
            parts = [("deck:low", own, allotment), ("deck:low", length - own, None)]
            parts.append(("weight:low", 900, None))
            found.append(("v0", [part for part in parts if part[1]], taken, facts))
    keys = iter(range(1, 10_000))
    return [
        Claimed(
            item=item,
            claims=tuple(
                Claim(next(keys), sector, resource, amount, allotment)
                for resource, amount, allotment in parts
                for sector in taken
            ),
            **facts,
        )
        for item, parts, taken, facts in found
    ]


def sold_of(items, allotment):
    """Return what is sold of a share on its fullest sector."""
    sold: Counter = Counter()
    for each in items:
        for claim in each.claims:
            if claim.allotment == allotment:
                sold[claim.sector] += claim.amount
    return max(sold.values(), default=0)


@st.composite
def swaps(draw):
    sectors = draw(st.integers(1, 3))
    sold = draw(items(sectors))
    amounts = {
        "persons": draw(st.integers(0, 20)),
        "deck:low": draw(st.integers(0, 20)) * 100,
        "weight:low": draw(st.integers(0, 9)) * 900,
        "deck:tall": draw(st.integers(0, 12)) * 100,
    }
    totals = {(s, name): amount for s in range(sectors) for name, amount in amounts.items()}
    shares = [
        Share(pk, f"group {pk}", resource, max(draw(st.integers(0, 12)), sold_of(sold, pk)))
        for pk, resource in SHARES.items()
    ]
    sizes = {
        (each.holder, "v0"): VehicleSize("car", each.amount("deck:low"), height, weight_kg=900)
        for each in sold
        if each.item == "v0" and (height := draw(st.sampled_from([0, 150, 220, 300])))
    }
    return sold, Ship(Fitting(AREAS), 0, totals), shares, sizes


@given(swaps())
def test_everything_is_placed_or_named_and_no_row_is_oversold(swap):
    sold, ship, shares, sizes = swap

    outcome = swap_plan.plan(sold, ship=ship, before=Fitting(AREAS), sizes=sizes)
    rows = swap_rows.rows_of(shares, outcome.fits, ship.totals)

    placed = [fit.claimed for fit in outcome.fits] + [bad.claimed for bad in outcome.misfits]
    assert Counter((each.holder, each.item) for each in placed) == Counter(
        (each.holder, each.item) for each in sold
    )
    for (sector, resource), total in ship.totals.items():
        own = {key: n for key, n in rows.authorised.items() if key[:2] == (sector, resource)}
        assert sum(own.values()) == total
        assert all(0 <= rows.used[key] <= amount for key, amount in own.items())
    reused = [part.claim for part in rows.parts if part.claim] + list(rows.spare)
    assert sorted(reused) == sorted(
        claim.pk for fit in outcome.fits for claim in fit.claimed.claims
    )


@given(swaps())
def test_an_item_has_on_each_of_its_sectors_exactly_what_it_takes(swap):
    sold, ship, shares, sizes = swap
    outcome = swap_plan.plan(sold, ship=ship, before=Fitting(AREAS), sizes=sizes)

    rows = swap_rows.rows_of(shares, outcome.fits, ship.totals)

    for fit in outcome.fits:
        has: Counter = Counter()
        for part in rows.parts:
            if part.fit is fit:
                has[part.row[:2]] += part.amount
        wanted = {(s, resource): n for resource, n in fit.takes for s in fit.claimed.sectors}
        assert has == wanted


@given(swaps())
def test_shares_shrink_only_where_the_space_is_sold_or_not_there(swap):
    sold, ship, shares, sizes = swap
    outcome = swap_plan.plan(sold, ship=ship, before=Fitting(AREAS), sizes=sizes)

    rows = swap_rows.rows_of(shares, outcome.fits, ship.totals)

    for shrunk in swap_rows.shrink(shares, outcome.fits, ship.totals):
        share = shrunk.share
        assert 0 <= shrunk.amount < share.amount
        general = [
            amount - rows.used[key]
            for key, amount in rows.authorised.items()
            if key[1] == share.resource and key[2] is None
        ]
        # One more for the share would be one too many for somebody who is booked.
        assert not general or min(general) == 0
