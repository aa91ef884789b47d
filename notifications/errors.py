"""What can go wrong with an e-mail. None of the texts holds an address: they end up in logs."""

from maritime.lib.errors import MaritimeError


class AddressRefused(MaritimeError):
    """The mail server will never take mail for this address."""

    code = "mail_address_refused"
    user_message = "The mail server refuses this address."


class MailServerTrouble(MaritimeError):
    """The mail server did not take the message this time. Worth another try."""

    code = "mail_server_trouble"
    user_message = "The mail server did not take the message."
    permanent = False


class SendingElsewhere(MaritimeError):
    """Another worker holds the claim on the message, or was killed while it did."""

    code = "mail_sending_elsewhere"
    user_message = "The message is being sent by another worker."
    permanent = False


class NothingToTell(MaritimeError):
    """The booking lacks what the mail would be about."""

    code = "mail_without_facts"
    user_message = "There is nothing that this mail could tell of the booking."
