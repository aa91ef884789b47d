"""Scenarios: a provider that answers badly or not at all."""

from payments.tests.money.rows import Row

BOUGHT = {"booking": "confirmed 1000", "payments": "succeeded 1000", "mails": "paid tickets"}
GIVEN_BACK = {
    "booking": "cancelled 1000 back 1000",
    "payments": "succeeded 1000 back 1000",
    "refunds": "succeeded 1000",
    "mails": "cancelled paid refund tickets",
}
CLOSED = {"booking": "cancelled 0", "payments": "canceled", "mails": "cancelled"}

ROWS = (
    Row(
        "The answer to create is lost; the next try gets the same intent",
        "hold; fault create_intent lost; start 503; start; pay; deliver",
        **BOUGHT,
    ),
    Row(
        "Create is asked too often; the next try works",
        "hold; fault create_intent 429; start 503; start; pay; deliver",
        **BOUGHT,
    ),
    Row(
        "Create meets a lock; the next try works",
        "hold; fault create_intent 409; start 503; start; pay; deliver",
        **BOUGHT,
    ),
    Row(
        "Create is answered late",
        "hold; fault create_intent delay 1; start; pay; deliver",
        **BOUGHT,
    ),
    Row(
        "Create fails before anything happened, and the key remembers that",
        "hold; fault create_intent 500 before; start 503; start 503; wait 6; sweep; start; pay; deliver",
        booking="confirmed 1000",
        payments="canceled, succeeded 1000",
        mails="paid tickets",
    ),
    Row(
        "Create fails after the intent was made, and the key remembers that",
        "hold; fault create_intent 500 after; start 503; start 503; wait 6; sweep; start; pay; deliver",
        booking="confirmed 1000",
        payments="canceled, succeeded 1000",
        mails="paid tickets",
    ),
    Row(
        "The provider is away for two tries of the pay page",
        "hold; fault create_intent 503 4; start 503; start 503; start; pay; deliver",
        **BOUGHT,
    ),
    Row(
        "The event comes before we know the intent",
        "hold; fault create_intent lost; start 503; pay lost intent; deliver; returns",
        **BOUGHT,
    ),
    Row(
        "The provider is away when the event is processed",
        "hold; start; pay; fault retrieve_intent 503; deliver; retry",
        **BOUGHT,
    ),
    Row(
        "The provider is asked too often when the event is processed",
        "hold; start; pay; fault retrieve_intent 429 2; deliver; retry",
        **BOUGHT,
    ),
    Row(
        "The provider is away when the traveller returns",
        "hold; start; pay; drop; fault retrieve_intent 503; returns; wait 6; sweep",
        **BOUGHT,
    ),
    Row(
        "The answer to close is lost",
        "hold; start; fault cancel_intent lost; cancel; work; retry; pays in vain",
        **CLOSED,
    ),
    Row(
        "Close fails before anything happened",
        "hold; start; fault cancel_intent 500 before; cancel; work; retry; pays in vain",
        **CLOSED,
    ),
    Row(
        "Close fails after it was done",
        "hold; start; fault cancel_intent 500 after; cancel; work; retry",
        **CLOSED,
    ),
    Row(
        "Close is asked too often",
        "hold; start; fault cancel_intent 429; cancel; work; retry; pays in vain",
        **CLOSED,
    ),
    Row(
        "The customer pays while close is on its way, whose answer is lost",
        "hold; start; pay; drop; fault cancel_intent lost; cancel; work; retry",
        booking="cancelled 0",
        payments="succeeded 1000 back 1000",
        refunds="succeeded 1000",
        mails="cancelled refund",
    ),
    Row(
        "The answer to a refund is lost",
        "buy; fault create_refund lost; cancel; work; retry; deliver",
        **GIVEN_BACK,
    ),
    Row(
        "The answer to a refund is lost, its event is quicker than our next try",
        "buy; fault create_refund lost; cancel; work; deliver; retry",
        **GIVEN_BACK,
    ),
    Row(
        "A refund fails after it was made, and the key remembers that",
        "buy; fault create_refund 500 after; cancel; work; drop; wait 6; sweep; wait 10; sweep; wait 65; sweep",
        **GIVEN_BACK,
    ),
    Row(
        "A refund fails before it was made, and the key remembers that for a day",
        "buy; fault create_refund 500 before; cancel; work; night; deliver",
        **GIVEN_BACK,
    ),
    Row(
        "A refund is asked too often",
        "buy; fault create_refund 429; cancel; work; retry; deliver",
        **GIVEN_BACK,
    ),
    Row(
        "A refund meets a lock",
        "buy; fault create_refund 409; cancel; work; retry; deliver",
        **GIVEN_BACK,
    ),
    Row(
        "The provider is away for the refund",
        "buy; fault create_refund 503; cancel; work; retry; deliver",
        **GIVEN_BACK,
    ),
    Row(
        "The provider is away for an hour when a refund is due",
        "buy; fault create_refund 503 40; cancel; retry; all well; wait 60; sweep; retry; sweep; deliver",
        **GIVEN_BACK,
        staff="dead_letter",
        dead=1,
    ),
    Row(
        "A refund is answered late",
        "buy; fault create_refund delay 1; cancel; work; deliver",
        **GIVEN_BACK,
    ),
)
