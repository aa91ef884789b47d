"""Planted faults: each breaks one rule of the product, and a row of the table must see it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from unittest import mock

import pytest

from payments.operations import events, failures, owners, send, settle
from payments.tests.money import checks
from payments.tests.money.steps import Story
from payments.tests.money.table import ROWS
from payments.tests.money.test_table import expected, outcome


@dataclass(frozen=True)
class Fault:
    """How the product is broken, and the situation that meets it."""

    name: str
    plant: Callable[[], AbstractContextManager[object]]
    situation: str


FAULTS = (
    Fault(
        "late money is kept",
        lambda: mock.patch.object(settle, "open_refund"),
        "The money is late and the places are gone",
    ),
    Fault(
        "any sum pays",
        lambda: mock.patch.object(settle, "mismatch", return_value=""),
        "Less is collected than was asked for",
    ),
    Fault(
        "events of others are ours",
        lambda: mock.patch.object(owners, "is_ours", return_value=True),
        "A payment of another application is ignored",
    ),
    Fault(
        "every decline is news",
        lambda: mock.patch.object(failures, "BURST", failures.BURST * 0),
        "Three cards are declined in a row",
    ),
    Fault(
        "the first refund is not looked for",
        lambda: mock.patch.object(send, "_find", return_value=None),
        "A refund fails after it was made, and the key remembers that",
    ),
    Fault(
        "refunds of the dashboard are not adopted",
        lambda: mock.patch.object(send, "_adopt", return_value=None),
        "Staff refund a part in the dashboard",
    ),
    Fault(
        "disputes are not looked at",
        lambda: mock.patch.object(events, "settle_dispute"),
        "A dispute is lost",
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "_"))
def test_the_table_sees_it(fault, transactional_db, provider):
    (row,) = [row for row in ROWS if row.situation == fault.situation]
    story = Story(provider)

    with fault.plant():
        story.tell(row.steps)

    assert outcome(story.booking) != expected(row) or checks.faults(provider) != []
