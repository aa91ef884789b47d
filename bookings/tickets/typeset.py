"""Papers as PDF, drawn by Typst from plain data.

What people typed travels as JSON in `sys.inputs` and is never read as markup.
"""

import json
import logging
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.utils.translation import get_language

log = logging.getLogger(__name__)


def typeset(template: Path, document: dict[str, Any], *, made_at: datetime) -> bytes:
    """Return the document as an accessible PDF (PDF/UA-1) in the active language.

    The same input gives the same bytes; `made_at` is the moment that the file names.
    """
    inputs = {"document": json.dumps({**document, "lang": get_language() or "en"})}
    moment = int(made_at.timestamp())
    try:
        return _compile(template, inputs, moment, standard="ua-1")
    except typst.TypstError:
        # A name in a script that no font here has: readable signs missing beat no ticket at all.
        log.warning("paper is not PDF/UA: template=%s", template.name)
        return _compile(template, inputs, moment, standard=None)


def _compile(
    template: Path, inputs: dict[str, str], moment: int, *, standard: Literal["ua-1"] | None
) -> bytes:
    document: bytes = typst.compile(
        template,
        font_paths=_fonts(),
        sys_inputs=inputs,
        pdf_standards=standard,
        timestamp=moment,
    )
    return document


@cache
def _fonts() -> typst.Fonts:
    """Return Typst's own fonts, which the design uses, and the system's for rarer scripts."""
    return typst.Fonts(include_system_fonts=True)
