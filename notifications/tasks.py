"""The mails as tasks; each sends the message that its job names, once."""

from celery import shared_task

from maritime.lib import clock
from maritime.ops.tasks import DurableTask
from notifications import outbox, reminders


@shared_task(base=DurableTask, name="notifications.send_booking_confirmation_email")
def send_booking_confirmation_email(message_id: int) -> None:
    """Send the tickets of a confirmed booking."""
    outbox.send_once(message_id)


@shared_task(base=DurableTask, name="notifications.send_cancellation_email")
def send_cancellation_email(message_id: int) -> None:
    """Say that a booking is cancelled, what that costs and what comes back."""
    outbox.send_once(message_id)


@shared_task(base=DurableTask, name="notifications.send_payment_success_email")
def send_payment_success_email(message_id: int) -> None:
    """Say that the money has arrived and what happens next."""
    outbox.send_once(message_id)


@shared_task(base=DurableTask, name="notifications.send_payment_failed_email")
def send_payment_failed_email(message_id: int) -> None:
    """Say that a payment failed and until when another one is possible."""
    outbox.send_once(message_id)


@shared_task(base=DurableTask, name="notifications.send_refund_confirmation_email")
def send_refund_confirmation_email(message_id: int) -> None:
    """Say how much money is on its way back, to where and for how long."""
    outbox.send_once(message_id)


@shared_task(base=DurableTask, name="notifications.send_departure_reminder_email")
def send_departure_reminder_email(message_id: int) -> None:
    """Say when and where a crossing departs soon, with its tickets."""
    outbox.send_once(message_id)


@shared_task(base=DurableTask, name="notifications.send_sailing_change_email")
def send_sailing_change_email(message_id: int) -> None:
    """Say what the operator has changed of a crossing, with new tickets."""
    outbox.send_once(message_id)


@shared_task(base=DurableTask, name="notifications.remind_of_departures")
def remind_of_departures() -> int:
    """Queue reminders of what departs within a day."""
    return reminders.remind_of_departures(now=clock.now())
