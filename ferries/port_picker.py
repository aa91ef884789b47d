"""What the port picker knows: ports with their other names, and where one gets from each.

A small JSON document for the browser, ready in the cache (300 s, cleared with the searches).
Without it, or without JavaScript, the select lists of the form do the same work.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from functools import cache as remember
from pathlib import Path
from typing import Any

from django.conf import settings

from ferries import cache
from ferries.cache import Answer
from ferries.models import Port, Route
from ferries.queries import routes_on_sale
from maritime.lib import clock

OTHER_NAMES = Path(settings.BASE_DIR) / "ferries" / "data" / "ports" / "other_names.json"
NAME = "port-picker"


def picker_document() -> bytes:
    """Return the document: `ports` and, by code, the `routes` to other codes; cached."""
    (ready,) = cache.get_answers([NAME])
    if ready:
        return ready.body
    generation = cache.searches_generation()
    body = json.dumps(_facts(routes_on_sale()), ensure_ascii=False, separators=(",", ":")).encode()
    until = clock.now().timestamp() + settings.SEARCH_CACHE_SECONDS
    generations = {cache.SEARCHES: generation}
    cache.set_answer(NAME, Answer(body=body, generations=generations, facts=None, until=until))
    return body


def _facts(routes: Iterable[Route]) -> dict[str, Any]:
    ports: dict[str, Port] = {}
    onward: dict[str, set[str]] = defaultdict(set)
    for route in routes:
        ports |= {route.origin.code: route.origin, route.destination.code: route.destination}
        onward[route.origin.code].add(route.destination.code)
    return {
        "ports": [
            _port(port) for port in sorted(ports.values(), key=lambda port: (port.name, port.code))
        ],
        "routes": {code: sorted(codes) for code, codes in sorted(onward.items())},
    }


def _port(port: Port) -> dict[str, Any]:
    return {
        "code": port.code,
        "unlocode": port.unlocode,
        "name": port.name,
        "country": port.country,
        "names": other_names(port.code),
    }


def other_names(code: str) -> list[str]:
    """Return what else a port is called."""
    return _other_names().get(code, [])


@remember
def _other_names() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(OTHER_NAMES.read_text(encoding="utf-8"))
    return found
