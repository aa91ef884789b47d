"""Goal P10: what a hold and its confirmation cost this process, beside the bare ones.

Both run in this process, without HTTP and in turn. The product's confirmation is: the provider is
asked and the money taken in, the claims made firm, the operator asked, the tickets issued and the
jobs of what follows queued. Opening the payment comes before it, writing the PDF is goal P16.
"""

import statistics
import time

from bench import bare
from bench.report import Finding
from bookings.models import Booking
from bookings.operations import confirm
from bookings.operations.hold import hold_booking
from bookings.tests.makers import people, request
from ferries.tests import makers
from maritime.lib import clock
from payments.operations.settle import settle
from payments.operations.start import start_payment
from payments.tests.makers import at_provider

SERIES = 5
TIMES = 20
OPENING = "opening of the payment"
STEPS = ("hold", OPENING, "settlement", "tickets")


def measure() -> list[Finding]:
    """Measure series of both in turn; the figures are medians of CPU a booking."""
    run = makers.sailing(persons=1_000_000)
    row = bare.new_row().pk
    _buy(run, dict.fromkeys(STEPS, 0.0))
    bare.confirm(bare.hold(row))
    found, holds, compared, bare_holds = [], [], [], []
    parts: list[dict[str, float]] = []
    for _ in range(SERIES):
        spent = dict.fromkeys(STEPS, 0.0)
        for _ in range(TIMES):
            _buy(run, spent)
        parts.append(spent)
        found.append(sum(spent.values()) - spent[OPENING])
        holds.append(spent["hold"])
        hold_cpu, confirm_cpu = _bare(row)
        compared.append(hold_cpu + confirm_cpu)
        bare_holds.append(hold_cpu)
    ratio = statistics.median(a / b for a, b in zip(found, compared, strict=True))
    hold_ratio = statistics.median(a / b for a, b in zip(holds, bare_holds, strict=True))
    shares = ", ".join(
        f"{name} {statistics.median(part[name] for part in parts) / TIMES * 1000:.1f} ms"
        for name in STEPS
    )
    opened = statistics.median(
        part[OPENING] / bare_cpu for part, bare_cpu in zip(parts, compared, strict=True)
    )
    note = (
        f"{shares}; bare {statistics.median(compared) / TIMES * 1000:.1f} ms;"
        f" with the opening {ratio + opened:.1f} x"
    )
    return [
        Finding("P10", "hold + confirm, CPU / bare ORM hold + confirm", ratio, 3, note=note),
        Finding("P10", "of this the hold alone / bare ORM hold", hold_ratio, 3),
    ]


def _buy(run: makers.Sailing, spent: dict[str, float]) -> None:
    """Buy one crossing for two; add the CPU seconds of each step."""
    now = clock.now()
    wish = request(run, travellers=people(bare.PARTY))
    start = time.process_time()
    booking: Booking = hold_booking(wish, now=now)
    spent["hold"] += time.process_time() - start
    start = time.process_time()
    payment = start_payment(booking.pk, now=now).payment
    spent[OPENING] += time.process_time() - start
    # What happens at the provider is not our cost.
    at_provider(payment, status="succeeded", amount_received=payment.amount)
    start = time.process_time()
    settle(payment.pk, now=now)
    spent["settlement"] += time.process_time() - start
    start = time.process_time()
    confirm.confirm_with_operator(booking.pk, now=now)
    spent["tickets"] += time.process_time() - start
    booking.refresh_from_db()
    if booking.state != Booking.State.CONFIRMED:
        raise RuntimeError(f"the booking is {booking.state}")


def _bare(row: int) -> tuple[float, float]:
    hold_cpu = confirm_cpu = 0.0
    for _ in range(TIMES):
        start = time.process_time()
        booking = bare.hold(row)
        hold_cpu += time.process_time() - start
        start = time.process_time()
        bare.confirm(booking)
        confirm_cpu += time.process_time() - start
    return hold_cpu, confirm_cpu
