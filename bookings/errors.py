"""What can go wrong on the bookings floor."""

from typing import Any

from django.utils.translation import gettext_noop as _

from maritime.lib.errors import MaritimeError


class BookingNotFound(MaritimeError):
    """No such booking, or the name does not belong to it: one answer, so nobody can probe."""

    code = "booking_not_found"
    user_message = _("We found no booking with this reference and name. Check both and try again.")
    status = 404


class WrongState(MaritimeError):
    """The booking is in a state from which this step is not allowed."""

    code = "wrong_state"
    user_message = _("This is not possible any more for this booking.")
    status = 409


class HoldExpired(MaritimeError):
    """The time to pay is over and the space is given back."""

    code = "hold_expired"
    user_message = _("The time to pay is over and your places were given back. Please book again.")
    status = 409


class QuoteOutdated(MaritimeError):
    """The quote is not valid any more; `quote` in the details is a fresh one."""

    code = "quote_outdated"
    user_message = _("The cost of the cancellation has changed. Please look at the new figures.")
    status = 409

    def __init__(self, quote: dict[str, Any]) -> None:
        super().__init__(quote=quote)


class PriceChanged(MaritimeError):
    """The price is not the one that was promised; `quote` in the details is a new one."""

    code = "quote_outdated"
    user_message = _("The price has changed. Please look at the new one.")
    status = 409

    def __init__(self, quote: dict[str, Any]) -> None:
        super().__init__(quote=quote)


class NotCancellable(MaritimeError):
    """The journey is over, so there is nothing left to cancel."""

    code = "not_cancellable"
    user_message = _("Your last crossing has departed, so this booking cannot be cancelled here.")
    status = 409


class NotAmendable(MaritimeError):
    """The fare, the operator or the clock allows no such change; the sentence says which."""

    code = "not_amendable"
    user_message = _("This booking cannot be changed like this.")
    status = 409


class AmendmentOutstanding(MaritimeError):
    """Another change waits for its payment."""

    code = "amendment_outstanding"
    user_message = _("A change of this booking waits for your payment. Pay or withdraw it first.")
    status = 409


class AmendmentOutdated(MaritimeError):
    """The quote of a change is not valid any more; `quote` in the details is a fresh one, if any."""

    code = "amendment_outdated"
    user_message = _("The cost of this change is another now. Please look at the new figures.")
    status = 409

    def __init__(self, quote: dict[str, Any] | None) -> None:
        super().__init__(quote=quote)


class InvalidSelection(MaritimeError):
    """What shall be cancelled is not part of the booking, or cannot be cancelled by itself."""

    code = "invalid_selection"
    user_message = _("Please choose again what you want to cancel.")
    status = 422


class AlreadyCancelled(MaritimeError):
    """What shall be cancelled is cancelled already; nothing is charged or refunded again."""

    code = "already_cancelled"
    user_message = _("This is cancelled already. Please look at your booking.")
    status = 409


class AlreadyDeparted(MaritimeError):
    """The crossing has departed, so nothing of it can be cancelled."""

    code = "already_departed"
    user_message = _("This crossing has departed, so nothing of it can be cancelled.")
    status = 409


class InvalidOverrule(MaritimeError):
    """No such reason to set the conditions aside."""

    code = "invalid_overrule"
    user_message = _("Please choose one of the reasons for giving everything back.")
    status = 422


class RestCannotTravel(MaritimeError):
    """What would be left of the party may not travel; the sentence says what goes with it."""

    code = "rest_cannot_travel"
    user_message = _("The rest of your party could not travel like this.")
    status = 422


class InvalidParty(MaritimeError):
    """The travellers and vehicles do not make a party that may travel."""

    code = "invalid_party"
    user_message = _("Please check the travellers and vehicles.")
    status = 422


class PersonsListIncomplete(MaritimeError):
    """A crossing asks for the list of persons; `errors` in the details say what is missing of whom."""

    code = "persons_list_incomplete"
    user_message = _(
        "This crossing needs the gender, nationality and date of birth of every traveller."
    )
    status = 422

    def __init__(self, *, errors: dict[str, Any]) -> None:
        super().__init__(errors=errors)


class InvalidJourney(MaritimeError):
    """The legs cannot be sold together."""

    code = "invalid_journey"
    user_message = _("These sailings cannot be booked together.")
    status = 422


class WrongAmount(MaritimeError):
    """The money received is not the price of the booking."""

    code = "wrong_amount"
    user_message = _("The amount paid is not the price of the booking.")
    status = 409


class TicketInvalid(MaritimeError):
    """The text was not signed by us, or was changed."""

    code = "ticket_invalid"
    user_message = _("This is not a valid ticket.")
    status = 422
