"""Scenarios: late, double and wrong money."""

from payments.tests.money.rows import Row

BOUGHT = {"booking": "confirmed 1000", "payments": "succeeded 1000", "mails": "paid tickets"}
RETURNED = {
    "booking": "expired 0",
    "payments": "succeeded 1000 back 1000",
    "refunds": "succeeded 1000",
    "mails": "refund",
}

ROWS = (
    Row(
        "The money is late, the places are still there",
        "hold; start; pay; wait 16; deliver",
        **BOUGHT,
    ),
    Row(
        "The money is late, the hold was swept, the places are still there",
        "hold; start; pay; drop; wait 16; sweep",
        **BOUGHT,
    ),
    Row(
        "The money is late and the places are gone",
        "hold; start; pay; wait 16; rival takes rest; deliver",
        **RETURNED,
    ),
    Row(
        "The money is late, nobody tells of it, the places are gone",
        "hold; start; pay; drop; wait 16; rival takes rest; sweep",
        **RETURNED,
    ),
    Row(
        "The traveller returns late, the places are gone",
        "hold; start; pay; drop; wait 16; rival takes rest; returns; work",
        **RETURNED,
    ),
    Row(
        "A slow bank pays after a day: the places were kept",
        "hold; start; pay by bank; deliver; wait 1500; sweep; bank says yes; deliver",
        **BOUGHT,
    ),
    Row(
        "A slow bank pays when the ship has left",
        "hold; start; pay by bank; deliver; wait 6000; sweep; bank says yes; deliver",
        **RETURNED,
    ),
    Row(
        "The ship has left when the money comes",
        "hold; start; pay; drop; wait 6000; sweep",
        **RETURNED,
    ),
    Row(
        "The customer cancels before paying",
        "hold; start; cancel; work; pays in vain; deliver",
        booking="cancelled 0",
        payments="canceled",
        mails="cancelled",
    ),
    Row(
        "The customer cancels while the money is on its way to us",
        "hold; start; pay; cancel; deliver",
        booking="cancelled 0",
        payments="succeeded 1000 back 1000",
        refunds="succeeded 1000",
        mails="cancelled refund",
    ),
    Row(
        "The customer cancels while the money comes, no event comes",
        "hold; start; pay; drop; cancel; work",
        booking="cancelled 0",
        payments="succeeded 1000 back 1000",
        refunds="succeeded 1000",
        mails="cancelled refund",
    ),
    Row(
        "Staff cancel while a slow bank works, it pays",
        "hold; start; pay by bank; deliver; staff cancel; work; bank says yes; deliver",
        booking="cancelled 0",
        payments="succeeded 1000 back 1000",
        refunds="succeeded 1000",
        mails="cancelled refund",
    ),
    Row(
        "Staff cancel while a slow bank works, it says no",
        "hold; start; pay by bank; deliver; staff cancel; work; bank says no; deliver; wait 6; sweep; "
        "pays in vain",
        booking="cancelled 0",
        payments="canceled",
        mails="cancelled",
    ),
    Row(
        "Paid, and cancelled at once, before the operator was asked",
        "hold; start; pay; post; returns; cancel; work",
        booking="cancelled 1000 back 1000",
        payments="succeeded 1000 back 1000",
        refunds="succeeded 1000",
        mails="cancelled paid refund",
    ),
    Row(
        "The operator refuses after the payment",
        "hold; start; pay; returns; operator refuses; work; deliver",
        booking="cancelled_by_operator 1000 back 1000",
        payments="succeeded 1000 back 1000",
        refunds="succeeded 1000",
        mails="cancelled paid refund",
    ),
    Row(
        "The money for a change comes too late",
        "buy; add traveller; start; pay; drop; wait 31; sweep",
        booking="confirmed 1000",
        payments="succeeded 1000, succeeded 1000 back 1000",
        refunds="succeeded 1000",
        mails="paid refund tickets",
    ),
    Row(
        "The change is taken back while its money comes",
        "buy; add traveller; start; pay; withdraw change; deliver",
        booking="confirmed 1000",
        payments="succeeded 1000, succeeded 1000 back 1000",
        refunds="succeeded 1000",
        mails="paid refund tickets",
    ),
    Row(
        "The booking is cancelled while the money of a change comes",
        "buy; add traveller; start; pay; cancel; deliver",
        booking="cancelled 1000 back 1000",
        payments="succeeded 1000 back 1000, succeeded 1000 back 1000",
        refunds="succeeded 1000, succeeded 1000",
        mails="cancelled paid refund refund tickets",
    ),
    Row(
        "Two payments for one booking: an answer was lost, and both are paid",
        "hold; fault create_intent lost; start 503; wait 3; start; pay; deliver; "
        "pay lost intent; deliver",
        booking="confirmed 1000",
        payments="succeeded 1000",
        mails="paid tickets",
    ),
    Row(
        "Less is collected than was asked for",
        "hold; start; pay wrong amount 900; deliver",
        booking="payment_pending 0",
        payments="quarantined 900",
        staff="quarantine",
    ),
    Row(
        "More is collected than was asked for",
        "hold; start; pay wrong amount 1100; deliver",
        booking="payment_pending 0",
        payments="quarantined 1100",
        staff="quarantine",
    ),
    Row(
        "Another currency is collected",
        "hold; start; pay wrong currency eur; deliver",
        booking="payment_pending 0",
        payments="quarantined 1000",
        staff="quarantine",
    ),
    Row(
        "The intent names another payment",
        "hold; start; tamper; pay; deliver",
        booking="payment_pending 0",
        payments="quarantined 1000",
        staff="quarantine",
    ),
    Row(
        "Staff give quarantined money back",
        "hold; start; pay wrong amount 900; deliver; refund 900; work; deliver",
        booking="payment_pending 0",
        payments="quarantined 900 back 900",
        refunds="succeeded 900",
        mails="refund",
        staff="quarantine",
    ),
    Row(
        "An event of the other mode is ignored",
        "hold; start; pay; drop; live event; work; wait 6; sweep",
        **BOUGHT,
        staff="webhook",
    ),
    Row(
        "A payment of another application is ignored",
        "hold; foreign payment; deliver",
        booking="held 0",
    ),
    Row(
        "Money of ours that no payment knows",
        "hold; start; orphan payment; deliver; retry; sweep",
        booking="payment_pending 0",
        payments="open",
        staff="dead_letter",
        dead=1,
    ),
)
