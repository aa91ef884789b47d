"""Events of disputes bring the dispute to the provider's state, over the wire."""

import pytest
import responses

from maritime.lib import clock
from payments.models import Dispute, Payment
from payments.operations.events import DISPUTE_EVENTS, process_event
from payments.tests.makers import at_provider, event, post, succeeded

pytestmark = pytest.mark.django_db
API = "https://api.stripe.com/v1"


@pytest.fixture
def payment(settings):
    """A payment that Stripe has collected."""
    payment = succeeded()
    Payment.objects.update(gateway="stripe")
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = "sk_test_1"
    settings.STRIPE_API_BASE = ""
    return payment


@pytest.mark.parametrize("kind", sorted(DISPUTE_EVENTS))
def test_dispute_is_followed_at_every_event(client, payment, kind):
    dispute = {
        "id": "dp_1",
        "object": "dispute",
        "amount": 1000,
        "currency": "usd",
        "status": "needs_response",
        "payment_intent": payment.intent_id,
        "created": 1_800_000_000,
    }
    facts = event(
        payment, kind, data={"object": {"id": "dp_1", "payment_intent": payment.intent_id}}
    )
    post(client, facts)

    with responses.RequestsMock() as api:
        api.get(f"{API}/disputes/dp_1", json=dispute)
        none = {"object": "list", "url": "/v1/refunds", "data": [], "has_more": False}
        api.get(f"{API}/refunds", json=none)
        assert process_event(facts["id"], now=clock.now()).state == "done"

    assert Dispute.objects.values_list("dispute_id", "state", "payment").get() == (
        "dp_1", "needs_response", payment.pk,
    )  # fmt: skip
    assert at_provider(payment).status == "succeeded"
