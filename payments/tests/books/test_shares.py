"""The share of each operator: exact, and never below nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.shares import split

AMOUNTS = st.integers(min_value=0, max_value=10**9)
BOOKS = st.dictionaries(st.sampled_from("ABCDE"), AMOUNTS, max_size=5)
TARGETS = st.dictionaries(st.sampled_from("ABCDE"), AMOUNTS, min_size=1, max_size=5)


def after(owed, changes):
    return {code: owed.get(code, 0) + changes.get(code, 0) for code in {*owed, *changes}}


@pytest.mark.parametrize(
    ("amount", "owed", "targets", "expected"),
    [
        pytest.param(300, {}, {"A": 100, "B": 200}, {"A": 100, "B": 200}, id="first payment"),
        pytest.param(100, {}, {"A": 1, "B": 1, "C": 1}, {"A": 34, "B": 33, "C": 33}, id="too much"),
        pytest.param(
            -60, {"A": 100, "B": 200}, {"A": 40, "B": 200}, {"A": -60}, id="a leg was cancelled"
        ),
        pytest.param(
            -90, {"A": 100, "B": 200}, {"A": 70, "B": 200}, {"A": -46, "B": -44}, id="and goodwill"
        ),
        pytest.param(
            -10, {"A": 10, "B": 20}, {"A": 10, "B": 20}, {"A": -3, "B": -7}, id="only goodwill"
        ),
        pytest.param(
            -30, {"A": 100, "B": 50}, {"A": 0, "B": 120}, {"A": -100, "B": 70}, id="cheaper change"
        ),
        pytest.param(
            50, {"A": 100}, {"B": 150}, {"A": -100, "B": 150}, id="dearer change of operator"
        ),
        pytest.param(0, {"A": 100}, {"A": 0, "B": 100}, {"A": -100, "B": 100}, id="no money moves"),
        pytest.param(0, {"A": 90, "B": 80}, {"A": 100, "B": 100}, {}, id="nobody has too much"),
        pytest.param(-50, {"A": 20}, {"A": 20}, {"A": -50}, id="beyond what is there"),
        pytest.param(5, {}, {}, {"": 5}, id="no legs"),
        pytest.param(100, {}, {"A": -50, "B": 150}, {"B": 100}, id="a discount beyond its leg"),
    ],
)
def test_shares(amount, owed, targets, expected):
    assert split(amount, owed=owed, targets=targets) == expected


@given(owed=BOOKS, targets=TARGETS, amount=AMOUNTS)
def test_money_that_comes_is_shared_out_to_the_last_cent(owed, targets, amount):
    changes = split(amount, owed=owed, targets=targets)

    assert sum(changes.values()) == amount
    assert min(after(owed, changes).values(), default=0) >= 0


@given(owed=BOOKS, targets=TARGETS, share=st.integers(min_value=0, max_value=100))
def test_money_that_goes_leaves_nobody_below_nothing(owed, targets, share):
    amount = sum(owed.values()) * share // 100

    changes = split(-amount, owed=owed, targets=targets)

    assert sum(changes.values()) == -amount
    assert min(after(owed, changes).values(), default=0) >= 0


@given(owed=BOOKS, targets=TARGETS)
def test_whoever_pays_exactly_what_is_due_brings_everybody_to_their_target(owed, targets):
    amount = sum(targets.values()) - sum(owed.values())

    found = after(owed, split(amount, owed=owed, targets=targets))

    assert {code: sum_ for code, sum_ in found.items() if sum_} == {
        code: sum_ for code, sum_ in targets.items() if sum_
    }


@given(owed=BOOKS, targets=TARGETS, amount=st.integers(min_value=-(10**9), max_value=10**9))
def test_nobody_is_above_the_target_while_another_is_below(owed, targets, amount):
    found = after(owed, split(amount, owed=owed, targets=targets))

    distances = [found.get(code, 0) - targets.get(code, 0) for code in {*found, *targets}]
    assert not (any(each > 0 for each in distances) and any(each < 0 for each in distances))
