"""What can go wrong on the ferries floor."""

from collections.abc import Sequence
from typing import Any

from ferries import words
from maritime.lib.errors import MaritimeError
from maritime.lib.texts import gettext_noop as _


class UnknownPort(MaritimeError):
    """A port code that is not in the network."""

    code = "unknown_port"
    user_message = _("We do not know this port. Choose one from the list.")
    status = 422


class UnknownOffer(MaritimeError):
    """An offer id that names no sailing, or one that is gone."""

    code = "unknown_offer"
    user_message = _("This sailing is no longer offered. Please search again.")
    status = 404


class UnknownSailing(MaritimeError):
    """A sailing that does not exist."""

    code = "unknown_sailing"
    user_message = _("We do not know this sailing.")
    status = 404


class NotBookable(MaritimeError):
    """The party does not fit or may not book; `refusals` says why, each with code and numbers."""

    code = "not_bookable"
    user_message = _("This sailing cannot be booked for your party.")
    status = 409

    def __init__(self, refusals: Sequence[dict[str, Any]]) -> None:
        sentence = " ".join(str(refusal["message"]) for refusal in refusals)
        super().__init__(sentence, refusals=list(refusals))


class OperatorUnavailable(MaritimeError):
    """The operator's system did not answer in time, or answered nonsense. Worth another try."""

    code = "operator_unavailable"
    user_message = _("The operator's system does not answer at the moment. Please try again.")
    status = 503
    permanent = False


class OperatorTimeout(OperatorUnavailable):
    """No answer within the operator's time; what was asked may still have happened."""


class CircuitOpen(OperatorUnavailable):
    """The operator's system failed so often that it is left alone for half a minute."""


class OperatorRefused(MaritimeError):
    """The operator's system understood and said no."""

    code = "operator_refused"
    user_message = _("The operator could not accept this booking.")
    status = 409


class NoFare(MaritimeError):
    """The tariff has no price for a category of traveller or vehicle."""

    code = "no_fare"
    user_message = _("There is no fare for your party on this sailing.")
    status = 409

    def __init__(self, category: str) -> None:
        self.category = category
        super().__init__(words.no_fare(category), category=category)


class CapacityTaken(MaritimeError):
    """Somebody else took the space between planning and taking. Plan again and retry."""

    code = "capacity_taken"
    user_message = _("The last places were just taken. Please try again.")
    status = 409
    permanent = False


class MoreIsSold(MaritimeError):
    """Less would be authorised than is sold already."""

    code = "more_is_sold"
    user_message = _("More is sold already; the limit stays as it was.")
    status = 409


class InvalidSearch(MaritimeError):
    """Parameters of a search that are missing or wrong; `errors` has a sentence for each field."""

    code = "invalid_input"
    user_message = _("Some of the input is missing or wrong; see errors.")
    status = 422

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(errors=errors)


class TimetableRefused(MaritimeError):
    """A timetable that cannot be imported; nothing was written. `problems` has file and line."""

    code = "timetable_refused"
    user_message = _("The timetable cannot be imported.")

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        self.problems = list(problems)
        super().__init__(message, problems=self.problems)


class ScheduleRefused(MaritimeError):
    """A schedule that cannot be sailed; nothing was written. `problems` has sentences."""

    code = "schedule_refused"
    user_message = _("The schedule cannot be sailed as it stands.")
    status = 409

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        self.problems = list(problems)
        super().__init__(message, problems=self.problems)


class AllotmentRefused(MaritimeError):
    """A share that cannot be kept: no such resource on the sailing, a foreign group, no amount."""

    code = "allotment_refused"
    user_message = _("This share cannot be kept on this sailing.")
    status = 422


class SwapRefused(MaritimeError):
    """Another ship cannot take the sailing over: it is over, or somebody sold does not fit."""

    code = "swap_refused"
    user_message = _("This ship cannot take the sailing over.")
    status = 409


class SwapOutdated(MaritimeError):
    """What the swap would do to those who are booked has changed since its dry run."""

    code = "swap_outdated"
    user_message = _("Sales have gone on since the dry run and it would now end differently.")
    status = 409

    def __init__(self, plan: Any) -> None:
        self.plan = plan
        super().__init__()


class SailingBusy(MaritimeError):
    """Bookings of the sailing were being changed all the time; trying again is enough."""

    code = "sailing_busy"
    user_message = _("Bookings of this sailing are being changed at the moment. Please try again.")
    status = 409
    permanent = False
