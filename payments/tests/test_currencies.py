"""Amounts that a provider can charge, in currencies with 0, 2 and 3 decimals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import currencies

CODES = st.sampled_from(["EUR", "USD", "GBP", "DKK", "JPY", "ISK", "UGX", "KWD", "MGA", "XYZ"])
AMOUNTS = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("amount", "currency", "smallest"),
    [
        (1, "EUR", 50),
        (49, "EUR", 50),
        (50, "EUR", 50),
        (51, "EUR", 51),
        (29, "GBP", 30),
        (249, "DKK", 250),
        (299, "NOK", 300),
        (49, "JPY", 50),
        (1, "XYZ", 1),
        (1234, "KWD", 1240),
        (1240, "KWD", 1240),
        (150, "MGA", 200),
    ],
)
def test_smallest_payable(amount, currency, smallest):
    assert currencies.smallest_payable(amount, currency) == smallest


@pytest.mark.parametrize(
    ("amount", "currency", "at_provider"),
    [
        (1105, "USD", 1105),
        (500, "JPY", 500),
        (500, "ISK", 50_000),
        (500, "UGX", 50_000),
        (1240, "KWD", 1240),
        (1200, "MGA", 12),
    ],
)
def test_units_of_the_provider(amount, currency, at_provider):
    assert currencies.to_provider(amount, currency) == at_provider
    assert currencies.from_provider(at_provider, currency) == amount


def test_what_the_provider_cannot_write_is_not_rounded():
    with pytest.raises(ValueError, match="no decimals"):
        currencies.to_provider(1250, "MGA")


def test_a_fraction_that_should_not_exist_is_seen():
    assert currencies.from_provider(50_001, "ISK") == 501


@given(AMOUNTS, CODES)
def test_what_is_payable_survives_the_way_there_and_back(amount, currency):
    payable = currencies.smallest_payable(amount, currency)

    there = currencies.to_provider(payable, currency)

    assert payable >= amount
    assert currencies.smallest_payable(payable, currency) == payable
    assert currencies.from_provider(there, currency) == payable
