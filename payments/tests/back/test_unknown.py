"""The provider was asked and nobody knows what it did."""

from datetime import timedelta

import pytest

from maritime.lib import clock
from payments.errors import ProviderUnavailable
from payments.models import Refund
from payments.operations.send import send_refund, settle_refunds
from payments.tests.back.worlds import asked, open_tasks, paid, sums

pytestmark = pytest.mark.django_db
# Our own call and the one repetition of the SDK.
BOTH = 2


def send_in_vain(refund, *, now=None):
    with pytest.raises(ProviderUnavailable):
        send_refund(refund.pk, now=now or clock.now())
    refund.refresh_from_db()
    return refund


@pytest.mark.parametrize("kind", ["lost", "503", "409", "429", "500 before"])
def test_refund_without_an_answer_is_unknown_and_keeps_its_sum(provider, kind):
    payment = paid(provider)
    refund = asked(payment, 400)
    provider.faults.add("create_refund", kind, times=BOTH)
    now = clock.now()

    refund = send_in_vain(refund, now=now)

    assert (refund.state, refund.asked_at) == ("unknown", now)
    assert (sums(), open_tasks()) == ((400, 0, 0), [])


def test_the_moment_of_the_question_is_stored_before_it_is_asked(provider, transactional_db):
    payment = paid(provider)
    refund = asked(payment, 400)
    seen = []
    provider.on_request = lambda name: seen.append(
        (name, Refund.objects.values_list("state", "asked_at").get())
    )
    now = clock.now()

    send_refund(refund.pk, now=now)

    assert ("create_refund", ("requested", now)) in seen


def test_answer_that_was_lost_is_found_and_money_moves_once(provider):
    payment = paid(provider)
    refund = asked(payment, 400)
    provider.faults.add("create_refund", "lost", times=BOTH)
    send_in_vain(refund)

    refund = send_refund(refund.pk, now=clock.now())

    (made,) = provider.books.refunds_of(payment.intent_id)
    assert (refund.state, refund.refund_id, made["amount"]) == ("succeeded", made["id"], 400)
    assert sums() == (400, 0, 400)


def test_refund_that_was_never_made_is_asked_for_again(provider):
    payment = paid(provider)
    refund = asked(payment, 400)
    provider.faults.add("create_refund", "503", times=BOTH)
    send_in_vain(refund)

    refund = send_refund(refund.pk, now=clock.now())

    assert (refund.state, len(provider.books.refunds)) == ("succeeded", 1)


def test_after_the_life_of_the_key_the_list_tells_what_became_of_it(provider):
    payment = paid(provider)
    refund = asked(payment, 400)
    provider.faults.add("create_refund", "lost", times=BOTH)
    send_in_vain(refund)
    provider.keys.age(25 * 3600)

    refund = send_refund(refund.pk, now=clock.now() + timedelta(hours=25))

    assert (refund.state, len(provider.books.refunds)) == ("succeeded", 1)


def test_an_error_that_the_key_remembers_ends_with_the_life_of_the_key(provider):
    payment = paid(provider)
    refund = asked(payment, 400)
    provider.faults.add("create_refund", "500 before")
    send_in_vain(refund)
    send_in_vain(refund)
    provider.keys.age(25 * 3600)

    refund = send_refund(refund.pk, now=clock.now() + timedelta(hours=25))

    assert (refund.state, len(provider.books.refunds)) == ("succeeded", 1)


def test_unknown_refund_is_settled_by_the_list_alone(provider):
    payment = paid(provider)
    refund = asked(payment, 400)
    provider.faults.add("create_refund", "lost", times=BOTH)
    send_in_vain(refund)

    settle_refunds(payment.pk)

    assert Refund.objects.values_list("pk", "state").get() == (refund.pk, "succeeded")
    assert sums() == (400, 0, 400)


def test_a_row_that_was_given_up_does_not_hide_money_that_moved(provider):
    payment = paid(provider)
    refund = asked(payment, 400)
    provider.faults.add("create_refund", "lost", times=BOTH)
    send_in_vain(refund)
    Refund.objects.update(state="failed")
    type(payment).objects.update(refunded=0)

    settle_refunds(payment.pk)

    assert sorted(Refund.objects.values_list("state", "amount")) == [
        ("failed", 400), ("succeeded", 400),
    ]  # fmt: skip
    assert sums() == (400, 0, 400)


def test_nothing_left_at_the_provider_means_that_the_customer_has_it(provider):
    payment = paid(provider)
    refund = asked(payment, 1000)
    provider.controls.dashboard_refund(payment.intent_id, 1000)

    refund = send_refund(refund.pk, now=clock.now())

    assert (refund.state, refund.failure) == ("failed", "charge_already_refunded")
    assert list(Refund.objects.order_by("pk").values_list("state", "actor")) == [
        ("failed", "staff:1"), ("succeeded", "stripe"),
    ]  # fmt: skip
    assert (sums(), open_tasks()) == ((1000, 0, 1000), [])
