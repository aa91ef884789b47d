"""What this floor announces, inside the transaction that changed the state.

Receivers write rows of their own app or add a durable job; they never touch the network. The
table is in ARCHITECTURE.md and a test compares it.
"""

from django.dispatch import Signal

# Another ship or configuration: carries `sailing`, `plan` (a SwapPlan) and `actor`, `now`.
sailing_changed = Signal()
# A timetable has moved the times of sailings with bookings: carries `sailing_ids`.
sailings_rescheduled = Signal()
