"""What this app does when its tables change: cached answers are forgotten after commit.

Bulk writes send no signals; who makes them calls the same functions of `ferries.cache`.
"""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from ferries import cache
from ferries.models import (
    AccommodationType,
    Allotment,
    CapacityClaim,
    CapacityPool,
    ConditionBand,
    CustomerGroup,
    DeckArea,
    Discount,
    FareFamily,
    FareRule,
    Leg,
    Operator,
    OperatorStop,
    PetSpace,
    Port,
    PortCall,
    Route,
    Sailing,
    Tariff,
    Vessel,
    VesselConfiguration,
)

TIMETABLE_AND_FARES = (
    AccommodationType,
    ConditionBand,
    CustomerGroup,
    DeckArea,
    Discount,
    FareFamily,
    FareRule,
    Leg,
    Operator,
    OperatorStop,
    PetSpace,
    Port,
    PortCall,
    Route,
    Sailing,
    Tariff,
    Vessel,
    VesselConfiguration,
)


def forget_searches(**kwargs: Any) -> None:
    """Forget cached searches when the timetable, a fare or a port changes."""
    cache.invalidate_searches()


for _table in TIMETABLE_AND_FARES:
    post_save.connect(forget_searches, sender=_table)
    post_delete.connect(forget_searches, sender=_table)


@receiver([post_save, post_delete], sender=CapacityPool)
def forget_availability(instance: CapacityPool, **kwargs: Any) -> None:
    """Forget what is left on a sailing when its capacity changes."""
    cache.invalidate_sailing_availability(instance.sailing_id)


@receiver([post_save, post_delete], sender=CapacityClaim)
def forget_availability_of_claim(instance: CapacityClaim, **kwargs: Any) -> None:
    """Forget what is left on a sailing when a claim changes outside of the inventory."""
    cache.invalidate_sailing_availability(instance.pool.sailing_id)


@receiver([post_save, post_delete], sender=Sailing)
def forget_availability_of_sailing(instance: Sailing, **kwargs: Any) -> None:
    """Forget what is left on a sailing whose ship or status changes."""
    cache.invalidate_sailing_availability(instance.pk)


@receiver([post_save, post_delete], sender=Allotment)
def forget_availability_of_allotment(instance: Allotment, **kwargs: Any) -> None:
    """Forget what is left on a sailing when a share is kept or released at another moment."""
    cache.invalidate_sailing_availability(instance.sailing_id)


@receiver([post_save, post_delete], sender=Operator)
def forget_operator_answers(instance: Operator, **kwargs: Any) -> None:
    """Forget what a remote operator answered when its settings change."""
    cache.invalidate_operator_answers(instance.code)
