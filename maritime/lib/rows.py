"""Rows of a model read by plain SQL, for the few reads that must not cost what the ORM takes.

`sql` makes the pieces of such statements; docs/benchmarks.md has the figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


def column_names(model: type[Model]) -> list[str]:
    """Return the columns of a model's table, in the order in which `from_row` wants them."""
    return [str(field.column) for field in _fields(model)]


def from_row(model: type[M], values: Sequence[Any]) -> M:
    """Return the row whose columns a cursor has read; not for models with JSON or arrays."""
    return model.from_db(connection.alias, column_names(model), values)


def from_json(model: type[M], rows: Iterable[Mapping[str, Any]]) -> list[M]:
    """Return rows that came as JSON objects with all columns (`row_to_json`)."""
    fields = _fields(model)
    return [
        model.from_db(
            connection.alias,
            column_names(model),
            [field.to_python(row[field.column]) for field in fields],
        )
        for row in rows
    ]


def attach(owner: Model, relation: str, rows: list[M]) -> None:
    """Make the rows the answer to `owner.relation.all()`, as `prefetch_related` does."""
    found = getattr(owner, relation).get_queryset()
    found._result_cache = rows  # noqa: SLF001 - what Django's own prefetch sets
    found._prefetch_done = True  # noqa: SLF001
    cache: dict[str, Any] = vars(owner).setdefault("_prefetched_objects_cache", {})
    cache[relation] = found


def _fields(model: type[Model]) -> list[Any]:
    return list(model._meta.concrete_fields)  # noqa: SLF001 - Django documents it
