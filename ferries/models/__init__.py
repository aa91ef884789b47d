"""The tables of the ferries app."""

from ferries.models.groups import Allotment, AllotmentRule, CustomerGroup
from ferries.models.inventory import (
    FOOT,
    PERSONS,
    CapacityClaim,
    CapacityPool,
    accommodation_resource,
    deck_resource,
    pet_resource,
    plug_resource,
    weight_resource,
)
from ferries.models.network import Operator, OperatorStop, Port, Route
from ferries.models.sailings import Leg, PortCall, Sailing
from ferries.models.tariffs import (
    ConditionBand,
    Discount,
    FareFamily,
    FareRule,
    OfferUse,
    Tariff,
)
from ferries.models.vessels import (
    AccommodationType,
    DeckArea,
    PetSpace,
    Vessel,
    VesselConfiguration,
)

__all__ = (
    "FOOT",
    "PERSONS",
    "AccommodationType",
    "Allotment",
    "AllotmentRule",
    "CapacityClaim",
    "CapacityPool",
    "ConditionBand",
    "CustomerGroup",
    "DeckArea",
    "Discount",
    "FareFamily",
    "FareRule",
    "Leg",
    "OfferUse",
    "Operator",
    "OperatorStop",
    "PetSpace",
    "Port",
    "PortCall",
    "Route",
    "Sailing",
    "Tariff",
    "Vessel",
    "VesselConfiguration",
    "accommodation_resource",
    "deck_resource",
    "pet_resource",
    "plug_resource",
    "weight_resource",
)
