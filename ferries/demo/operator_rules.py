"""The published cancellation and amendment rules of real operators, as terms. Pure data.

Where an operator counts days, a day is 24 hours and "21 to 8 days" ends where "22 days" begins.
docs/conditions.md says how each text was read, and which values are examples of ours because the
text gives none. Amounts are minor units of the operator's currency.
"""

from ferries.conditions import Band, Terms

DAY = 24
WEEK = 7 * DAY

BRITTANY_ECONOMY = Terms(
    family="economy",
    bands=(
        Band("all", percent=100, reference="first", sentence="Economy is not refundable."),
        Band(
            "amendment", action="amend", charge="flat", amount=2000, per="booking",
            reference="first", sentence="An amendment costs £20.",
        ),
    ),
    amend_until_hours=0,
)  # fmt: skip
BRITTANY_STANDARD = Terms(
    family="standard",
    bands=(
        Band(
            "deposit", from_hours=60 * DAY, percent=50, reference="first",
            sentence="60 days or more before: the deposit of 50 % is kept.",
        ),
        Band(
            "voucher", from_hours=15 * DAY, to_hours=60 * DAY, percent=50, reference="first",
            medium="voucher", sentence="15 to 59 days before: 50 % is kept, the rest is a voucher.",
        ),
        Band(
            "all", to_hours=15 * DAY, percent=100, reference="first",
            sentence="14 days before or later: nothing is refunded.",
        ),
    ),
)  # fmt: skip
BRITTANY_FLEXI = Terms(
    family="flexi",
    bands=(
        Band("quarter", percent=25, reference="first", sentence="25 % is kept."),
        Band(
            "amendment", action="amend", from_hours=4, charge="none", reference="first",
            sentence="Amendments are free until 4 hours before departure.",
        ),
        Band(
            "too-late", action="amend", to_hours=4, percent=100, reference="first",
            sentence="No amendment in the last 4 hours before departure.",
        ),
    ),
    amend_until_hours=4,
)  # fmt: skip
IRISH_ECONOMY = Terms(
    family="economy",
    bands=(Band("all", percent=100, sentence="Economy is not refundable."),),
)
IRISH_FLEXIBLE = Terms(
    family="flexible",
    bands=(
        Band(
            "free", from_hours=DAY, charge="none", reference="outbound",
            sentence="Full refund until 24 hours before the outbound departure.",
        ),
        Band(
            "all", to_hours=DAY, percent=100, reference="outbound",
            sentence="Nothing is refunded in the last 24 hours before the outbound departure.",
        ),
        Band(
            "amendment", action="amend", charge="flat", amount=1000, per="sailing",
            sentence="Each amendment costs £10 per sailing.",
        ),
    ),
    amend_until_hours=0,
)  # fmt: skip
SUPERFAST = Terms(
    family="standard",
    bands=(
        Band("free", from_hours=22 * DAY, charge="none", sentence="22 days or more before: free."),
        Band(
            "fifth", from_hours=8 * DAY, to_hours=22 * DAY, percent=20,
            sentence="21 to 8 days before: 80 % is refunded.",
        ),
        Band(
            "half", from_hours=DAY, to_hours=8 * DAY, percent=50,
            sentence="7 days to 24 hours before: 50 % is refunded.",
        ),
        Band("all", to_hours=DAY, percent=100, sentence="In the last 24 hours: no refund."),
    ),
    always_refunded=("surcharge",),
)  # fmt: skip
GREEK_DOMESTIC = Terms(
    family="domestic",
    bands=(
        Band("free", from_hours=14 * DAY, charge="none", sentence="14 days or more before: free."),
        Band(
            "quarter", from_hours=7 * DAY, to_hours=14 * DAY, percent=25,
            sentence="14 to 7 days before: 75 % is refunded.",
        ),
        Band(
            "half", from_hours=12, to_hours=7 * DAY, percent=50,
            sentence="7 days to 12 hours before: 50 % is refunded.",
        ),
        Band("all", to_hours=12, percent=100, sentence="In the last 12 hours: no refund."),
        Band(
            "open-date", action="amend", from_hours=DAY, charge="none",
            sentence="Free change, or an open date, until 24 hours before departure.",
        ),
        Band(
            "too-late", action="amend", to_hours=DAY, percent=100,
            sentence="No change in the last 24 hours before departure.",
        ),
    ),
    amend_until_hours=DAY,
)  # fmt: skip


def _blue_star(*, until_hours: int) -> Terms:
    return Terms(
        family="high-season",
        bands=(
            Band("free", from_hours=7 * DAY, charge="none", sentence="Free until 7 days before."),
            Band(
                "half", from_hours=until_hours, to_hours=7 * DAY, percent=50,
                sentence=f"7 days to {until_hours} hours before: 50 % is refunded.",
            ),
            Band(
                "all", to_hours=until_hours, percent=100,
                sentence=f"In the last {until_hours} hours: no refund.",
            ),
        ),
    )  # fmt: skip


BC_FERRIES_SAVER = Terms(
    family="saver",
    bands=(
        Band(
            "passenger", charge="none", components=("passenger",),
            sentence="The full fare of a passenger who does not travel is refunded.",
        ),
        Band("all", percent=100, sentence="The saver fare of the vehicle is not refundable."),
        Band(
            "vehicle-change", action="amend", charge="none", components=("vehicle", "trailer"),
            sentence="Another vehicle costs the difference only.",
        ),
        Band(
            "time-change", action="amend", from_hours=1, charge="flat", amount=500,
            per="booking", sentence="A change of time costs $5 until 1 hour before departure.",
        ),
        Band(
            "too-late", action="amend", to_hours=1, percent=100,
            sentence="No change of time in the last hour before departure.",
        ),
    ),
    amend_until_hours=1,
)  # fmt: skip
WSF = Terms(
    family="reservation",
    bands=(
        Band("free", from_hours=DAY, charge="none", sentence="Free until 24 hours before."),
        Band("deposit", to_hours=DAY, percent=25, sentence="The deposit of 25 % is kept."),
        Band(
            "change", action="amend", from_hours=DAY, charge="none",
            sentence="Changes are free until 24 hours before departure.",
        ),
        Band(
            "change-late", action="amend", to_hours=DAY, percent=25,
            sentence="A change in the last 24 hours costs the deposit of 25 %.",
        ),
        Band(
            "no-show", action="no_show", percent=25,
            sentence="Who does not show up loses the deposit of 25 %.",
        ),
    ),
    amend_until_hours=DAY,
)  # fmt: skip
NORTHLINK_FREIGHT = Terms(
    family="freight",
    bands=(
        Band("six-weeks", from_hours=6 * WEEK, percent=5, sentence="More than 6 weeks before: 5 %."),
        Band(
            "weeks", from_hours=2 * WEEK, to_hours=6 * WEEK, percent=20,
            sentence="6 to 2 weeks before: 20 %.",
        ),
        Band("late", from_hours=2, to_hours=2 * WEEK, percent=50, sentence="Last 2 weeks: 50 %."),
        Band("all", to_hours=2, percent=100, sentence="After check-in has opened: 100 %."),
    ),
)  # fmt: skip
AGENTS = Terms(
    family="agent",
    bands=(
        Band(
            "agent-fee", percent=10, per="booking",
            sentence="The agent keeps 10 % of what the operator refunds.",
        ),
        Band(
            "agent-change", action="amend", percent=5, minimum=1500, maximum=5000, per="booking",
            sentence="The agent's fee for a change: 5 % of the booking, at least 15, at most 50.",
        ),
    ),
    amend_until_hours=0,
)  # fmt: skip

RULE_SETS: dict[str, Terms] = {
    "brittany-economy": BRITTANY_ECONOMY,
    "brittany-standard": BRITTANY_STANDARD,
    "brittany-flexi": BRITTANY_FLEXI,
    "irish-economy": IRISH_ECONOMY,
    "irish-flexible": IRISH_FLEXIBLE,
    "superfast": SUPERFAST,
    "greek-domestic": GREEK_DOMESTIC,
    "blue-star-high-season": _blue_star(until_hours=4),
    "blue-star-saronic": _blue_star(until_hours=2),
    "bc-ferries-saver": BC_FERRIES_SAVER,
    "wsf": WSF,
    "northlink-freight": NORTHLINK_FREIGHT,
    "agents": AGENTS,
}
# The operators' texts in short; the traveller of an example tariff reads them with the fare family.
RULE_TEXTS: dict[str, str] = {
    "brittany-economy": "No refund; an amendment costs £20.",
    "brittany-standard": "60+ days: 50 % kept (deposit); 15-59 days: 50 % kept, rest as voucher; "
    "0-14 days: 100 % kept.",
    "brittany-flexi": "25 % kept always, rest by original means; free amendments to 4 h before.",
    "irish-economy": "No refund.",
    "irish-flexible": "More than 24 h before: full refund; amendment fee per sailing and each time.",
    "superfast": "22+ days: 100 % refunded; 21-8 days: 80 %; 7 days to 24 h: 50 %; then nothing. "
    "Fuel and ETS surcharge always refunded.",
    "greek-domestic": "14 days: 100 % refunded; 7 days: 75 %; 12 h: 50 %; later 0. "
    "Open date until 24 h before.",
    "blue-star-high-season": "Free to 7 days; then 50 % until 4 h; then nothing refunded.",
    "blue-star-saronic": "Free to 7 days; then 50 % until 2 h; then nothing refunded.",
    "bc-ferries-saver": "Time change $5 until 1 h before; removed passenger: full passenger fare "
    "back; vehicle type change: difference only.",
    "wsf": "Change and cancel free until 24 h before; a no-show loses the deposit.",
    "northlink-freight": "5 % kept > 6 weeks, 20 % <= 6 weeks, 50 % <= 2 weeks, 100 % after "
    "check-in opens.",
    "agents": "Own fee on top: 10 % of the refundable sum, and a change fee by booking value.",
}
