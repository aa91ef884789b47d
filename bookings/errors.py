"""What can go wrong on the bookings floor."""

from typing import Any

from maritime.lib.errors import MaritimeError


class BookingNotFound(MaritimeError):
    """No such booking, or the name does not belong to it: one answer, so nobody can probe."""

    code = "booking_not_found"
    user_message = "We found no booking with this reference and name. Check both and try again."
    status = 404


class WrongState(MaritimeError):
    """The booking is in a state from which this step is not allowed."""

    code = "wrong_state"
    user_message = "This is not possible any more for this booking."
    status = 409


class HoldExpired(MaritimeError):
    """The time to pay is over and the space is given back."""

    code = "hold_expired"
    user_message = "The time to pay is over and your places were given back. Please book again."
    status = 409


class QuoteOutdated(MaritimeError):
    """The quote is not valid any more; `quote` in the details is a fresh one."""

    code = "quote_outdated"
    user_message = "The cost of the cancellation has changed. Please look at the new figures."
    status = 409

    def __init__(self, quote: dict[str, Any]) -> None:
        super().__init__(quote=quote)


class NotCancellable(MaritimeError):
    """The journey is over, so there is nothing left to cancel."""

    code = "not_cancellable"
    user_message = "Your last crossing has departed, so this booking cannot be cancelled here."
    status = 409


class InvalidParty(MaritimeError):
    """The travellers and vehicles do not make a party that may travel."""

    code = "invalid_party"
    user_message = "Please check the travellers and vehicles."
    status = 422


class InvalidJourney(MaritimeError):
    """The legs cannot be sold together."""

    code = "invalid_journey"
    user_message = "These sailings cannot be booked together."
    status = 422


class WrongAmount(MaritimeError):
    """The money received is not the price of the booking."""

    code = "wrong_amount"
    user_message = "The amount paid is not the price of the booking."
    status = 409


class TicketInvalid(MaritimeError):
    """The text was not signed by us, or was changed."""

    code = "ticket_invalid"
    user_message = "This is not a valid ticket."
    status = 422
