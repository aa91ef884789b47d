"""Which other sailing is named to whom does not fit."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferries import alternatives
from ferries.offers import Offer, Refusal

DAY = date(2027, 6, 1)
NOON = datetime(2027, 6, 1, 10, tzinfo=UTC)
FULL = Refusal("persons_short", "Only 1 place is left; your party needs 2.")


def offer(departs_at=NOON, *refusals, operator="BLUE"):
    return Offer(
        id=f"{operator}~{departs_at:%d%H%M}",
        sailing="1",
        operator=operator,
        operator_name=operator,
        vessel="Star",
        origin="AAA",
        origin_name="Aaa",
        origin_zone="Europe/Paris",
        destination="BBB",
        destination_name="Bbb",
        destination_zone="Europe/Paris",
        departs_at=departs_at,
        arrives_at=departs_at + timedelta(hours=1),
        currency="EUR",
        lines=(),
        left={},
        refusals=refusals,
    )


class Days:
    """Answers for other days; remembers which were asked for."""

    def __init__(self, **offers):
        self.offers = {
            int(day.removeprefix("d").replace("m", "-")): found for day, found in offers.items()
        }
        self.asked = []

    def __call__(self, day):
        distance = (day - DAY).days
        self.asked.append(distance)
        return self.offers.get(distance, [])


def hints(offers, days):
    found = alternatives.with_nearest(offers, day=DAY, offers_on=days)
    return [
        refusal.nearest and refusal.nearest["offer"] for each in found for refusal in each.refusals
    ]


def test_names_the_nearest_departure_of_the_same_day_without_asking_further():
    days = Days()
    refused = offer(NOON, FULL)
    nearest = offer(NOON - timedelta(hours=2))

    (found, *_) = alternatives.with_nearest(
        [refused, offer(NOON + timedelta(hours=3)), nearest], day=DAY, offers_on=days
    )

    assert found.refusals[0].nearest == {
        "kind": "other_sailing",
        "message": "Space for you: the departure on Tuesday, 1 June at 10:00.",
        "offer": nearest.id,
        "departs_at": "2027-06-01T08:00:00Z",
    }
    assert (found.refusals[0].code, found.refusals[0].message) == (FULL.code, FULL.message)
    assert days.asked == []


def test_asks_the_next_day_then_the_one_before_up_to_three_days():
    days = Days()

    assert hints([offer(NOON, FULL)], days) == [None]
    assert days.asked == [1, -1, 2, -2, 3, -3]


@pytest.mark.parametrize("distance", [1, -1, 2, -2, 3, -3])
def test_stops_at_the_first_day_with_space(distance):
    other = offer(NOON + timedelta(days=distance))
    order = [1, -1, 2, -2, 3, -3]
    days = Days(**{f"d{distance}".replace("-", "m"): [other]})

    assert hints([offer(NOON, FULL)], days) == [other.id]
    assert days.asked == order[: order.index(distance) + 1]


def test_asks_each_day_once_for_all_that_is_refused():
    days = Days(d2=[offer(NOON + timedelta(days=2))])
    refused = [offer(NOON, FULL), offer(NOON + timedelta(hours=1), FULL)]

    assert hints(refused, days) == ["BLUE~031000", "BLUE~031000"]
    assert days.asked == [1, -1, 2]


def test_names_no_other_operator_and_nothing_that_is_refused_itself():
    days = Days(d1=[offer(NOON, operator="RED"), offer(NOON, FULL)])
    refused = [offer(NOON, FULL), offer(NOON + timedelta(hours=1), operator="RED")]

    assert hints(refused, days) == [None]


def test_keeps_what_is_named_already():
    known = Refusal("too_high", "Too high.", nearest={"kind": "other_deck", "message": "Lower."})
    other = offer(NOON + timedelta(hours=1))

    (found, _) = alternatives.with_nearest(
        [offer(NOON, known, FULL), other], day=DAY, offers_on=Days()
    )

    assert [refusal.nearest["kind"] for refusal in found.refusals] == [
        "other_deck",
        "other_sailing",
    ]


@pytest.mark.parametrize("code", sorted(alternatives.HOPELESS))
def test_another_sailing_does_not_help_against_the_fare_or_the_wish_itself(code):
    days = Days()
    hopeless = Refusal(code, "No.")
    other = offer(NOON + timedelta(hours=1))

    assert hints([offer(NOON, hopeless), other], days) == [None]
    assert hints([offer(NOON, hopeless, FULL), other], days) == [None, other.id]
    assert days.asked == []


def test_asks_nothing_when_everything_fits():
    days = Days()

    assert alternatives.with_nearest([offer()], day=DAY, offers_on=days) == [offer()]
    assert days.asked == []


@given(
    hours=st.lists(st.integers(-8, 8).filter(bool), min_size=1, unique=True),
    full=st.sets(st.integers(-8, 8)),
)
def test_of_one_day_the_nearest_with_space_is_named(hours, full):
    others = [
        offer(NOON + timedelta(hours=hour), *([FULL] if hour in full else [])) for hour in hours
    ]

    found = alternatives.with_nearest([offer(NOON, FULL), *others], day=DAY, offers_on=Days())[0]

    nearest = found.refusals[0].nearest
    free = [hour for hour in hours if hour not in full]
    assert (nearest is None) == (not free)
    if nearest:
        departs_at = datetime.fromisoformat(nearest["departs_at"])
        assert abs(departs_at - NOON) == timedelta(hours=min(abs(hour) for hour in free))
