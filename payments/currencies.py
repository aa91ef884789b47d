"""What a payment provider can charge: least amounts, steps, and its own minor units.

Pure. Our minor units are those of ISO 4217 (`maritime.lib.money`); the provider's differ for a few
currencies (https://docs.stripe.com/currencies#special-cases).
"""

from maritime.lib.money import THREE_DECIMAL

# Major units have no decimals here, and the provider wants two all the same, always 00.
HUNDREDFOLD = frozenset({"ISK", "UGX"})
# The other way round: two decimals by ISO, none at the provider.
HUNDREDTH = frozenset({"MGA"})
# In our minor units; from Stripe's table of minimum charges
# (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). What is not listed has
# no minimum here, and the provider's own answer counts.
MINIMUM = {
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "JPY": 50,
    "NOK": 300,
    "SEK": 300,
    "USD": 50,
}


def step(currency: str) -> int:
    """Return of what every amount (minor units) must be a multiple.

    Networks settle currencies with three decimals in tens.
    """
    if currency in HUNDREDTH:
        return 100
    return 10 if currency in THREE_DECIMAL else 1


def smallest_payable(amount: int, currency: str) -> int:
    """Return the smallest amount (minor units) from `amount` upwards that can be charged."""
    least = max(amount, MINIMUM.get(currency, 0))
    return least + -least % step(currency)


def to_provider(amount: int, currency: str) -> int:
    """Return our minor units as the provider counts; raises ValueError when it cannot."""
    if currency in HUNDREDFOLD:
        return amount * 100
    if currency not in HUNDREDTH:
        return amount
    if amount % 100:
        raise ValueError(f"{currency} has no decimals at the provider")
    return amount // 100


def from_provider(amount: int, currency: str) -> int:
    """Return the provider's minor units as ours.

    A fraction that should not exist is rounded up, so that it is seen as a difference.
    """
    if currency in HUNDREDFOLD:
        return -(-amount // 100)
    return amount * 100 if currency in HUNDREDTH else amount
