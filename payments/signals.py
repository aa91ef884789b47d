"""What this floor announces, inside the transaction that changed the state."""

from django.dispatch import Signal

# Each carries `payment`.
payment_succeeded = Signal()
payment_failed = Signal()
# Each carries `refund`.
refund_opened = Signal()
refund_settled = Signal()
