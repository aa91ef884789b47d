"""What search engines read on the pages: schema.org as JSON-LD, made of plain values."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings

from ferries.day_strip import Lowest
from ferries.discovery.months import Departure
from ferries.models import Operator, Port
from maritime.lib.money import exponent

Thing = dict[str, Any]


def graph(things: Iterable[Thing]) -> Thing:
    """Return one document of several things."""
    return {"@context": "https://schema.org", "@graph": list(things)}


def breadcrumbs(steps: Sequence[tuple[str, str]]) -> Thing:
    """Return the way to a page: names with their paths, the page itself last."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": absolute(path)}
            for place, (name, path) in enumerate(steps, start=1)
        ],
    }


def terminal(port: Port, path: str) -> Thing:
    """Return a port as a place where boats land."""
    place = {
        "@type": "BoatTerminal",
        "@id": absolute(path),
        "name": port.name,
        "identifier": port.unlocode or port.code,
        "address": {"@type": "PostalAddress", "addressCountry": port.country},
    }
    if port.latitude is None or port.longitude is None:
        return place
    position = {"latitude": port.latitude, "longitude": port.longitude}
    return {**place, "geo": {"@type": "GeoCoordinates", **position}}


def company(operator: Operator, path: str) -> Thing:
    """Return an operator as an organization."""
    return {"@type": "Organization", "@id": absolute(path), "name": operator.name}


def boat_trip(
    departure: Departure, *, start: str, end: str, seller: str, price: Lowest | None, search: str
) -> Thing:
    """Return a departure; ends and seller by the paths of their pages, the offer by its search."""
    trip: Thing = {
        "@type": "BoatTrip",
        "departureTime": departure.departs_at.isoformat(),
        "arrivalTime": departure.arrives_at.isoformat(),
        "departureBoatTerminal": {"@id": absolute(start)},
        "arrivalBoatTerminal": {"@id": absolute(end)},
        "provider": {"@id": absolute(seller)},
    }
    if price is None or price.amount is None:
        return trip
    offer = {
        "@type": "Offer",
        "price": str(Decimal(price.amount).scaleb(-exponent(price.currency))),
        "priceCurrency": price.currency,
        "url": absolute(search),
    }
    return {**trip, "offers": offer}


def absolute(path: str) -> str:
    """Return the address of a path of ours."""
    return f"{settings.BASE_URL}{path}"
