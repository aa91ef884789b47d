"""What holds for all conditions: sums are kept, waiting never pays, every fault is found."""

import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from ferries import conditions
from ferries.conditions import Band, Departures, Line, Terms

DEPARTS = datetime(2027, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KINDS = ("passenger", "vehicle", "accommodation", "surcharge", "tax", "fee")
PER = ("item", "person", "sailing", "booking")
ITEMS = ("p0", "p1", "v0", "a0", "b0")
NEVER = 10**9

amounts = st.integers(0, 50_000)
percents = st.integers(0, 100)
moments = st.timedeltas(timedelta(days=-3), timedelta(days=60))
edges = st.sets(st.integers(1, 1200), max_size=4).map(sorted)


@st.composite
def lines(draw, min_size=1, discounts=True):
    least = -20_000 if discounts else 0
    return [
        Line(
            draw(st.integers(0, 1)),
            draw(st.sampled_from(ITEMS)),
            "discount" if amount < 0 else draw(st.sampled_from(KINDS)),
            "",
            amount,
        )
        for amount in draw(st.lists(st.integers(least, 50_000), min_size=min_size, max_size=8))
    ]


@st.composite
def any_band(draw):
    start = draw(st.integers(0, 1200))
    most = draw(st.none() | amounts)
    return Band(
        draw(st.text("abc", min_size=1, max_size=4)),
        draw(st.sampled_from(("cancel", "amend", "no_show"))),
        start,
        draw(st.none() | st.integers(start + 1, 2000)),
        draw(st.sampled_from(("none", "flat", "percent"))),
        draw(percents),
        draw(amounts),
        draw(amounts if most is None else st.integers(0, most)),
        most,
        draw(st.sampled_from(PER)),
        draw(st.sampled_from(("own", "first", "outbound"))),
        tuple(draw(st.sets(st.sampled_from(KINDS), max_size=2))),
        draw(st.sampled_from(("original", "voucher"))),
        draw(st.text(max_size=10)),
    )


any_terms = st.builds(
    Terms,
    st.text(max_size=5),
    st.lists(any_band(), max_size=5).map(tuple),
    st.sets(st.sampled_from(KINDS), max_size=2).map(tuple),
    st.none() | st.integers(0, 100),
    st.integers(0, 3),
    st.booleans(),
)


@st.composite
def monotone_terms(draw):
    """Bands without gaps, all of one charge kind, whose charge grows as departure comes near."""
    starts = [0, *draw(edges)]
    ends = [*starts[1:], None]
    size = len(starts)

    def falling(values):
        return sorted(draw(st.lists(values, min_size=size, max_size=size)), reverse=True)

    per = draw(st.sampled_from(PER))
    reference = draw(st.sampled_from(("own", "first")))
    if draw(st.booleans()):
        flats = falling(st.integers(1, 30_000))
        bands = [{"charge": "flat", "amount": amount} for amount in flats]
    else:
        limits = falling(st.integers(0, 30_000) | st.just(NEVER))
        minima = falling(st.integers(0, 5_000))
        bands = [
            {"percent": percent, "minimum": min(least, most), "maximum": _limit(most)}
            for percent, least, most in zip(falling(percents), minima, limits, strict=True)
        ]
    return Terms(
        bands=tuple(
            Band(str(start), from_hours=start, to_hours=end, per=per, reference=reference, **band)
            for start, end, band in zip(starts, ends, bands, strict=True)
        ),
        always_refunded=tuple(draw(st.sets(st.sampled_from(("surcharge", "tax")), max_size=2))),
    )


def _limit(most):
    return None if most == NEVER else most


def departures(gap):
    """Return the departures of two legs, the second `gap` after the first."""
    return {
        leg: Departures(own, DEPARTS, DEPARTS)
        for leg, own in ((0, DEPARTS), (1, DEPARTS + gap))
    }  # fmt: skip


def charges(selection, terms, before, gap=timedelta(days=7), action="cancel"):
    return conditions.charges(
        selection,
        terms=dict.fromkeys((0, 1), terms),
        departures=departures(gap),
        now=DEPARTS - before,
        action=action,
    )


def paid_for(selection):
    return max(0, sum(line.amount for line in selection))


@given(lines(), any_terms, moments, st.sampled_from(("cancel", "amend", "no_show")))
def test_charge_and_refund_make_each_line(selection, terms, before, action):
    result = charges(selection, terms, before, action=action)

    assert [each.base for each in result] == [line.amount for line in selection]
    assert all(each.charge + each.refund == each.base for each in result)


@given(lines(), any_terms, moments)
def test_a_line_s_charge_and_refund_have_its_sign(selection, terms, before):
    for each in charges(selection, terms, before):
        assert min(0, each.base) <= each.charge <= max(0, each.base)
        assert min(0, each.base) <= each.refund <= max(0, each.base)


@given(lines(), any_terms, moments)
def test_the_refund_is_never_negative_nor_above_what_was_paid(selection, terms, before):
    refund = sum(each.refund for each in charges(selection, terms, before))

    assert 0 <= refund <= paid_for(selection)


@given(lines(), any_terms, moments)
def test_an_item_s_refund_is_never_negative(selection, terms, before):
    own = [line for line in selection if line.kind != "discount"]
    own += [line for line in selection if line.kind == "discount" and _covers(line, selection)]
    refunds = defaultdict(int)

    for each in charges(own, terms, before):
        refunds[each.leg, each.item] += each.refund

    assert all(refund >= 0 for refund in refunds.values())


def _covers(discount, selection):
    item = (discount.leg, discount.item)
    return sum(line.amount for line in selection if (line.leg, line.item) == item) >= 0


@given(lines(), monotone_terms(), moments, moments, st.timedeltas(HOUR, timedelta(days=30)))
def test_cancelling_earlier_never_costs_more(selection, terms, one, other, gap):
    earlier, later = max(one, other), min(one, other)

    cheap = sum(each.charge for each in charges(selection, terms, earlier, gap))
    dear = sum(each.charge for each in charges(selection, terms, later, gap))

    assert cheap <= dear


@given(lines(discounts=False), st.integers(1, 60_000), st.integers(0, 500), edges)
def test_a_flat_amount_per_booking_is_charged_once(selection, amount, hours, starts):
    bands = tuple(
        Band(
            str(start), from_hours=start, to_hours=end, charge="flat", amount=amount, per="booking"
        )
        for start, end in zip([0, *starts], [*starts, None], strict=True)
    )

    result = charges(selection, Terms(bands=bands), (hours + 1) * HOUR)

    assert sum(each.charge for each in result) == min(amount, paid_for(selection))


@given(lines(discounts=False), st.integers(1, 60_000), st.sampled_from(("item", "sailing")))
def test_a_flat_amount_is_charged_once_for_each_group(selection, amount, per):
    result = charges(
        selection, Terms(bands=(Band("fee", charge="flat", amount=amount, per=per),)), HOUR
    )

    groups = defaultdict(lambda: [0, 0])
    for each in result:
        group = groups[each.leg, each.item if per == "item" else ""]
        group[0] += each.base
        group[1] += each.charge
    assert all(charge == min(amount, base) for base, charge in groups.values())


@given(lines(), percents, amounts, st.none() | amounts)
def test_spreading_keeps_the_sum_within_its_limits(selection, percent, least, most):
    assume(most is None or least <= most)
    band = Band("x", percent=percent, minimum=least, maximum=most, per="booking")
    paid = paid_for(selection)

    charge = paid - sum(each.refund for each in charges(selection, Terms(bands=(band,)), HOUR))

    share = (2 * paid * percent + 100) // 200
    wanted = max(share, least) if most is None else min(max(share, least), most)
    assert charge == min(wanted, paid)


@given(lines(discounts=False), any_terms, moments)
def test_always_refunded_kinds_come_back_before_departure(selection, terms, before):
    for each in charges(selection, terms, before):
        departs_at = departures(timedelta(days=7))[each.leg].own
        if each.kind in terms.always_refunded and DEPARTS - before < departs_at:
            assert each.refund == each.base


@given(lines(), any_terms, moments)
def test_charges_stay_until_the_next_change(selection, terms, before):
    now = DEPARTS - before
    both = departures(timedelta(days=7))
    selection = [line for line in selection if line.leg == 0]

    until = conditions.next_change(terms, both[0], now)

    assert until is None or until > now
    last = now + timedelta(days=90) if until is None else until - timedelta(microseconds=1)
    assert _facts(charges(selection, terms, DEPARTS - last)) == _facts(
        charges(selection, terms, before)
    )


def _facts(result):
    return [(each.band, each.charge, each.refund, each.medium) for each in result]


@given(any_terms)
def test_terms_come_back_from_json(terms):
    assert conditions.terms_from_json(json.loads(json.dumps(terms.as_json()))) == terms


@st.composite
def whole_bands(draw):
    starts = [0, *draw(edges)]
    fields = {
        "action": draw(st.sampled_from(("cancel", "amend", "no_show"))),
        "reference": draw(st.sampled_from(("own", "first", "outbound"))),
    }
    return [
        Band(str(start), from_hours=start, to_hours=end, **fields)
        for start, end in zip(starts, [*starts[1:], None], strict=True)
    ]


@given(whole_bands(), st.data())
def test_whole_bands_have_no_problem_in_any_order(bands, data):
    assert conditions.problems(data.draw(st.permutations(bands))) == []


@given(whole_bands(), st.data())
def test_every_planted_gap_is_found(bands, data):
    victim = data.draw(st.sampled_from(bands))
    bands.remove(victim)
    width = NEVER if victim.to_hours is None else victim.to_hours - victim.from_hours
    cut = data.draw(st.integers(1, min(width, 500)))
    if data.draw(st.booleans()) and cut < width:
        bands.append(replace(victim, from_hours=victim.from_hours + cut))

    found = conditions.problems(data.draw(st.permutations(bands)))

    if bands:
        assert [each for each in found if f"no band covers {victim.from_hours} " in each] == found
        assert len(found) == 1
    else:
        assert found == []


@given(whole_bands(), st.data())
def test_every_planted_overlap_is_found(bands, data):
    victim = data.draw(st.sampled_from(bands))
    end = victim.from_hours + 500 if victim.to_hours is None else victim.to_hours
    start = data.draw(st.integers(victim.from_hours, end - 1))
    bands.append(replace(victim, code="planted", from_hours=start, to_hours=end))

    found = conditions.problems(data.draw(st.permutations(bands)))

    assert len(found) == 1
    assert f" overlap from {start} hours on." in found[0]


@given(lines(), whole_bands(), moments)
def test_whole_bands_leave_no_line_without_conditions(selection, bands, before):
    terms = Terms(bands=tuple(replace(band, action="cancel", reference="own") for band in bands))

    assert "no_conditions" not in {each.band for each in charges(selection, terms, before)}
