"""Pieces of SQL for the few statements that must not cost what the ORM takes to build them.

docs/benchmarks.md has the figures. Columns come from the class that reads them, so that a
statement never drifts from it. Only names from our own code go in here; values are parameters.
"""

from collections.abc import Iterable


def columns(alias: str, names: Iterable[str]) -> str:
    """Return the columns of a table, separated by commas."""
    return ", ".join(f'{alias}."{name}"' for name in names)


def record(alias: str, names: Iterable[str], **others: str) -> str:
    """Return a JSON object of the columns; `others` are SQL expressions by their key."""
    pairs = {**{name: f'{alias}."{name}"' for name in names}, **others}
    return f"json_build_object({', '.join(f'{key!r}, {value}' for key, value in pairs.items())})"


def records(value: str, source: str, *, order: str) -> str:
    """Return a JSON array of an expression over what follows FROM; empty where nothing does."""
    return f"(SELECT coalesce(json_agg({value} ORDER BY {order}), '[]') FROM {source})"  # noqa: S608
