"""How a story begins: what people want in it, and who has something already.

A story in which everybody wants the same few things meets the limits of the ship sooner than one
in which everything is asked for; so most begin with a short list, and a few with all.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.stateful.world import PARTIES, TRIPS


@dataclass(frozen=True)
class Sale:
    """Somebody who has a booking at the beginning, held or confirmed."""

    trip: str
    party: str
    is_paid: bool
    member: bool


@dataclass(frozen=True)
class Beginning:
    """A share is kept for residents for one hour, the sales are made, and then some hours pass."""

    trips: tuple[str, ...] = tuple(TRIPS)
    parties: tuple[str, ...] = tuple(PARTIES)
    sales: tuple[Sale, ...] = ()
    share: int = 0
    shared: str = "persons"
    hours: int = 0


# For these it is known by hand whether they must be served.
ON_FOOT = tuple(name for name, (_, vehicle) in PARTIES.items() if vehicle is None)


def _some(names: Iterable[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(list(names)), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def _beginnings(draw: st.DrawFn) -> Beginning:
    trips = draw(st.one_of(_some(TRIPS), _some(TRIPS), st.just(tuple(TRIPS))))
    parties = draw(st.one_of(_some(ON_FOOT), _some(PARTIES), st.just(tuple(PARTIES))))
    sale = st.builds(
        Sale,
        trip=st.sampled_from(trips),
        party=st.sampled_from(parties),
        is_paid=st.sampled_from([True, True, False]),
        member=st.sampled_from([False, False, True]),
    )
    return Beginning(
        trips,
        parties,
        sales=draw(st.lists(sale, min_size=1, max_size=4).map(tuple)),
        share=draw(st.sampled_from([0, 2, 4])),
        shared=draw(st.sampled_from(["persons", "foot"])),
        # From the eighth hour on a cancellation costs something.
        hours=draw(st.sampled_from([0, 0, 1, 8])),
    )


BEGINNINGS = _beginnings()
