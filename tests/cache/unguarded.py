"""The control of `test_stampede`: the product's web server in which everybody fills what is missing."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from maritime.wsgi import application

__all__ = ("application",)

# Models can be imported once the application above is set up.
cache = import_module("ferries.cache")


def fill_together(name: str, *, look: Any, fill: Callable[[Any], Any], ends: float) -> Any:
    """Fill without a turn."""
    batch = cache.Batch()
    made = fill(batch)
    cache.store(batch)
    return made


def fill_out_of_line(name: str, *, look: Any, fill: Callable[[], Any], ends: float) -> Any:
    """Fill without a line."""
    return fill()


cache.fill_alone, cache.answer_in_line = fill_together, fill_out_of_line
