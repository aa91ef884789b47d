"""What the pages to look around have in common: HTML for the cache, and its head.

A page depends on its address, the language, the database and the day, never on who asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

from ferries.discovery.queries import Ship
from ferries.emissions import Footprint
from ferries.models import Operator, Port

FOLDER = "ferries/discovery"


@dataclass(frozen=True)
class Made:
    """A page: title and description for its head, JSON-LD, HTML, and when it ends at the latest."""

    title: str
    description: str
    data: Mapping[str, Any]
    body: str
    until: datetime


@dataclass(frozen=True)
class Sailed:
    """A ship of a route, with the CO2 of a traveller where it is known."""

    ship: Ship
    footprint: Footprint | None


def render_body(template: str, context: Mapping[str, Any]) -> str:
    return render_to_string(f"{FOLDER}/{template}.html", dict(context))


def route_path(origin: Port, destination: Port) -> str:
    """Return the path of a route's page."""
    return reverse("route", args=[origin.code, destination.code])


def port_path(port: Port) -> str:
    """Return the path of a port's page."""
    return reverse("port", args=[port.code])


def operator_path(operator: Operator) -> str:
    """Return the path of an operator's page."""
    return reverse("operator", args=[operator.code])
