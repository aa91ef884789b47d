"""The tables of the ferries app."""

from ferries.models.inventory import PERSONS, CapacityClaim, CapacityPool, deck_resource
from ferries.models.network import Operator, OperatorStop, Port, Route
from ferries.models.sailings import Leg, PortCall, Sailing
from ferries.models.tariffs import ConditionBand, FareRule, Tariff
from ferries.models.vessels import DeckArea, Vessel, VesselConfiguration

__all__ = (
    "PERSONS",
    "CapacityClaim",
    "CapacityPool",
    "ConditionBand",
    "DeckArea",
    "FareRule",
    "Leg",
    "Operator",
    "OperatorStop",
    "Port",
    "PortCall",
    "Route",
    "Sailing",
    "Tariff",
    "Vessel",
    "VesselConfiguration",
    "deck_resource",
)
