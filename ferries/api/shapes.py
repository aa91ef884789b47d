"""The shapes of what the ferries API answers, for the OpenAPI document."""

from ferries.party import PET_PLACES
from maritime.lib.openapi import (
    AMOUNT,
    COUNTS,
    CURRENCY,
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    WHOLE,
    Shape,
    listed,
    maybe,
    one_of,
    record,
    ref,
)

# Moments on the wall clock of the port, with its offset from UTC.
LOCAL: Shape = {**MOMENT, "description": "on the wall clock of the port"}
PLACE = one_of(PET_PLACES)

NEAREST: Shape = {
    "type": "object",
    "description": "The closest thing that would fit, with numbers or an offer of its own.",
    "required": ["kind", "message"],
    "properties": {"kind": TEXT, "message": TEXT},
    "additionalProperties": True,
}
REFUSAL: Shape = {
    "type": "object",
    "description": "Why something cannot be booked, with the numbers behind it.",
    "required": ["code", "message"],
    "properties": {"code": TEXT, "message": TEXT, "nearest": NEAREST},
    "additionalProperties": True,
}
LINE_MEMBERS: dict[str, Shape] = {
    "kind": one_of(
        ("passenger", "vehicle", "trailer", "accommodation", "pet", "surcharge", "tax", "discount")
    ),
    "label": TEXT,
    "amount": {**AMOUNT, "description": "minor units; contains `vat`"},
    "item": {**TEXT, "description": "whose line it is: p0 ... persons, v0 vehicle, a0 ... cabins"},
    "rule": {**TEXT, "description": "code of the fare"},
    "vat": AMOUNT,
}

SHAPES: dict[str, Shape] = {
    "Refusal": REFUSAL,
    "PriceLine": record("One priced item.", LINE_MEMBERS),
    "Price": record(
        "The whole price for the party.",
        {"amount": AMOUNT, "currency": CURRENCY, "lines": listed(ref("PriceLine"))},
    ),
    "Fare": record(
        "A fare family; its `id` is the offer with it chosen.",
        {"id": TEXT, "family": TEXT, "name": TEXT, "sentence": TEXT, "amount": AMOUNT},
    ),
    "Accommodation": record(
        "Cabins, berths or seats of one type: what one unit costs, and how many are left.",
        {
            "code": TEXT,
            "name": TEXT,
            "kind": TEXT,
            "berths": WHOLE,
            "min_occupancy": WHOLE,
            "max_occupancy": WHOLE,
            "infants_ok": FLAG,
            "accessible": FLAG,
            "pets_ok": FLAG,
            "amount": AMOUNT,
            "left": WHOLE,
        },
    ),
    "PetPlace": record(
        "A way for a pet to travel; `left` is null where no places are counted.",
        {"place": PLACE, "amount": AMOUNT, "left": maybe(WHOLE)},
    ),
    "Offer": record(
        "One leg that an operator offers to the party, with its price or the reasons against it.",
        {
            "id": {**TEXT, "description": "what to book; opaque"},
            "sailing": TEXT,
            "operator": TEXT,
            "operator_name": TEXT,
            "vessel": TEXT,
            "origin": TEXT,
            "origin_name": TEXT,
            "origin_zone": TEXT,
            "destination": TEXT,
            "destination_name": TEXT,
            "destination_zone": TEXT,
            "departs_at": MOMENT,
            "arrives_at": MOMENT,
            "departure_local": LOCAL,
            "arrival_local": LOCAL,
            "duration_minutes": WHOLE,
            "bookable": FLAG,
            "refusals": listed(ref("Refusal")),
            "left": {**COUNTS, "description": "persons, and lane_cm where there is a car deck"},
            "price": ref("Price"),
            "family": TEXT,
            "family_name": TEXT,
            "fares": listed(ref("Fare")),
            "accommodation": listed(ref("Accommodation")),
            "accommodation_required": FLAG,
            "chosen_accommodation": listed(TEXT),
            "pets": listed(ref("PetPlace")),
            "check_in_minutes": {**WHOLE, "description": "0: no check-in"},
            "timetable_note": TEXT,
        },
    ),
    "OperatorAnswer": record(
        "How an operator answered the search; old answers are shown with their age.",
        {
            "code": TEXT,
            "status": one_of(("ok", "unavailable")),
            "age_seconds": WHOLE,
            "answered_at": maybe(MOMENT),
            "showing_last": FLAG,
        },
    ),
    "Direction": record(
        "The offers of one direction, by departure.",
        {"offers": listed(ref("Offer")), "operators": listed(ref("OperatorAnswer"))},
    ),
    "Search": record(
        "The way out, and the way back if it was asked for.",
        {"outbound": ref("Direction"), "inbound": maybe(ref("Direction"))},
    ),
    "Port": record(
        "A port that can be searched.",
        {
            "code": TEXT,
            "unlocode": {**TEXT, "description": "empty where there is none"},
            "name": TEXT,
            "country": {**TEXT, "description": "ISO 3166-1 alpha-2"},
            "zone": {**TEXT, "description": "IANA time zone"},
            "latitude": maybe(NUMBER),
            "longitude": maybe(NUMBER),
        },
    ),
    "Ports": record(
        "Ports by name; `next` is there if others follow.",
        {"ports": listed(ref("Port")), "next": TEXT},
        optional=["next"],
    ),
    "DeckArea": record(
        "What is left of a part of the car deck, or of a bay for two-wheelers.",
        {"code": TEXT, "clear_height_cm": WHOLE, "left_cm": WHOLE, "left_places": WHOLE},
        optional=["left_cm", "left_places"],
    ),
    "LegLeft": record(
        "What is left between two calls.",
        {
            "from": TEXT,
            "to": TEXT,
            "departs_at": MOMENT,
            "arrives_at": MOMENT,
            "persons": WHOLE,
            "deck_areas": listed(ref("DeckArea")),
            "accommodation": listed(
                record("A type of cabin or seat.", {"code": TEXT, "name": TEXT, "left": WHOLE})
            ),
            "pets": COUNTS,
        },
    ),
    "Availability": record(
        "What the public can take of a sailing.",
        {"sailing": TEXT, "operator": TEXT, "status": TEXT, "legs": listed(ref("LegLeft"))},
    ),
}
