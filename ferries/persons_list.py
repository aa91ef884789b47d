"""Which crossings need the list of persons on board (Directive 98/41/EC, as of 2017/2109).

Article 5: family name, forenames, gender, nationality and date of birth, where the next port is
more than 20 nautical miles away. A route says it for itself (`Route.persons_list`).
"""

from collections.abc import Iterable

from django.db.models import Q

from ferries.chart import Harbour, distance_km
from ferries.models import Operator, Port, Route

LIMIT_KM = 20 * 1.852


def is_beyond_limit(origin: Port, destination: Port) -> bool:
    """Tell whether two ports are so far apart in a straight line; False where one is unplaced.

    A ship sails no less than that. It may sail more: then staff switch the list on by hand.
    """
    ends = [
        Harbour(port.name, port.latitude, port.longitude)
        for port in (origin, destination)
        if port.latitude is not None and port.longitude is not None
    ]
    return len(ends) == 2 and distance_km(*ends) > LIMIT_KM


def is_asked(crossings: Iterable[tuple[int, str, str]]) -> bool:
    """Tell whether one of the crossings asks for the list now: 1 query.

    Each is an operator's key and the codes of two ports. Remote operators keep their own lists.
    """
    any_route = Q(pk__in=[])
    for operator, origin, destination in crossings:
        any_route |= Q(operator=operator, origin__code=origin, destination__code=destination)
    asking = Route.objects.filter(any_route, persons_list=True)
    return asking.filter(operator__adapter=Operator.Adapter.LOCAL).exists()
