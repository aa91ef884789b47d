"""What this floor announces, inside the transaction that changed the state.

Every signal carries `booking`. Receivers write rows of their own app or add a durable job;
they never touch the network. The table is in ARCHITECTURE.md and a test compares it.
"""

from django.dispatch import Signal

booking_paid = Signal()
booking_confirmed = Signal()
# Also carries `refund_due` (minor units) and `reason`.
booking_cancelled = Signal()
# The hold ended without money: an open payment must be closed.
booking_expired = Signal()
