"""The shapes of what the bookings API answers, for the OpenAPI document."""

from bookings.assistance import CODES
from bookings.models import Amendment, Booking
from ferries.api.shapes import LINE_MEMBERS, LOCAL, PLACE
from maritime.lib.openapi import (
    AMOUNT,
    CURRENCY,
    FLAG,
    MOMENT,
    TEXT,
    WHOLE,
    Shape,
    listed,
    maybe,
    one_of,
    record,
    ref,
)

# Everything that is kept of a booking's traveller or vehicle has the name that its lines have.
ITEM: Shape = {**TEXT, "description": "its name within the booking: p0, v0, x0 ..."}
STATE = one_of(Booking.State.values)
NUMBER_OF_LEG: Shape = {**WHOLE, "description": "of the crossing, from 1"}
SUM_LINES = {"leg": NUMBER_OF_LEG, "item": ITEM, "kind": TEXT, "label": TEXT, "amount": AMOUNT}

SHAPES: dict[str, Shape] = {
    "Quote": record(
        "A price that holds until `expires_at` for who sends the token with a booking.",
        {
            "token": TEXT,
            "expires_at": MOMENT,
            "amount": AMOUNT,
            "vat": AMOUNT,
            "currency": CURRENCY,
            "legs": listed(
                record(
                    "The price of one crossing.",
                    {
                        "offer": TEXT,
                        "family": TEXT,
                        "accommodation": listed(TEXT),
                        "amount": AMOUNT,
                        "lines": listed(
                            record(
                                "One priced item.",
                                {
                                    **LINE_MEMBERS,
                                    "vat_bp": {**WHOLE, "description": "rate in 1/100 percent"},
                                },
                            )
                        ),
                    },
                )
            ),
        },
    ),
    "BookedPrice": record(
        "The price that was agreed to, with what was cancelled since.",
        {
            "amount": AMOUNT,
            "currency": CURRENCY,
            "lines": listed(
                record(
                    "One priced item.",
                    {**LINE_MEMBERS, "leg": NUMBER_OF_LEG, "cancelled_at": maybe(MOMENT)},
                )
            ),
        },
    ),
    "Held": record(
        "Places that are held until `expires_at`; the token opens the booking.",
        {
            "reference": TEXT,
            "state": STATE,
            "expires_at": maybe(MOMENT),
            "access_token": TEXT,
            "price": ref("BookedPrice"),
        },
    ),
    "BookedLeg": record(
        "One crossing of the journey.",
        {
            "leg": NUMBER_OF_LEG,
            "offer": TEXT,
            "sailing": TEXT,
            "operator": TEXT,
            "operator_name": TEXT,
            "operator_state": TEXT,
            "operator_reference": TEXT,
            "vessel": TEXT,
            "origin": TEXT,
            "origin_name": TEXT,
            "destination": TEXT,
            "destination_name": TEXT,
            "departs_at": MOMENT,
            "arrives_at": MOMENT,
            "departure_local": LOCAL,
            "arrival_local": LOCAL,
            "timetable_note": TEXT,
            "family": TEXT,
            "family_name": TEXT,
            "accommodation": listed(TEXT),
            "check_in_closes_at": maybe(MOMENT),
        },
    ),
    "Ticket": record(
        "A ticket; `qr` is what its code says, null once it is void.",
        {
            "serial": TEXT,
            "leg": NUMBER_OF_LEG,
            "item": ITEM,
            "issued_at": MOMENT,
            "voided_at": maybe(MOMENT),
            "qr": maybe(TEXT),
        },
    ),
    "Booking": record(
        "A booking with all that belongs to it.",
        {
            "reference": TEXT,
            "state": STATE,
            "version": {**WHOLE, "description": "counts changes"},
            "expires_at": maybe(MOMENT),
            "paid": AMOUNT,
            "refunded": AMOUNT,
            "price": ref("BookedPrice"),
            "passengers": listed(
                record(
                    "A traveller.",
                    {
                        "item": ITEM,
                        "category": TEXT,
                        "given_name": TEXT,
                        "surname": TEXT,
                        "age": maybe(WHOLE),
                    },
                )
            ),
            "vehicles": listed(
                record(
                    "A vehicle.",
                    {
                        "item": ITEM,
                        "kind": TEXT,
                        "length_cm": WHOLE,
                        "height_cm": WHOLE,
                        "trailer_length_cm": WHOLE,
                        "width_cm": WHOLE,
                        "weight_kg": WHOLE,
                        "charges": FLAG,
                        "registration": TEXT,
                    },
                )
            ),
            "pets": listed(record("A pet.", {"item": ITEM, "place": PLACE})),
            "assistance_dogs": WHOLE,
            "needs_accessible": FLAG,
            "assistance": listed({"type": "string", "enum": list(CODES)}),
            "assistance_note": TEXT,
            "legs": listed(ref("BookedLeg")),
            "tickets": listed(ref("Ticket")),
            "vouchers": listed(ref("Voucher")),
            "refunds": listed(ref("ToldRefund")),
        },
    ),
    "CancellationQuote": record(
        "What cancelling costs until `expires_at`; the token commits to exactly these sums.",
        {
            "token": TEXT,
            "refund": AMOUNT,
            "refund_original": {**AMOUNT, "description": "part that goes back where it came from"},
            "refund_voucher": {**AMOUNT, "description": "part that becomes a voucher"},
            "charge": AMOUNT,
            "currency": CURRENCY,
            "ends_booking": FLAG,
            "expires_at": MOMENT,
            "selection": record(
                "What is cancelled; both empty: everything.",
                {"legs": listed(WHOLE), "items": listed(TEXT)},
            ),
            "lines": listed(
                record(
                    "What cancelling one item costs, by which condition.",
                    {
                        "leg": NUMBER_OF_LEG,
                        "item": ITEM,
                        "kind": TEXT,
                        "label": TEXT,
                        "rule": TEXT,
                        "hours": {**WHOLE, "description": "until departure"},
                        "base": AMOUNT,
                        "charge": AMOUNT,
                        "refund": AMOUNT,
                        "medium": one_of(("original", "voucher")),
                        "sentence": TEXT,
                    },
                )
            ),
        },
    ),
    "AmendmentQuote": record(
        "What a change costs until `expires_at`; at most one of `due` and `refund` is positive.",
        {
            "token": TEXT,
            "before": listed(record("A line as it is.", SUM_LINES)),
            "after": listed(record("A line as it will be.", SUM_LINES)),
            "difference": AMOUNT,
            "fee": AMOUNT,
            "due": AMOUNT,
            "refund": AMOUNT,
            "currency": CURRENCY,
            "sentences": listed(TEXT),
            "expires_at": MOMENT,
        },
    ),
    "Amendment": record(
        "A change that is made, or that waits for its payment.",
        {
            "state": one_of(Amendment.State.values),
            "difference": AMOUNT,
            "fee": AMOUNT,
            "due": AMOUNT,
            "currency": CURRENCY,
            "expires_at": maybe(MOMENT),
            "booking": ref("Booking"),
        },
    ),
}
