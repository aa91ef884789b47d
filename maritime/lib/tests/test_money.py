"""Money: sums are kept, decimals follow the currency, currencies do not mix."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maritime.lib import money
from maritime.lib.money import Money

amounts = st.integers(-(10**12), 10**12)
currencies = st.sampled_from(["USD", "EUR", "HUF", "JPY", "KRW", "KWD", "TND"])
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1105, "USD", "USD 11.05"),
        (0, "USD", "USD 0.00"),
        (-5, "EUR", "EUR -0.05"),
        (123456789, "USD", "USD 1,234,567.89"),
        (500, "JPY", "JPY 500"),
        (-1500, "KRW", "KRW -1,500"),
        (1005, "KWD", "KWD 1.005"),
    ],
)
def test_formats_with_the_currency_s_own_decimals(amount: int, currency: str, text: str) -> None:
    assert money.format_minor(amount, currency) == text
    assert str(Money(amount, currency)) == text


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("11.05", "USD", 1105), ("11.5", "USD", 1150), ("500", "JPY", 500), ("1.005", "KWD", 1005)],
)
def test_parses_major_units(text: str, currency: str, amount: int) -> None:
    assert money.parse_major(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"), [("11.055", "USD"), ("1.5", "JPY"), ("1.0005", "KWD")]
)
def test_refuses_decimals_that_the_currency_lacks(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="more decimals"):
        money.parse_major(text, currency)


@given(amounts, currencies)
def test_what_is_formatted_parses_back(amount: int, currency: str) -> None:
    number = money.format_minor(amount, currency).split()[1].replace(",", "")

    assert money.parse_major(number, currency) == amount


@given(st.integers(0, 10**12), weights)
def test_allocated_parts_sum_to_the_whole_and_stay_fair(amount: int, shares: list[int]) -> None:
    parts = money.allocate(amount, shares)

    assert sum(parts) == amount
    assert len(parts) == len(shares)
    whole = sum(shares)
    if whole:
        exact = [Decimal(amount) * share / whole for share in shares]
        assert all(abs(part - each) < 1 for part, each in zip(parts, exact, strict=True))


@given(st.integers(-(10**9), -1), weights)
def test_a_negative_amount_is_allocated_without_loss(amount: int, shares: list[int]) -> None:
    assert sum(money.allocate(amount, shares)) == amount


@pytest.mark.parametrize(
    ("amount", "shares", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [0, 0], [50, 50]),
        (5, [3, 0, 7], [2, 0, 3]),
        (1, [1, 1], [1, 0]),
        (0, [2, 3], [0, 0]),
    ],
)
def test_the_rest_goes_to_the_largest_remainders(
    amount: int, shares: list[int], parts: list[int]
) -> None:
    assert money.allocate(amount, shares) == parts


@pytest.mark.parametrize(
    ("amount", "percentage", "share"),
    [(1105, 50, 553), (1105, 10, 111), (1104, 50, 552), (1, 50, 1), (999, 0, 0), (999, 100, 999)],
)
def test_percent_rounds_halves_up(amount: int, percentage: int, share: int) -> None:
    assert money.percent(amount, percentage) == share


def test_percent_takes_exact_decimals() -> None:
    assert money.percent(10_000, Decimal("12.345")) == 1235


@pytest.mark.parametrize(
    ("amount", "shares", "parts"), [(40, [100, -20], [50, -10]), (1, [100, -20], [1, 0])]
)
def test_a_negative_weight_takes_a_negative_part(
    amount: int, shares: list[int], parts: list[int]
) -> None:
    assert money.allocate(amount, shares) == parts


@pytest.mark.parametrize(
    ("sums", "percentages", "parts"),
    [
        ([33, 33, 33], [50, 50, 50], [17, 17, 16]),
        ([100, 25, 25], [100, 1, 1], [100, 1, 0]),
        ([1, 1], [50, 49], [1, 0]),
        ([10, 0], [0, 100], [0, 0]),
        ([], [], []),
    ],
)
def test_percent_of_each_rounds_the_sum_once(
    sums: list[int], percentages: list[int], parts: list[int]
) -> None:
    assert money.percent_of_each(sums, percentages) == parts


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 100)), max_size=20))
def test_percent_of_each_keeps_the_rounded_sum_and_each_part_near(
    pairs: list[tuple[int, int]],
) -> None:
    parts = money.percent_of_each([a for a, _ in pairs], [p for _, p in pairs])

    exact = [Decimal(amount * share) / 100 for amount, share in pairs]
    assert sum(parts) == money.percent(sum(amount * share for amount, share in pairs), 1)
    assert all(abs(part - each) < 1 for part, each in zip(parts, exact, strict=True))
    assert all(0 <= part <= amount for part, (amount, _) in zip(parts, pairs, strict=True))


@given(st.lists(st.integers(-(10**6), 10**6), max_size=20))
def test_total_is_the_sum(values: list[int]) -> None:
    assert money.total([Money(v, "EUR") for v in values], "EUR") == Money(sum(values), "EUR")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="cannot combine USD with EUR"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(ValueError, match="cannot combine USD with JPY"):
        Money(1, "JPY") - Money(1, "USD")
    with pytest.raises(ValueError, match="cannot combine"):
        money.total([Money(1, "USD")], "EUR")


def test_subtracts() -> None:
    assert Money(1105, "USD") - Money(5, "USD") == Money(1100, "USD")
