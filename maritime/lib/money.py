"""Money: whole minor units and an ISO 4217 currency; floats never touch it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ZERO_DECIMAL = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
        "XAF", "XOF", "XPF",
    }
)  # fmt: skip
THREE_DECIMAL = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def exponent(currency: str) -> int:
    """Return the number of decimals that people write in the currency (ISO 4217)."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units (cents for USD, yen for JPY) of one currency."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + other._in(self.currency), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - other._in(self.currency), self.currency)

    def __str__(self) -> str:
        return format_minor(self.amount, self.currency)

    def _in(self, currency: str) -> int:
        if currency != self.currency:
            raise ValueError(f"cannot combine {self.currency} with {currency}")
        return self.amount


def total(parts: Iterable[Money], currency: str) -> Money:
    """Return the sum of the parts; an empty list gives zero of the currency."""
    result = Money(0, currency)
    for part in parts:
        result += part
    return result


def format_minor(amount: int, currency: str) -> str:
    """Return minor units as people read them: 1105 USD as "USD 11.05", 500 JPY as "JPY 500"."""
    digits = exponent(currency)
    sign = "-" if amount < 0 else ""
    units, rest = divmod(abs(amount), 10**digits)
    number = f"{units:,}" + (f".{rest:0{digits}d}" if digits else "")
    return f"{currency} {sign}{number}"


def parse_major(text: str, currency: str) -> int:
    """Return an amount written in major units ("11.05") as minor units; refuses lost digits."""
    minor = Decimal(text).scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{text} has more decimals than {currency} allows")
    return int(minor)


def percent(amount: int, percentage: Decimal | int) -> int:
    """Return the percentage of an amount in minor units, halves rounded away from zero."""
    share = Decimal(amount) * Decimal(percentage) / 100
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to the weights; the parts always sum to the amount.

    The rest of the division goes to the largest remainders, earlier parts first. A weight may be
    negative (a discount) as long as the sum is positive; its part then is negative too.
    """
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for index in order[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def percent_of_each(amounts: Sequence[int], percentages: Sequence[int]) -> list[int]:
    """Return a percentage of each amount; the parts sum to the whole rounded once, halves up.

    The rest goes to the largest remainders, earlier parts first, so that no part is a whole unit
    off its own percentage. Amounts and percentages are not negative.
    """
    exact = [amount * share for amount, share in zip(amounts, percentages, strict=True)]
    parts = [each // 100 for each in exact]
    order = sorted(range(len(exact)), key=lambda i: (-(exact[i] % 100), i))
    for index in order[: percent(sum(exact), 1) - sum(parts)]:
        parts[index] += 1
    return parts
