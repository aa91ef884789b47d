"""The base of every error that the product raises on purpose."""

from typing import Any


class MaritimeError(Exception):
    """An error with a stable code for programs and a sentence for people.

    `status` is the HTTP status that the API and pages answer with, `details` goes into the
    problem document as it is, and `permanent` tells a job that trying again is useless.
    """

    code = "error"
    user_message = "Something went wrong. Please try again."
    status = 400
    permanent = True

    def __init__(self, message: str = "", **details: Any) -> None:
        self.message = message or self.user_message
        self.details = details
        super().__init__(self.message)
