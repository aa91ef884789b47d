"""Background work of the bookings app: load, call one operation, done."""

from typing import Any

from celery import shared_task

from bookings.operations import cancel, check, confirm, disrupt, expire, reschedule, unreachable
from maritime.lib import clock
from maritime.ops.tasks import DurableTask


class OperatorTask(DurableTask):
    """Asks operators about one booking; when its job is given up, a person takes over."""

    abstract = True
    purpose = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run under the job; after its last failure open a task for staff."""
        try:
            return super().__call__(*args, **kwargs)
        except Exception as error:
            job_id = (self.request.headers or {}).get("job_id")
            if job_id is not None:
                unreachable.tell_staff(
                    kwargs["booking_id"], job_id=job_id, purpose=self.purpose, error=error
                )
            raise


@shared_task(base=DurableTask, name="bookings.check_ferry_availability")
def check_ferry_availability(booking_id: int) -> None:
    """Look live whether a booking's space still stands."""
    check.check_space(booking_id, now=clock.now())


@shared_task(base=OperatorTask, purpose="confirm", name="bookings.confirm_booking_with_operator")
def confirm_booking_with_operator(booking_id: int) -> None:
    """Ask the operators of a paid booking and issue its tickets."""
    confirm.confirm_with_operator(booking_id, now=clock.now())
    unreachable.settle(booking_id, purpose="confirm")


@shared_task(base=OperatorTask, purpose="cancel", name="bookings.cancel_booking_with_operator")
def cancel_booking_with_operator(booking_id: int) -> None:
    """Give the space of a cancelled or expired booking back to remote operators."""
    cancel.cancel_with_operator(booking_id)
    unreachable.settle(booking_id, purpose="cancel")


@shared_task(base=DurableTask, name="bookings.expire_holds")
def expire_holds() -> int:
    """Tidy up the holds that ran out."""
    return expire.expire_holds(now=clock.now())


@shared_task(base=DurableTask, name="bookings.record_vessel_change")
def record_vessel_change(sailing_id: int, version: int, actor: str) -> int:
    """Write another ship into the bookings of its sailing."""
    return disrupt.record_vessel_change(sailing_id, version=version, actor=actor, now=clock.now())


@shared_task(base=DurableTask, name="bookings.record_new_times")
def record_new_times(sailing_id: int) -> int:
    """Write the times of a sailing into the bookings that sail with it."""
    return reschedule.record_new_times(sailing_id, now=clock.now())
