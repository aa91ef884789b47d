"""The base of every error that the product raises on purpose."""

from typing import Any

from maritime.lib.texts import gettext, gettext_noop


class MaritimeError(Exception):
    """An error with a stable code for programs and a sentence for people.

    `status` is the HTTP status that the API and pages answer with, `details` goes into the
    problem document as it is, and `permanent` tells a job that trying again is useless. A class
    marks its `user_message` for translation; who raises with another one translates it first.
    """

    code = "error"
    user_message = gettext_noop("Something went wrong. Please try again.")
    status = 400
    permanent = True

    def __init__(self, message: str = "", **details: Any) -> None:
        self._message = message
        self.details = details
        super().__init__(message or self.user_message)

    @property
    def message(self) -> str:
        """Return the sentence in the language of whoever reads it now."""
        return self._message or gettext(self.user_message)
