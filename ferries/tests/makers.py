"""Small worlds for the tests of all apps; they read aloud: `sailing(persons=10, lane_cm=1200)`."""

import itertools
from datetime import UTC, date, datetime, timedelta

from ferries.models import (
    FOOT,
    PERSONS,
    AccommodationType,
    Allotment,
    CapacityPool,
    ConditionBand,
    CustomerGroup,
    DeckArea,
    FareFamily,
    FareRule,
    Leg,
    Operator,
    PetSpace,
    Port,
    PortCall,
    Route,
    Sailing,
    Tariff,
    Vessel,
    VesselConfiguration,
    accommodation_resource,
    deck_resource,
    pet_resource,
    plug_resource,
    weight_resource,
)
from ferries.operations.allot import allot
from ferries.operators.local import leg_of_offer
from maritime.lib import clock

_numbers = itertools.count(1)
FAR = date(2100, 1, 1)


def tomorrow_noon() -> datetime:
    """Return a departure that is safely in the future: 20:00 UTC in two days."""
    day = datetime.now(UTC).date() + timedelta(days=2)
    return datetime(day.year, day.month, day.day, 20, tzinfo=UTC)


def operator(code: str = "BLUE", **values) -> Operator:
    defaults = {"name": f"{code} Ferries", "currency": "USD", "zone": "America/Los_Angeles"}
    return Operator.objects.get_or_create(code=code, defaults={**defaults, **values})[0]


def port(code: str, *, zone: str = "America/Los_Angeles", country: str = "US") -> Port:
    values = {"name": code.title(), "zone": zone, "country": country}
    return Port.objects.get_or_create(code=code, defaults=values)[0]


def configuration(
    company: Operator, *, persons: int = 100, lane_cm: int = 10_000, tall_lane_cm: int = 0
) -> VesselConfiguration:
    """Return a ship with a low deck (220 cm clear) and, if wanted, a tall one (450 cm clear)."""
    vessel = Vessel.objects.create(operator=company, name=f"Ship {next(_numbers)}")
    fitting = VesselConfiguration.objects.create(vessel=vessel, certified_persons=persons)
    areas = (("low", "car deck", lane_cm, 220), ("tall", "tall deck", tall_lane_cm, 450))
    for code, name, length, height in areas:
        if length:
            DeckArea.objects.create(
                configuration=fitting, code=code, name=name, lane_cm=length, clear_height_cm=height
            )
    return fitting


def route(company: Operator, origin: Port, destination: Port) -> Route:
    return Route.objects.get_or_create(operator=company, origin=origin, destination=destination)[0]


def tariff(path: Route, *, adult: int = 1000, child: int = 500, car: int = 2500) -> Tariff:
    """Return a tariff: adult, child, infant 0; car under 670 cm with its driver; 10.00 per m on."""
    values = {"currency": path.operator.currency, "valid_from": date(2000, 1, 1)}
    table = Tariff.objects.create(route=path, name="standard", valid_until=FAR, **values)
    for category, amount in (("adult", adult), ("child", child), ("infant", 0)):
        FareRule.objects.create(
            tariff=table, code=category, kind="passenger", category=category,
            label=category.title(), amount=amount,
        )  # fmt: skip
    FareRule.objects.create(
        tariff=table, code="car", kind="vehicle", category="car", label="Car and driver",
        amount=car, max_length_cm=670, includes_driver=True,
    )  # fmt: skip
    FareRule.objects.create(
        tariff=table, code="car-long", kind="vehicle", category="car", label="Each metre beyond",
        amount=1000, min_length_cm=670, per_started_cm=100,
    )  # fmt: skip
    return table


def bands(company: Operator) -> None:
    """Give the operator two bands: free until 24 h before departure, half after that."""
    for code, from_hours, to_hours, percent in (("free", 24, None, 0), ("late", 0, 24, 50)):
        ConditionBand.objects.get_or_create(
            operator=company, code=code,
            defaults={
                "from_hours": from_hours, "to_hours": to_hours, "percent": percent,
                "sentence": f"{percent} % from {from_hours} h before departure",
            },
        )  # fmt: skip


def sailing(
    *ports: Port,
    company: Operator | None = None,
    departs_at: datetime | None = None,
    persons: int = 100,
    lane_cm: int = 10_000,
    tall_lane_cm: int = 0,
    hop_minutes: int = 60,
) -> Sailing:
    """Return a sailing over the ports (default AAA to BBB) with calls, legs, pools and fares."""
    company = company or operator()
    bands(company)
    ports = ports or (port("AAA"), port("BBB"))
    start = departs_at or tomorrow_noon()
    hop = timedelta(minutes=hop_minutes)
    fitting = configuration(company, persons=persons, lane_cm=lane_cm, tall_lane_cm=tall_lane_cm)
    run = Sailing.objects.create(
        operator=company, configuration=fitting, service_date=start.date(),
        source_ref=f"trip-{next(_numbers)}", departs_at=start,
        arrives_at=start + hop * (len(ports) - 1),
    )  # fmt: skip
    last = len(ports) - 1
    for index, stop in enumerate(ports):
        at = start + hop * index
        PortCall.objects.create(
            sailing=run, sequence=index, port=stop,
            arrives_at=at if index else None, departs_at=at if index < last else None,
        )  # fmt: skip
    for i, j in itertools.combinations(range(len(ports)), 2):
        path = route(company, ports[i], ports[j])
        if not path.tariffs.exists():
            tariff(path)
        Leg.objects.create(
            sailing=run, from_sequence=i, to_sequence=j, origin=ports[i], destination=ports[j],
            departs_at=start + hop * i, arrives_at=start + hop * j,
        )  # fmt: skip
    resources = [(PERSONS, persons), (deck_resource("low"), lane_cm)]
    if tall_lane_cm:
        resources.append((deck_resource("tall"), tall_lane_cm))
    for sector in range(last):
        for resource, amount in resources:
            CapacityPool.objects.create(
                sailing=run, sector=sector, resource=resource, physical=amount, authorised=amount
            )
    return run


def leg(run: Sailing, *, start: int = 0, to: int | None = None) -> Leg:
    """Return a leg of the sailing as an offer finds it, ready to be planned."""
    end = run.calls.count() - 1 if to is None else to
    return leg_of_offer(f"{run.operator.code}~{run.public_id.hex}~{start}-{end}")


def local_date(run: Sailing) -> str:
    """Return the calendar day of the departure as the first port's clocks show it."""
    zone = run.calls.order_by("sequence").first().port.zone
    return clock.local(run.departs_at, zone).date().isoformat()


def price(run: Sailing, kind: str, category: str, amount: int) -> None:
    """Give every tariff of the sailing's port pairs a line; amount in minor units."""
    pairs = run.legs.values("origin", "destination")
    for pair in pairs:
        for table in Tariff.objects.filter(
            route__operator=run.operator,
            route__origin=pair["origin"],
            route__destination=pair["destination"],
        ):
            FareRule.objects.create(
                tariff=table, code=f"{kind}-{category}", kind=kind, category=category,
                label=category.title(), amount=amount,
            )  # fmt: skip


def pools(run: Sailing, resource: str, amount: int) -> None:
    """Give every sector of the sailing so much of a resource to sell."""
    for sector in range(run.calls.count() - 1):
        CapacityPool.objects.create(
            sailing=run, sector=sector, resource=resource, physical=amount, authorised=amount
        )


def accommodation(
    run: Sailing, code: str, *, units: int = 1, places: int = 1, amount: int | None = 1000, **values
) -> AccommodationType:
    """Give the ship cabins for up to so many people (other kinds by `kind`), with pools and fare.

    Without an amount there is no fare for them.
    """
    defaults = {"kind": "cabin", "name": code.title(), "berths": places, "max_occupancy": places}
    made = AccommodationType.objects.create(
        configuration=run.configuration, code=code, units=units, **{**defaults, **values}
    )
    pools(run, accommodation_resource(code), units)
    if amount is not None:
        price(run, "accommodation", code, amount)
    return made


def pet_space(run: Sailing, kind: str, *, places: int, amount: int = 500) -> None:
    """Give the ship places for pets, with pools and fare."""
    PetSpace.objects.create(configuration=run.configuration, kind=kind, places=places)
    pools(run, pet_resource(kind), places)
    price(run, "pet", kind, amount)


def deck_area(run: Sailing, code: str, **values) -> DeckArea:
    """Give the ship another deck area with pools; `places` instead of `lane_cm` make it a bay."""
    defaults = {"name": f"{code} deck", "clear_height_cm": 220}
    area = DeckArea.objects.create(
        configuration=run.configuration, code=code, **{**defaults, **values}
    )
    pools(run, deck_resource(code), area.lane_cm if area.places is None else area.places)
    if area.total_kg:
        pools(run, weight_resource(code), area.total_kg)
    if area.plugs:
        pools(run, plug_resource(code), area.plugs)
    return area


def foot_limit(run: Sailing, persons: int) -> None:
    """Let the sailing take no more than so many foot passengers."""
    VesselConfiguration.objects.filter(pk=run.configuration_id).update(foot_persons=persons)
    pools(run, FOOT, persons)


def group(company: Operator, code: str = "residents") -> CustomerGroup:
    values = {"name": code.title()}
    return CustomerGroup.objects.get_or_create(operator=company, code=code, defaults=values)[0]


def allotted(
    run: Sailing, resource: str, amount: int, *, release_at: datetime, code: str = "residents"
) -> Allotment:
    """Keep a share of the resource for a group until it is released."""
    return allot(
        run, group=group(run.operator, code), resource=resource, amount=amount,
        release_at=release_at, now=clock.now(),
    )  # fmt: skip


def family(path: Route, code: str, *, adult: int, order: int = 0) -> Tariff:
    """Return a tariff of the route in a fare family of its own: adults only."""
    level = FareFamily.objects.get_or_create(
        operator=path.operator, code=code, defaults={"name": code.title(), "order": order}
    )[0]
    values = {"currency": path.operator.currency, "valid_from": date(2000, 1, 1)}
    table = Tariff.objects.create(route=path, family=level, name=code, valid_until=FAR, **values)
    FareRule.objects.create(
        tariff=table, code="adult", kind="passenger", category="adult", label="Adult", amount=adult
    )
    return table
