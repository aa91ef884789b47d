"""What is left on sailings: cached for 60 s, forgotten at once when something is taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ferries import cache, deck, inventory
from ferries.cache import Batch, Life
from ferries.deck import AreaSpace
from ferries.errors import UnknownSailing
from ferries.fitting import Fitting
from ferries.fittings import read_fittings
from ferries.models import Leg, Sailing
from ferries.refusals import utc_text
from ferries.spaces import PoolSpace, left_on


@dataclass(frozen=True)
class Left:
    """What is left of the pools of sailings, by the sailing's key, and how fresh that is.

    `generations` and `life` say how long it holds; `cached` that nothing was counted for it.
    """

    spaces: dict[int, list[PoolSpace]]
    cached: bool
    generations: dict[str, str]
    life: Life


def left_of(sailing_ids: Sequence[int], *, now: datetime, batch: Batch | None = None) -> Left:
    """Return what is left on the sailings, at most 60 s old; one query for all that is missing.

    With a batch, what is counted is stored along with it.
    """
    found = cache.get_availability(sailing_ids)
    missing = [pk for pk, cached in found.items() if cached.value is None]
    spaces: dict[int, list[PoolSpace]] = {pk: [] for pk in missing}
    for space in inventory.spaces_of(missing, now=now) if missing else ():
        spaces[space.sailing_id].append(space)
    made = cache.set_availability(
        {pk: [list(vars(space).values()) for space in spaces[pk]] for pk in missing},
        batch,
        generations={pk: found[pk].generation for pk in missing},
    )
    for pk, cached in found.items():
        if cached.value is not None:
            spaces[pk] = [_space_from_json(values) for values in cached.value]
    return Left(
        spaces=spaces,
        cached=not missing,
        generations={
            cache.availability_generation(pk): cached.generation for pk, cached in found.items()
        },
        life=cache.shortest([made, *(cached.life for cached in found.values())]),
    )


def availability(public_id: UUID, *, now: datetime) -> tuple[dict[str, Any], bool]:
    """Return what is left on each leg of the sailing, and whether that came from the cache.

    Persons are heads, deck areas lane cm; a leg has what its fullest sector has. Raises
    UnknownSailing.
    """
    sailing, known = _sailing(public_id)
    left = left_of([sailing["pk"]], now=now)
    spaces, fitting = left.spaces[sailing["pk"]], Fitting.from_json(sailing["fitting"])
    legs = [
        {**facts, **_left_on(spaces, range(*sectors), fitting, now)}
        for facts, sectors in zip(sailing["legs"], sailing["sectors"], strict=True)
    ]
    answer = {
        "sailing": str(public_id),
        "operator": sailing["operator"],
        "status": sailing["status"],
        "legs": legs,
    }
    return answer, known and left.cached


def _left_on(
    spaces: Sequence[PoolSpace], sectors: range, fitting: Fitting, now: datetime
) -> dict[str, Any]:
    """Return what the general public can take; shares kept for groups are left out."""
    left = left_on(spaces, sectors, group="", now=now)
    return {
        "persons": left.get("persons", 0),
        "deck_areas": [_area_json(space) for space in deck.areas_left(fitting.areas, left)],
        "accommodation": [
            {"code": each.code, "name": each.name, "left": left.get(f"acc:{each.code}", 0)}
            for each in fitting.accommodation
        ],
        "pets": {kind: left.get(f"pet:{kind}", 0) for kind in fitting.pets},
    }


def _area_json(space: AreaSpace) -> dict[str, Any]:
    area = space.area
    unit = "left_places" if area.counts_places else "left_cm"
    return {"code": area.code, "clear_height_cm": area.clear_height_cm, unit: space.left}


def _space_from_json(values: list[Any]) -> PoolSpace:
    pool_id, sailing_id, sector, resource, left, group, text = values
    release_at = datetime.fromisoformat(text) if text else None
    return PoolSpace(pool_id, sailing_id, sector, resource, left, group, release_at)


def _sailing(public_id: UUID) -> tuple[dict[str, Any], bool]:
    """Return the sailing's lasting facts and whether they were cached."""
    name = f"sailing:{public_id.hex}"
    found = cache.get_network(name)
    if found.value is not None:
        return dict(found.value), True
    facts = _read_sailing(public_id)
    cache.set_network(name, facts, generation=found.generation)
    return facts, False


def _read_sailing(public_id: UUID) -> dict[str, Any]:
    sailing = Sailing.objects.select_related("operator").filter(public_id=public_id).first()
    if sailing is None:
        raise UnknownSailing
    legs = list(
        Leg.objects.select_related("origin", "destination")
        .filter(sailing=sailing)
        .order_by("from_sequence", "to_sequence")
    )
    ship = sailing.configuration_id
    fitting = read_fittings([ship])[ship] if ship else Fitting()
    return {
        "pk": sailing.pk,
        "fitting": fitting.as_json(),
        "operator": sailing.operator.code,
        "status": sailing.status,
        "sectors": [[leg.from_sequence, leg.to_sequence] for leg in legs],
        "legs": [
            {
                "from": leg.origin.code,
                "to": leg.destination.code,
                "departs_at": utc_text(leg.departs_at),
                "arrives_at": utc_text(leg.arrives_at),
            }
            for leg in legs
        ],
    }
