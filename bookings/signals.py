"""What this floor announces, inside the transaction that changed the state.

Every signal carries `booking`. Receivers write rows of their own app or add a durable job;
they never touch the network. The table is in ARCHITECTURE.md and a test compares it.
"""

from django.dispatch import Signal

booking_paid = Signal()
booking_confirmed = Signal()
# Also carries `refund_due` and `voucher_due` (minor units) and `reason`.
booking_cancelled = Signal()
# A part is cancelled, the booking stands. Also carries `refund_due`, `voucher_due`, `reason`, `legs`
# (primary keys of those of which something is cancelled) and `event`, whose id names this
# cancellation.
items_cancelled = Signal()
# The hold ended without money: an open payment must be closed.
booking_expired = Signal()
# A change of a confirmed booking is applied: also carries `amendment` and `refund_due`.
booking_amended = Signal()
# The operator changed ship or times of a crossing: also carries `event`, which names this change,
# and `changes`, a list of {"leg": primary key, "what": "vessel" or "times", "before": name or ISO
# moment}.
crossing_changed = Signal()
# A change was not paid in time or was withdrawn: its open payment must be closed.
amendment_ended = Signal()
