"""Form-encoded bodies as Stripe's packages write them: `metadata[a]=b`, `expand[0]=latest_charge`."""

import re
from typing import Any
from urllib.parse import parse_qsl

PART = re.compile(r"\[([^\]]*)\]")


def read_form(text: str) -> dict[str, Any]:
    """Return the fields as nested mappings; lists are mappings of their numbers."""
    fields: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, _, rest = name.partition("[")
        names = [head, *PART.findall(f"[{rest}" if rest else "")]
        place = fields
        for part in names[:-1]:
            place = place.setdefault(part, {})
        last = names[-1] or str(len(place))
        place[last] = value
    return fields


def items(value: Any) -> list[str]:
    """Return a list that came as `name[]=` or `name[0]=`."""
    if value is None:
        return []
    return list(value.values()) if isinstance(value, dict) else [value]
