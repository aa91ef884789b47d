"""What the mails say of money that became a voucher or went back to one."""

import pytest

from bookings.tests.cancel_worlds import cancel
from bookings.tests.makers import held
from maritime.lib import clock
from notifications import messages
from notifications.models import Message
from payments.models import Refund, Voucher
from payments.operations.spend import spend_voucher
from payments.tests.test_vouchers import send_all, sold, voucher

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.PAYMENTS_DEMO = True
    settings.BASE_URL = "http://127.0.0.1:9"
    settings.FORBID_CALLS_IN_TRANSACTION = False


def mail(key: str):
    message = messages.load(Message.objects.get(key__startswith=key).pk)
    assert messages.is_still_true(message)
    return messages.build(message, now=clock.now())


def test_mails_of_a_cancellation_with_a_voucher():
    booking = sold()
    cancel(booking, now=clock.now())
    found = Voucher.objects.get()

    cancellation, own = mail("cancellation:"), mail(f"voucher:{found.pk}")

    text = cancellation.body
    assert "Cancellation charge: USD 5.00" in text
    assert "You get back: USD 0.00" in text
    assert "As a voucher; its code comes in a mail of its own: USD 5.00" in text
    assert "nothing is paid back" not in text
    assert own.subject == f"Demo: Your voucher of USD 5.00 ({booking.reference})"
    assert found.code in own.body
    assert found.code in own.alternatives[0][0]
    assert "your bank" not in own.body


def test_the_mail_of_a_refund_to_a_voucher():
    found, booking = voucher(1500), held(now=clock.now())
    spend_voucher(booking.pk, code=found.code, now=clock.now())
    cancel(booking, now=clock.now())
    send_all()
    refund = Refund.objects.get(payment__booking=booking)

    text = mail(f"refund:{refund.pk}").body

    assert f"on your voucher {found.code}" in " ".join(text.split())
    assert f"USD {(1500 - 1000 + refund.amount) / 100:.2f}" in text
