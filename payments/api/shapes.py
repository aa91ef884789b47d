"""The shapes of what the payments API answers, for the OpenAPI document."""

from maritime.lib.openapi import (
    AMOUNT,
    CURRENCY,
    FLAG,
    MOMENT,
    TEXT,
    Shape,
    listed,
    maybe,
    one_of,
    record,
)
from payments.models import Refund

STATE = one_of(Refund.State.values)

SHAPES: dict[str, Shape] = {
    "StartedPayment": record(
        "What a client needs to pay; a free booking has neither intent nor secret.",
        {
            "gateway": TEXT,
            "payment_intent": maybe(TEXT),
            "client_secret": maybe(TEXT),
            "amount": AMOUNT,
            "currency": CURRENCY,
        },
    ),
    "SpentVoucher": record(
        "What a voucher has paid, and what is left on it.",
        {
            "gateway": TEXT,
            "amount": AMOUNT,
            "currency": CURRENCY,
            "state": TEXT,
            "left": AMOUNT,
        },
    ),
    "Voucher": record(
        "A voucher that a cancellation issued; its code is as good as money.",
        {
            "code": TEXT,
            "amount": AMOUNT,
            "left": AMOUNT,
            "currency": CURRENCY,
            "expires_at": maybe(MOMENT),
        },
    ),
    "ToldRefund": record(
        "Money on its way back, as travellers are told of it.",
        {
            "id": TEXT,
            "amount": AMOUNT,
            "currency": CURRENCY,
            "state": one_of(("on_its_way", "waiting", "sent_back", "came_back", "voucher")),
            "text": TEXT,
            "opened_at": MOMENT,
        },
    ),
    "Refunds": record(
        "What one request of staff gives back: several refunds if several payments were needed.",
        {
            "reference": TEXT,
            "amount": AMOUNT,
            "currency": CURRENCY,
            "state": STATE,
            "refunds": listed(
                record(
                    "The refund of one payment.",
                    {
                        "id": TEXT,
                        "amount": AMOUNT,
                        "state": STATE,
                        "waits_for": {**TEXT, "description": "empty unless it is `waiting`"},
                        "reason": TEXT,
                    },
                )
            ),
        },
    ),
    "DemoPayment": record("Where a demo payment stands.", {"payment_intent": TEXT, "status": TEXT}),
    "Received": record("The event is stored.", {"received": FLAG, "duplicate": FLAG}),
}
