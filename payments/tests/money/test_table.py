"""Each row of the scenario table, in each mode, ends as it says; and so does the night after it."""

import re

import pytest

from bookings.models import Booking
from maritime.ops.models import Job
from payments.models import Dispute, Payment, Refund
from payments.tests.money import checks, page
from payments.tests.money.play import MODES, NORMAL
from payments.tests.money.rows import Row
from payments.tests.money.steps import Story, described
from payments.tests.money.table import ROWS


def outcome(booking: Booking) -> dict[str, object]:
    """Return what has become of the booking, in the words of a row."""
    booking.refresh_from_db()
    back = f" back {booking.refunded}" if booking.refunded else ""
    payments = Payment.objects.filter(booking=booking).order_by("pk")
    refunds = Refund.objects.filter(payment__booking=booking).order_by("pk")
    disputes = Dispute.objects.filter(payment__booking=booking).order_by("pk")
    return {
        "booking": f"{booking.state} {booking.paid}{back}",
        "payments": ", ".join(described(one) for one in payments),
        "refunds": ", ".join(f"{one.state} {one.amount}" for one in refunds),
        "disputes": ", ".join(
            f"{one.state} {one.amount}" + (f" held {one.withdrawn}" if one.withdrawn else "")
            for one in disputes
        ),
        "mails": checks.mails(),
        "staff": checks.tasks(),
        "dead": Job.objects.filter(state="dead").count(),
    }


def expected(row: Row) -> dict[str, object]:
    facts = dict(vars(row))
    return {name: facts[name] for name in facts if name not in ("situation", "steps")}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: re.sub(r"\W+", "_", row.situation))
def test_row(row, mode, transactional_db, provider):
    story = Story(provider, mode=mode)

    story.tell(row.steps)

    assert outcome(story.booking) == expected(row)
    assert checks.faults(provider) == []
    if mode == NORMAL:
        provider.faults.clear()
        story.night()
        assert checks.faults(provider) == []


def test_situations_differ():
    assert len({row.situation for row in ROWS}) == len(ROWS) >= 60


def test_the_page_shows_the_table():
    assert page.PATH.read_text() == page.text(), "run: python -m payments.tests.money.page"
