"""The demo gateway plays the provider; nothing listens where its events would go by default."""

import pytest

from payments import signals


@pytest.fixture(autouse=True)
def _nobody_listens(settings):
    settings.BASE_URL = "http://127.0.0.1:9"
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_old"]
    # Most tests run inside a transaction of pytest's own.
    settings.FORBID_CALLS_IN_TRANSACTION = False


class Heard:
    """What the signals of payments said during a test."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def succeeded(self, sender, *, payment, **kwargs):
        self.said.append("payment_succeeded")

    def failed(self, sender, *, payment, **kwargs):
        self.said.append("payment_failed")

    def opened(self, sender, *, refund, **kwargs):
        self.said.append(f"refund_opened {refund.amount}")

    def settled(self, sender, *, refund, **kwargs):
        self.said.append(f"refund_settled {refund.amount}")


@pytest.fixture
def heard():
    listener = Heard()
    pairs = (
        (signals.payment_succeeded, listener.succeeded),
        (signals.payment_failed, listener.failed),
        (signals.refund_opened, listener.opened),
        (signals.refund_settled, listener.settled),
    )
    for signal, hear in pairs:
        signal.connect(hear)
    yield listener
    for signal, hear in pairs:
        signal.disconnect(hear)
