"""The conditions under which a leg is sold today; the booking keeps a copy."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from django.db import connection

from bookings.operations.journey import QuotedLeg
from ferries.conditions import Band, Terms
from maritime.lib import sql

BAND = sql.record("band", (field.name for field in fields(Band)))
OWN_BANDS = sql.records(
    BAND,
    "ferries_conditionband band WHERE band.family_id = family.id",
    order="band.from_hours, band.id",
)
COMMON_BANDS = sql.records(
    BAND,
    "ferries_conditionband band WHERE band.operator_id = operator.id AND band.family_id IS NULL",
    order="band.from_hours, band.id",
)
FAMILY = sql.record(
    "family",
    (field.name for field in fields(Terms) if field.name not in ("family", "bands")),
    family="family.code",
    bands=OWN_BANDS,
)
STATEMENT = f"""
SELECT {COMMON_BANDS}, {
    sql.records(
        FAMILY,
        "ferries_farefamily family WHERE family.operator_id = operator.id",
        order="family.id",
    )
}
FROM ferries_operator operator WHERE operator.id = %s
"""  # noqa: S608


NO_FAMILY = Terms().as_json()


def terms_of(legs: Sequence[QuotedLeg]) -> tuple[dict[str, Any], ...]:
    """Return the snapshot of each leg's conditions, as `Terms.as_json` writes it.

    One query for each operator: the server keeps its plan, as it does not for a list of operators.
    A fare family has its own bands, or else those of the operator.
    """
    found = {}
    with connection.cursor() as cursor:
        for operator in {leg.operator.pk for leg in legs}:
            cursor.execute(STATEMENT, [operator])
            found[operator] = cursor.fetchone()
    return tuple(_terms(leg.offer.family, *found[leg.operator.pk]) for leg in legs)


def _terms(code: str, common: list[Any], families: list[dict[str, Any]]) -> dict[str, Any]:
    family = next((each for each in families if each["family"] == code), NO_FAMILY)
    return {**family, "bands": family["bands"] or common}
