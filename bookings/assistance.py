"""Help in port and on board that travellers may ask for (Regulation (EU) 1177/2010, art. 10-13).

These are health data: a booking keeps codes and at most one sentence, no reasons.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Promise

# A carrier has to give it when asked 48 hours before; later it does what it can.
NOTICE_HOURS = 48
NOTE_LENGTH = 200
CODES: dict[str, "Promise"] = {
    "wheelchair": _("Travels in a wheelchair"),
    "walking": _("Cannot walk far or climb stairs"),
    "sight": _("Is blind or sees badly"),
    "hearing": _("Is deaf or hears badly"),
    "learning": _("Needs company to find the way"),
}


def told(codes: list[str]) -> list[str]:
    """Return what was asked for, in words."""
    return [str(CODES.get(code, code)) for code in codes]
