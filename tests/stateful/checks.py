"""What must be true at any moment, worked out from plain numbers and not by the product's rules.

`faults` reads the database as it stands and returns a sentence for each thing that is wrong.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Prefetch, Sum

from bookings import states
from bookings.models import Amendment, Booking, BookingEvent, Disruption, JourneyLeg
from ferries.models import CapacityClaim, CapacityPool, Sailing
from ferries.operations.audit_capacity import audit_capacity
from maritime.ops.models import Job
from payments.models import Payment
from tests.stateful.takes import Rider, wanted_by
from tests.stateful.town import PAYABLE, UNPAID, Late, Town
from tests.stateful.world import GROUP, PARTIES, TRIPS

ACTIVE = ("held", "confirmed")
ONE_HOUR = timedelta(hours=1)
PAID = ("paid", "confirmed")
# sailing, sector, item
Place = tuple[int, int, str]


class Wrong(AssertionError):
    """Something is not as it must be; says what, one sentence a line."""


def judge(wrong: Iterable[str]) -> None:
    """Raise `Wrong` with all faults, if there are any."""
    sentences = "\n".join(wrong)
    if sentences:
        raise Wrong(sentences)


class Story:
    """The whole database at one moment, read in a handful of queries."""

    def __init__(self, town: Town) -> None:
        self.town, self.now = town, town.now
        runs = Sailing.objects.order_by("pk").values_list("pk", "configuration_id", "version")
        self.ships = {pk: town.world.ships[configuration] for pk, configuration, _ in runs}
        self.versions = {pk: version for pk, _, version in runs}
        self.stopped = set(
            Sailing.objects.filter(status=Sailing.Status.STOP_SALE).values_list("pk", flat=True)
        )
        self.pools = list(CapacityPool.objects.select_related("allotment").order_by("pk"))
        self.claims = list(CapacityClaim.objects.select_related("pool").order_by("pk"))
        self.bookings = list(
            Booking.objects.prefetch_related(
                Prefetch("legs", JourneyLeg.objects.order_by("position")),
                "passengers", "vehicles", "pets", "items", "legs__tickets",
                Prefetch("events", BookingEvent.objects.order_by("pk")),
                Prefetch("amendments", Amendment.objects.order_by("pk")),
            ).order_by("pk")
        )  # fmt: skip
        self.untold = {
            arguments["sailing_id"]
            for arguments in Job.objects.filter(
                task="bookings.record_vessel_change", state="pending"
            ).values_list("arguments", flat=True)
        }
        self.taken: dict[UUID, dict[Place, Counter[str]]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        self.states: dict[UUID, dict[Place, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.displaced: dict[UUID, set[Place]] = defaultdict(set)
        for claim in self.claims:
            place = claim.pool.sailing_id, claim.pool.sector, claim.item
            if claim.state in ACTIVE:
                self.taken[claim.holder][place][claim.pool.resource] += claim.amount
                self.states[claim.holder][place].add(claim.state)
            elif claim.state == "displaced":
                self.displaced[claim.holder].add(place)

    def left(self, resource: str, sailing: str, sectors: range, *, member: bool) -> int:
        """Return how much of a resource somebody can buy on all of the sectors."""
        run = self.town.world.sailings[sailing].pk
        over: Counter[int] = Counter()
        for claim in self.claims:
            if claim.state == "held" and claim.expires_at <= self.now:
                over[claim.pool_id] += claim.amount
        left = dict.fromkeys(sectors, 0)
        for pool in self.pools:
            share = pool.allotment
            is_open = share is None or member or share.release_at <= self.now
            if (pool.sailing_id, pool.resource) == (run, resource) and pool.sector in left:
                left[pool.sector] += (pool.authorised - pool.used + over[pool.pk]) * is_open
        return min(left.values())

    def has_room(self, trip: str, party: str, *, member: bool) -> bool:
        """Tell whether people on foot must be sold the trip: it has places and is on sale."""
        categories, vehicle = PARTIES[party]
        if vehicle or "later" in trip:
            return False
        for sailing, start, end in TRIPS[trip]:
            run = self.town.world.sailings[sailing]
            if run.pk in self.stopped or run.departs_at - self.now < ONE_HOUR:
                return False
            ship = self.ships[run.pk]
            for name in ("persons", *(["foot"] if ship.foot is not None else [])):
                if self.left(name, sailing, range(start, end), member=member) < len(categories):
                    return False
        return True

    def is_firm(self, pick: int) -> bool:
        """Tell whether the money for what `Town.pay` picks must be welcome: its space is its own."""
        found = [booking for booking in self.bookings if booking.state in PAYABLE]
        if not found:
            return False
        booking = found[pick % len(found)]
        return (
            booking.state in UNPAID
            and booking.expires_at > self.now
            and not self.displaced[booking.public_id]
            and all(leg.departs_at > self.now for leg in booking.legs.all())
        )

    def ends(self) -> list[datetime]:
        """Return the moments at which holds end and shares are released, the next one first."""
        moments = {claim.expires_at for claim in self.claims if claim.state == "held"}
        moments |= {pool.allotment.release_at for pool in self.pools if pool.allotment}
        return sorted(moment for moment in moments if moment > self.now)

    def counts(self) -> Counter[str]:
        """Return how many there are of bookings in each state, waiting changes and shares."""
        found = Counter(booking.state for booking in self.bookings)
        for booking in self.bookings:
            found.update(each.state for each in booking.amendments.all())
        found["stopped"] = len(self.stopped)
        found["untold"] = len(self.untold)
        found["late"] = sum(claim.state == "held" for claim in self.claims)
        found["share"] = len({pool.allotment_id for pool in self.pools} - {None})
        return found


def faults(story: Story) -> list[str]:
    """Return everything that is wrong at the moment."""
    return [
        *_pools(story),
        *(str(difference) for difference in audit_capacity()),
        *_capacity_is_whole(story),
        *_claims(story),
        *_bookings(story),
        *_changes(story),
        *_money(story),
    ]


def _pools(story: Story) -> Iterator[str]:
    sums: Counter[int] = Counter()
    for claim in story.claims:
        if claim.state in ACTIVE:
            sums[claim.pool_id] += claim.amount
    for pool in story.pools:
        if not 0 <= pool.used <= pool.authorised:
            yield f"{pool} of sailing {pool.sailing_id} is oversold"
        if pool.used != sums[pool.pk]:
            yield f"{pool} counts {pool.used}, its claims are {sums[pool.pk]}"


def _capacity_is_whole(story: Story) -> Iterator[str]:
    """What may be sold is what the ship has, less what staff cut; allotments lose nothing."""
    sold: Counter[tuple[int, int, str]] = Counter()
    there: Counter[tuple[int, int, str]] = Counter()
    for pool in story.pools:
        if not pool.resource.startswith("gone"):
            key = pool.sailing_id, pool.sector, pool.resource
            sold[key] += pool.authorised
            there[key] += pool.physical if pool.allotment_id is None else 0
    for key, amount in there.items():
        if sold[key] != amount:
            yield f"of {key} {amount} are there, but {sold[key]} may be sold"
    for sailing, ship in story.ships.items():
        wanted = dict(ship.resources())
        for sector in {key[1] for key in there if key[0] == sailing}:
            names = {key[2] for key in there if key[:2] == (sailing, sector)}
            if names != wanted.keys():
                yield f"sailing {sailing} sells {names}, its ship has {sorted(wanted)}"
            for name in names & wanted.keys():
                if there[sailing, sector, name] > wanted[name]:
                    yield f"sailing {sailing} has more {name} than its ship"


def _claims(story: Story) -> Iterator[str]:
    """Everybody has exactly what they booked, and nobody else has anything."""
    riders = [*_riders(story), *_late_riders(story)]
    known: dict[UUID, set[Place]] = defaultdict(set)
    for rider in riders:
        known[rider.holder] |= {
            (rider.sailing, sector, item) for sector in rider.sectors for item in rider.items
        }
        yield from _rider_faults(story, rider)
    waiting = {
        each.holder
        for booking in story.bookings
        for each in booking.amendments.all()
        if each.state == "awaiting_payment"
    }
    for holder, places in story.taken.items():
        for place in places:
            if place not in known[holder] and holder not in waiting:
                yield f"{holder} has {dict(places[place])} at {place} for nothing"


def _rider_faults(story: Story, rider: Rider) -> Iterator[str]:
    ship = story.ships[rider.sailing]
    lost = story.displaced[rider.holder]
    for item in rider.items:
        if item[0] in "bgt":
            continue
        for sector in rider.sectors:
            place = rider.sailing, sector, item
            takes = story.taken[rider.holder].get(place, Counter())
            if not takes and place in lost:
                continue
            wanted = list(wanted_by(rider, ship, item, takes))
            if (rider.sailing, sector, "v0") in lost and item[0] == "p":
                wanted.append({"persons": 1, "foot": 1})
            if dict(takes) not in wanted:
                yield (
                    f"{rider.name}: {item} on sector {sector} of sailing {rider.sailing} takes"
                    f" {dict(takes)}, not {wanted}"
                )
            elif takes and story.states[rider.holder][place] != {rider.state}:
                yield f"{rider.name}: {item} is {story.states[rider.holder][place]}"


def _riders(story: Story) -> Iterator[Rider]:
    """Return the legs of bookings that must have their space now."""
    for booking in story.bookings:
        state = booking.state
        if state in UNPAID:
            if booking.expires_at <= story.now:
                # Its space may be anybody's by now; what is left of it is only counted.
                story.taken.pop(booking.public_id, None)
                continue
        elif state not in PAID:
            continue
        for leg in booking.legs.all():
            items = dict.fromkeys(
                line.item
                for line in booking.items.all()
                if line.leg_id == leg.pk and line.cancelled_at is None and line.kind != "fee"
            )
            start, end = map(int, leg.offer_id.split("~")[2].split("-"))
            yield Rider(
                holder=booking.public_id,
                name=f"booking {booking.pk} leg {leg.position}",
                sailing=leg.sailing_id,
                sectors=range(start, end),
                items=tuple(items),
                vehicle=next(iter(booking.vehicles.all()), None),
                rooms=tuple(leg.accommodation),
                pets={pet.item: pet.place for pet in booking.pets.all()},
                state="held" if state in UNPAID else "confirmed",
                is_told=leg.sailing_id not in story.untold,
            )


def _late_riders(story: Story) -> Iterator[Rider]:
    """Return those without a booking who have something: then they have all of it."""
    for late in story.town.late:
        taken = story.taken.get(late.holder)
        if not taken:
            continue
        sailing = story.town.world.sailings[late.sailing].pk
        found = {state for each in story.states[late.holder].values() for state in each}
        if "held" in found and _is_over(story, late):
            story.taken.pop(late.holder)
            continue
        yield _late_rider(late, sailing, found)


def _late_rider(late: Late, sailing: int, found: Iterable[str]) -> Rider:
    categories, vehicle = PARTIES[late.party]
    people = [f"p{number}" for number in range(len(categories))]
    rooms = [f"a{number}" for number in range(len(late.rooms))]
    return Rider(
        holder=late.holder,
        name=f"late {late.party}",
        sailing=sailing,
        sectors=range(late.start, late.end),
        items=(*people, *(["v0"] if vehicle else []), *rooms),
        vehicle=vehicle,
        rooms=late.rooms,
        pets={},
        state=next(iter(found)),
        is_told=False,
    )


def _is_over(story: Story, late: Late) -> bool:
    ends: list[datetime] = [
        claim.expires_at
        for claim in story.claims
        if claim.holder == late.holder and claim.state == "held"
    ]
    return min(ends) <= story.now


def _bookings(story: Story) -> Iterator[str]:
    for booking in story.bookings:
        name = f"booking {booking.pk} ({booking.state})"
        live = [line for line in booking.items.all() if line.cancelled_at is None]
        total = sum(line.amount for line in live)
        if booking.state not in ("cancelled", "cancelled_by_operator") and total != booking.total:
            yield f"{name} costs {booking.total}, its lines are {total}"
        yield from _events(booking, name)
        if booking.state == "confirmed":
            yield from _tickets(booking, name)
            yield from _disruptions(story, booking, name)


def _events(booking: Booking, name: str) -> Iterator[str]:
    before = ""
    for event in booking.events.all():
        if event.from_state not in (before, ""):
            yield f"{name}: {event.name} comes from {event.from_state}, not {before}"
        is_first = not before
        stays = event.from_state == event.to_state
        if not is_first and not stays and event.to_state not in states.MOVES[event.from_state]:
            yield f"{name} went from {event.from_state} to {event.to_state}"
        before = event.to_state
    if before != booking.state:
        yield f"{name}: the last event says {before}"


def _tickets(booking: Booking, name: str) -> Iterator[str]:
    for leg in booking.legs.all():
        live = {
            line.item
            for line in booking.items.all()
            if line.leg_id == leg.pk and line.cancelled_at is None and line.item[0] in "pv"
            and line.kind != "fee"
        }  # fmt: skip
        tickets = [ticket for ticket in leg.tickets.all() if ticket.voided_at is None]
        names = {one.pk: one.item for one in booking.passengers.all()}
        held = sorted(names.get(ticket.passenger_id, "v0") for ticket in tickets)
        if held != sorted(live):
            yield f"{name}: leg {leg.position} has tickets for {held}, but {sorted(live)} travel"


def _disruptions(story: Story, booking: Booking, name: str) -> Iterator[str]:
    """Who lost their space to a change of ship is in the list that staff work off."""
    lost = story.displaced[booking.public_id]
    if not lost:
        return
    listed = {
        (leg, item)
        for leg, items in Disruption.objects.filter(
            leg__booking=booking, resolved_at=None
        ).values_list("leg_id", "items")
        for item in items
    }
    for leg in booking.legs.all():
        start, end = map(int, leg.offer_id.split("~")[2].split("-"))
        for line in booking.items.all():
            gone = any((leg.sailing_id, s, line.item) in lost for s in range(start, end))
            is_live = line.leg_id == leg.pk and line.cancelled_at is None and line.kind != "fee"
            if is_live and gone and (leg.pk, line.item) not in listed:
                yield f"{name}: {line.item} lost its space and nobody is told"


def _changes(story: Story) -> Iterator[str]:
    """A change that waits has, with the booking's own, all that it needs; an ended one nothing."""
    for booking in story.bookings:
        for each in booking.amendments.all():
            mine = story.taken.get(each.holder)
            if each.state != "awaiting_payment":
                if mine:
                    yield f"change of booking {booking.pk} is {each.state} and has {dict(mine)}"
            elif each.expires_at > story.now and _same_ships(story, each):
                yield from _space_of_change(story, booking, each)


def _same_ships(story: Story, change: Amendment) -> bool:
    legs = change.change["legs"]
    return all(story.versions[leg["sailing"]] == leg["sailing_version"] for leg in legs)


def _space_of_change(story: Story, booking: Booking, change: Amendment) -> Iterator[str]:
    needed: Counter[int] = Counter()
    for leg in change.change["legs"]:
        for pool, _, amount in leg["needs"]:
            needed[pool] += amount
    had: Counter[int] = Counter()
    for claim in story.claims:
        if claim.holder in (booking.public_id, change.holder) and claim.state in ACTIVE:
            had[claim.pool_id] += claim.amount
    if needed - had:
        yield f"change of booking {booking.pk} lacks {dict(needed - had)}"


def _money(story: Story) -> Iterator[str]:
    """What a booking keeps of the money is its price: no more, no less."""
    sums = {
        row["booking"]: (row["captured"], row["refunded"])
        for row in Payment.objects.filter(counted=True)
        .order_by()
        .values("booking")
        .annotate(captured=Sum("captured"), refunded=Sum("refunded"))
    }
    for booking in story.bookings:
        captured, refunded = sums.get(booking.pk, (0, 0))
        name = f"booking {booking.pk} ({booking.state})"
        if captured != booking.paid:
            yield f"{name} has received {captured}, but counts {booking.paid}"
        if booking.paid and captured - refunded != booking.total:
            yield f"{name} keeps {captured - refunded} of its money, its price is {booking.total}"


def strangers_in_shares(story: Story, known: set[int]) -> Iterator[str]:
    """Return who has taken from a share that is not released without belonging to its group.

    `known` are the claims of before: what was taken after a release may stay when the share is
    kept again.
    """
    groups = {booking.public_id: booking.group for booking in story.bookings}
    groups |= {late.holder: late.group for late in story.town.late}
    for booking in story.bookings:
        groups |= {each.holder: booking.group for each in booking.amendments.all()}
    for claim in story.claims:
        share = next((p.allotment for p in story.pools if p.pk == claim.pool_id), None)
        if share is None or claim.pk in known or claim.state not in ACTIVE:
            continue
        if share.release_at > story.now and groups.get(claim.holder) != GROUP:
            yield f"claim {claim.pk} of {claim.holder} is in a share of {GROUP}"
