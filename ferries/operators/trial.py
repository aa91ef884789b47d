"""One try of an operator's connection by hand, told in words. The breaker is not asked."""

import secrets
import time
from dataclasses import dataclass

from ferries.errors import OperatorTimeout, OperatorUnavailable
from ferries.models import Operator
from ferries.operators import addresses, client
from maritime import env

NOBODY = "TRIAL"


@dataclass(frozen=True)
class Trial:
    """What came of it: a sentence for staff."""

    ok: bool
    sentence: str


def try_connection(operator: Operator) -> Trial:
    """Ask for the system's health, then for a reservation that cannot exist, which shows the key.

    Two calls at most, each within the operator's time; nothing is reserved.
    """
    if not operator.is_remote:
        return Trial(True, "its space is in our own inventory; there is nothing to connect to")
    problem = setting_problem(operator)
    if problem:
        return Trial(False, problem)
    started = time.monotonic()
    try:
        health = client.ask_once(operator, "GET", "/health")
    except OperatorUnavailable as error:
        return Trial(False, _in_words(error, seconds=time.monotonic() - started))
    milliseconds = round((time.monotonic() - started) * 1000)
    if health.status != 200:
        return Trial(
            False, f"GET /health answered {health.status} after {milliseconds} ms, not 200"
        )
    answered = f"answered in {milliseconds} ms"
    if not operator.can("status"):
        return Trial(
            True, f"{answered}; its key was not tried, since it cannot be asked for a status"
        )
    return _try_key(operator, answered)


def setting_problem(operator: Operator) -> str:
    """Return what is wrong with address or key before anything is asked; else nothing."""
    try:
        addresses.read(operator.base_url)
    except addresses.Forbidden as error:
        return str(error)
    name = operator.api_key_variable
    if name and not client.API_KEY_VARIABLE.fullmatch(name):
        return f"{name} may not be sent: the variable must be named OPERATOR_..."
    if name and not env.text(name):
        return f"the environment has no variable {name}, so no key is sent"
    return ""


def _try_key(operator: Operator, answered: str) -> Trial:
    reference = f"{NOBODY}-{secrets.token_hex(4).upper()}-1"
    try:
        answer = client.ask_once(operator, "GET", f"/v1/reservations/{reference}")
    except OperatorUnavailable as error:
        return Trial(False, f"{answered}, but not about a reservation: {_in_words(error)}")
    if answer.status != 404:
        return Trial(
            False, f"{answered}, but a reservation that nobody made is {answer.status} and not 404"
        )
    key = "the key is accepted" if operator.api_key_variable else "no key is sent"
    return Trial(True, f"{answered}; {key}")


def _in_words(error: OperatorUnavailable, *, seconds: float = 0.0) -> str:
    cause = str(error.__cause__ or "").rstrip(".")[:200]
    if isinstance(error, OperatorTimeout):
        return f"no answer within {seconds:.1f} s ({cause or 'too slow'})"
    if cause in ("status 401", "status 403"):
        return f"the key is refused ({cause})"
    if cause.startswith("status 3"):
        return f"it sends us elsewhere ({cause}); redirects are not followed"
    return cause or "no usable answer"
