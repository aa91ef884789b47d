"""Operators whose systems cannot be asked everything."""

import pytest

from ferries.errors import NotBookable, OperatorUnavailable, UnknownOffer
from ferries.party import Party
from ferries.tests.operators.conftest import remote
from ferries.tests.operators.scripted import hangs_up, says
from ferries.tests.operators.test_http import reserve, search, state
from ferries.tests.operators.test_memory import without

CONFIRMED = {"reference": "ABC-1", "state": "confirmed", "operator_reference": "X"}


def test_without_search_nothing_is_asked(connector, komp, calls_of):
    komp.capabilities = without("search")

    assert search(connector, komp) == []
    assert calls_of("search") == 0


def test_without_check_an_offer_that_no_search_has_listed_is_unknown(connector, komp):
    komp.capabilities = without("check")

    with pytest.raises(UnknownOffer):
        connector.check(komp, offer_id="KOMP~2027-07-15.x.0-1", party=Party())


@pytest.mark.parametrize("missing", ["reserve", "confirm", "cancel"])
def test_what_cannot_be_taken_through_to_its_end_is_shown_and_not_sold(
    connector, komp, calls_of, missing
):
    komp.capabilities = without(missing)
    offers = search(connector, komp)
    live = connector.check(komp, offer_id=offers[0].id, party=Party(adults=2))

    with pytest.raises(NotBookable) as caught:
        reserve(connector, komp, offer_id=offers[0].id)

    assert {each.code for offer in (*offers, live) for each in offer.refusals} == {"not_sold_here"}
    assert [each["code"] for each in caught.value.details["refusals"]] == ["not_sold_here"]
    assert calls_of("reserve") == 0


class TestWithoutStatus:
    def test_where_a_reservation_stands_is_untold(self, connector, komp, calls_of):
        komp.capabilities = without("status")
        reserve(connector, komp)

        assert state(connector, komp) == "untold"
        assert calls_of("status") == 0

    def test_a_reservation_is_confirmed_and_cancelled(self, connector, komp):
        komp.capabilities = without("status")
        reserve(connector, komp)

        confirmed = connector.confirm(komp, reference="ABC-1")
        cancelled = connector.cancel(komp, reference="ABC-1")

        assert [confirmed.state, cancelled.state] == ["confirmed", "cancelled"]

    def test_a_lost_confirmation_is_sent_again_since_the_second_does_nothing(
        self, connector, scripted
    ):
        scripted.answers = [hangs_up, says(CONFIRMED)]
        operator = remote("ODD", scripted.url)
        operator.capabilities = without("status")

        assert connector.confirm(operator, reference="ABC-1").state == "confirmed"
        assert scripted.asked == ["POST /v1/reservations/ABC-1/confirm"] * 2

    def test_a_cancellation_that_keeps_failing_is_left_to_the_job(self, connector, scripted):
        scripted.answers = [says({}, status=503)]
        operator = remote("ODD", scripted.url)
        operator.capabilities = without("status")

        with pytest.raises(OperatorUnavailable):
            connector.cancel(operator, reference="ABC-1")


@pytest.mark.parametrize(
    ("order", "answered"), [("confirm", "held"), ("cancel", "held"), ("cancel", "confirmed")]
)
def test_an_order_that_was_not_carried_out_is_no_good_answer(connector, scripted, order, answered):
    held = {"reference": "ABC-1", "state": "held", "operator_reference": "X"}
    scripted.answers = [says(held), says({**held, "state": answered})]

    with pytest.raises(OperatorUnavailable):
        getattr(connector, order)(remote("ODD", scripted.url), reference="ABC-1")


def test_cancelling_asks_before_it_orders_and_never_twice(connector, komp, control, calls_of):
    reserve(connector, komp)
    control(lose_answers=1, only=["cancel"])

    first = connector.cancel(komp, reference="ABC-1")
    second = connector.cancel(komp, reference="ABC-1")

    assert [first.state, second.state] == ["cancelled", "cancelled"]
    assert (calls_of("cancel"), calls_of("status")) == (1, 3)


def test_nothing_but_numbers_and_sizes_is_sent(connector, scripted):
    scripted.answers = [says({"offers": []})]
    party = Party(adults=1, ages=(61,), pets=("cabin",), needs_accessible=True, group="nurses")

    search(connector, remote("ODD", scripted.url), party=party)

    assert (
        b'"party": {"adults": 1, "children": 0, "infants": 0, "vehicle": null}'
        in (scripted.bodies[0])
    )
    for word in (b"61", b"cabin", b"accessible", b"nurses"):
        assert word not in scripted.bodies[0]
