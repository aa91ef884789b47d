"""Offers as JSON: what they share is written once, and each is whole."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from ferries.api.offers import offers_json
from ferries.offers import Offer, PriceLine, Refusal

LINES = (PriceLine("passenger", "Adult \u201cA\u201d", 1000, "p0", "adult", 160, 1900),)
OFFER = Offer(
    id="BLUE~1~0-1", sailing="1", operator="BLUE", operator_name="Blue", vessel="Moon",
    origin="AAA", origin_name="Aaa", origin_zone="Europe/London",
    destination="BBB", destination_name="Bbb", destination_zone="Europe/Paris",
    departs_at=datetime(2027, 6, 1, 19, tzinfo=UTC), arrives_at=datetime(2027, 6, 1, 20, 30, tzinfo=UTC),
    currency="EUR", lines=LINES, left={"persons": 7},
)  # fmt: skip


def parsed(*offers):
    return json.loads(offers_json(offers))


def test_writes_nothing_as_an_empty_list():
    assert parsed() == []


def test_each_offer_is_whole_and_has_its_own_facts():
    other = replace(OFFER, id="BLUE~2~0-1", sailing="2", vessel="Sun", left={"persons": 0})

    first, second = parsed(OFFER, other)

    assert first["price"] == second["price"] == {
        "amount": 1000,
        "currency": "EUR",
        "lines": [
            {
                "kind": "passenger", "label": "Adult \u201cA\u201d", "amount": 1000, "item": "p0",
                "rule": "adult", "vat": 160,
            }
        ],
    }  # fmt: skip
    assert (first["vessel"], first["left"]) == ("Moon", {"persons": 7})
    assert (second["vessel"], second["left"]) == ("Sun", {"persons": 0})
    assert first["departure_local"] == "2027-06-01T20:00:00+01:00"
    assert first["arrival_local"] == "2027-06-01T22:30:00+02:00"
    assert first["duration_minutes"] == 90


def test_offers_of_others_keep_their_own_price_seller_and_currency():
    dearer = replace(OFFER, lines=(replace(LINES[0], amount=1200),))
    without = replace(OFFER, lines=(), refusals=(Refusal("no_fare", "None."),))
    abroad = replace(without, currency="USD", operator_name="Blue again")

    found = parsed(OFFER, dearer, without, abroad)

    assert [(each["price"]["amount"], each["price"]["currency"]) for each in found] == [
        (1000, "EUR"), (1200, "EUR"), (0, "EUR"), (0, "USD"),
    ]  # fmt: skip
    assert [each["operator_name"] for each in found] == ["Blue", "Blue", "Blue", "Blue again"]
    assert [each["bookable"] for each in found] == [True, True, False, False]
