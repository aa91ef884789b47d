"""Labels of price lines: what rows keep is in English or as the operator wrote it, what is told is not.

A quote promises its lines to the letter, whatever language it is read in.
"""

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from ferries import words

NOT_REFUNDED = _("Lower fare, not refunded")
FEE = _("Amendment fee")
CORRECTED_NAME = _("Name")
RETURNED_LABEL = _("Already returned")
OWN = frozenset({NOT_REFUNDED, FEE, CORRECTED_NAME, RETURNED_LABEL})
KEPT = re.compile(r"Kept of (?P<item>.+?): (?P<sentence>.*)")


def kept_label(label: str, sentence: str) -> str:
    """Return the label of what is kept of a cancelled line, and why; for rows, so in English."""
    return f"Kept of {label}: {sentence}"


def told_label(label: str) -> str:
    """Return the label of a stored line in the reader's language, as far as it is ours."""
    if label in OWN:
        return gettext(label)
    kept = KEPT.fullmatch(label)
    if not kept:
        return words.told(label)
    item = words.told(kept["item"])
    told = gettext("Kept of %(item)s") % {"item": item}
    # The operator's reason is in English; the conditions on the page say it in other languages.
    return f"{told}: {kept['sentence']}" if told == f"Kept of {item}" else told
