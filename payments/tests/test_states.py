import itertools

import pytest

from payments import states
from payments.errors import WrongMove
from payments.models import Payment, Refund
from payments.tests.makers import refunded, succeeded

PAYMENT_MOVES = {
    ("open", "processing"), ("open", "succeeded"), ("open", "canceled"), ("open", "quarantined"),
    ("processing", "open"), ("processing", "succeeded"), ("processing", "canceled"),
    ("processing", "quarantined"), ("canceled", "succeeded"), ("canceled", "quarantined"),
}  # fmt: skip
REFUND_MOVES = {
    ("requested", "pending"), ("requested", "succeeded"), ("requested", "failed"),
    ("requested", "canceled"), ("pending", "succeeded"), ("pending", "failed"),
    ("pending", "canceled"), ("succeeded", "failed"),
    ("waiting", "waiting"), ("waiting", "requested"), ("waiting", "canceled"),
    ("requested", "waiting"), ("requested", "unknown"), ("unknown", "waiting"),
    ("unknown", "pending"), ("unknown", "succeeded"), ("unknown", "failed"),
    ("unknown", "canceled"),
}  # fmt: skip


@pytest.mark.parametrize(("came_from", "to"), itertools.product(Payment.State.values, repeat=2))
def test_payment_moves_are_the_table(came_from, to):
    assert states.payment_may(Payment(state=came_from), to) == ((came_from, to) in PAYMENT_MOVES)


@pytest.mark.parametrize(("came_from", "to"), itertools.product(Refund.State.values, repeat=2))
def test_refund_moves_are_the_table(came_from, to):
    assert states.refund_may(Refund(state=came_from), to) == ((came_from, to) in REFUND_MOVES)


@pytest.mark.django_db
def test_wrong_moves_write_nothing():
    payment = succeeded()
    refund = refunded(payment, 100)

    with pytest.raises(WrongMove):
        states.move_payment(payment, "open")
    with pytest.raises(WrongMove):
        states.move_refund(refund, "requested")

    assert Payment.objects.get().state == "succeeded"
    assert Refund.objects.get().state == "succeeded"
