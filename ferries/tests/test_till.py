"""What is worked out once for all sailings of a day."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from ferries import berths
from ferries.fitting import AccommodationFacts, Fitting
from ferries.network import FamilyFacts, Pair, PortFacts, Seller, TariffFacts
from ferries.party import Party
from ferries.pricing import FareLine
from ferries.till import Till

DAY = date(2027, 6, 1)
NOW = datetime(2027, 5, 1, tzinfo=UTC)
CODES = ("four", "seat", "two")
PLACES = {"four": 4, "seat": 1, "two": 2}
PRICES = {"four": 9000, "seat": 2000, "two": 3500}
SHIP = Fitting(
    accommodation=tuple(
        AccommodationFacts(code, code, "cabin", PLACES[code], 1, PLACES[code], True, False, False)
        for code in CODES
    )
)


def port(code):
    return PortFacts(1, code, "", code, "GB", "Europe/London", None, None)


def fares(adult):
    cabins = (FareLine(code, "accommodation", code, code, PRICES[code]) for code in CODES)
    return (FareLine("adult", "passenger", "adult", "Adult", adult), *cabins)


def till(party, *, family="", **amounts):
    """Return a till for tariffs of so much for an adult, in families of these codes."""
    tariffs = [
        TariffFacts(
            "EUR",
            DAY,
            DAY,
            fares(amount),
            FamilyFacts(code, code.title(), order) if code else FamilyFacts(),
        )
        for order, (code, amount) in enumerate((amounts or {"": 1000}).items())
    ]
    seller = Seller(1, "BLUE", "Blue", "EUR", 50, 10, "", 0, tuple(tariffs), ())
    pair = Pair(port("AAA"), port("BBB"), (seller,), ())
    return Till(seller, pair, day=DAY, party=party, now=NOW, family=family)


def test_works_out_a_price_once_for_each_choice_of_accommodation():
    opened = till(Party(adults=2))

    first, again, other = opened.prices(()), opened.prices(()), opened.prices(("two",))

    assert first is again
    assert [price.amount for price in first] == [2000]
    assert [price.amount for price in other] == [5500]


def test_prices_in_the_family_that_is_asked_for_first():
    prices = till(Party(), family="flex", light=1000, flex=1500).prices(())

    assert [(price.family.code, price.amount) for price in prices] == [
        ("flex", 1500), ("light", 1000),
    ]  # fmt: skip


def test_tells_that_there_is_no_tariff():
    opened = till(Party())
    nothing = Till(opened.seller, opened.pair, day=date(2028, 1, 1), party=Party(), now=NOW).prices(
        ()
    )

    assert [[refusal.code for refusal in price.refusals] for price in nothing] == [["no_fare"]]


def test_amounts_of_cabins_and_pets_come_from_the_tariff():
    (price,) = till(Party()).prices(())

    assert (price.accommodation, price.pets) == (PRICES, {})


@given(
    persons=st.integers(1, 9),
    stocks=st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=1, max_size=6),
)
def test_the_cheapest_accommodation_is_that_of_the_rule_whatever_was_asked_before(persons, stocks):
    party = Party(adults=persons)
    opened = till(party)

    for stock in stocks:
        left = {f"acc:{code}": units for code, units in zip(CODES, stock, strict=True)}
        expected = berths.cheapest(SHIP, left, fares(1000), party)
        assert opened.cheapest(SHIP, left) == expected
