"""The reasons against an offer: one function for each code, with its sentence and numbers. Pure.

Sentences are in the language that is active when they are made.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ferries import words
from ferries.offers import Offer, Refusal
from maritime.lib.local import day_text, kilogrammes_text, metres_text, weekday_text
from maritime.lib.texts import gettext as _
from maritime.lib.texts import ngettext

ON_SALE = "on_sale"
# All about one thing, the place on the car deck; of these a party gets one at most.
ABOUT_THE_DECK = frozenset(
    {
        "no_vehicle_deck",
        "class_not_admitted",
        "too_high",
        "too_wide",
        "too_heavy",
        "lane_metres_short",
        "bay_places_short",
        "load_short",
        "plugs_short",
    }
)
# All about whether everybody has a cabin, a berth or a seat.
ABOUT_BERTHS = frozenset({"accommodation_required", "berths_short", "accessible_short"})


def persons_short(*, left: int, needed: int) -> Refusal:
    """Say that fewer places are left than the party has heads; infants and drivers count."""
    message = (
        ngettext(
            "Only %(left)d place is left; your party needs %(needed)d.",
            "Only %(left)d places are left; your party needs %(needed)d.",
            left,
        )
        if left
        else _("No places are left; your party needs %(needed)d.")
    ) % {"left": left, "needed": needed}
    return Refusal("persons_short", message, {"left": left, "needed": needed})


def lane_metres_short(*, left_cm: int, needed_cm: int) -> Refusal:
    """Say that no deck area that admits the height has the length left; gap included."""
    message = (
        _(
            "Only %(left)s of car deck are left; your vehicle needs %(needed)s with the gap to the "
            "next."
        )
        if left_cm
        else _("The car deck is full; your vehicle needs %(needed)s with the gap to the next.")
    ) % {"left": metres_text(left_cm), "needed": metres_text(needed_cm)}
    return Refusal("lane_metres_short", message, {"left_cm": left_cm, "needed_cm": needed_cm})


def too_high(*, height_cm: int, clear_height_cm: int) -> Refusal:
    """Say that no deck area is high enough; `clear_height_cm` is the highest."""
    message = _("Your vehicle is %(height)s high; this ship admits up to %(most)s.") % {
        "height": metres_text(height_cm),
        "most": metres_text(clear_height_cm),
    }
    numbers: dict[str, int | str] = {"height_cm": height_cm, "clear_height_cm": clear_height_cm}
    return Refusal("too_high", message, numbers)


def no_vehicle_deck() -> Refusal:
    """Say that the ship carries no vehicles."""
    return Refusal("no_vehicle_deck", _("This ship carries no vehicles."))


def class_not_admitted(*, kind: str, towing: bool) -> Refusal:
    """Say that no deck area takes this class of vehicle, or not with a trailer."""
    message = (
        _("This ship does not carry a %(kind)s with a trailer.")
        if towing
        else _("This ship does not carry a %(kind)s.")
    ) % {"kind": words.category_name(kind)}
    return Refusal("class_not_admitted", message, {"kind": kind})


def too_wide(*, width_cm: int, max_width_cm: int) -> Refusal:
    """Say that no deck area is wide enough."""
    message = _("Your vehicle is %(width)s wide; this ship admits up to %(most)s.") % {
        "width": metres_text(width_cm),
        "most": metres_text(max_width_cm),
    }
    return Refusal("too_wide", message, {"width_cm": width_cm, "max_width_cm": max_width_cm})


def too_heavy(*, weight_kg: int, max_weight_kg: int) -> Refusal:
    """Say that no deck area bears a vehicle of that weight."""
    message = _("Your vehicle weighs %(weight)s; this ship admits up to %(most)s.") % {
        "weight": kilogrammes_text(weight_kg),
        "most": kilogrammes_text(max_weight_kg),
    }
    return Refusal("too_heavy", message, {"weight_kg": weight_kg, "max_weight_kg": max_weight_kg})


def bay_places_short(*, kind: str) -> Refusal:
    """Say that the places for motorcycles or bicycles are taken."""
    message = _("The places for a %(kind)s are taken.") % {"kind": words.category_name(kind)}
    return Refusal("bay_places_short", message, {"left": 0, "needed": 1})


def load_short(*, left_kg: int, needed_kg: int) -> Refusal:
    """Say that the deck has the length, but may not bear so much more."""
    message = (
        _("The car deck may take %(left)s more; your vehicle weighs %(needed)s.")
        if left_kg
        else _("The car deck may take no more weight.")
    ) % {"left": kilogrammes_text(left_kg), "needed": kilogrammes_text(needed_kg)}
    return Refusal("load_short", message, {"left_kg": left_kg, "needed_kg": needed_kg})


def plugs_short() -> Refusal:
    """Say that no charging plug is left where the vehicle could stand."""
    return Refusal("plugs_short", _("No charging plug is left for your vehicle."), {"left": 0})


def foot_short(*, left: int, needed: int) -> Refusal:
    """Say that fewer places are left for foot passengers than the party has heads."""
    message = ngettext(
        "The ship takes %(left)d foot passenger more; your party needs %(needed)d places.",
        "The ship takes %(left)d foot passengers more; your party needs %(needed)d places.",
        left,
    ) % {"left": left, "needed": needed}
    return Refusal("foot_short", message, {"left": left, "needed": needed})


def accommodation_unknown(code: str) -> Refusal:
    """Say that the ship has no such cabins or seats."""
    message = _("This ship does not have the accommodation that you chose.")
    return Refusal("accommodation_unknown", message, {"accommodation": code})


def accommodation_short(*, code: str, name: str, left: int, needed: int) -> Refusal:
    """Say that fewer units of a type are left than wanted."""
    message = (
        _("Only %(left)d left of: %(name)s; you chose %(needed)d.")
        if left
        else _("Sold out: %(name)s; you chose %(needed)d.")
    ) % {"left": left, "name": name, "needed": needed}
    numbers: dict[str, int | str] = {"accommodation": code, "left": left, "needed": needed}
    return Refusal("accommodation_short", message, numbers)


def accommodation_required(*, persons: int, berths: int) -> Refusal:
    """Say that everybody on this sailing needs a cabin, a berth or a seat."""
    message = _(
        "On this sailing every traveller needs a cabin, berth or seat; you chose places for "
        "%(berths)d of %(persons)d."
    ) % {"berths": berths, "persons": persons}
    return Refusal("accommodation_required", message, {"persons": persons, "berths": berths})


def berths_short(*, left: int, needed: int) -> Refusal:
    """Say that everybody needs a cabin, berth or seat and fewer are left than people travel.

    `left` counts the people whom all that is left, and open to the party, could take.
    """
    message = (
        _(
            "Cabins, berths and seats for %(left)d are left; on this sailing all %(needed)d "
            "travellers need one."
        )
        if left
        else _(
            "The cabins, berths and seats are sold out; on this sailing all %(needed)d travellers "
            "need one."
        )
    ) % {"left": left, "needed": needed}
    return Refusal("berths_short", message, {"left": left, "needed": needed})


def accessible_short() -> Refusal:
    """Say that nothing accessible is left where everybody needs a cabin, a berth or a seat."""
    message = _("No accessible cabin, berth or seat is left on this sailing.")
    return Refusal("accessible_short", message, {"left": 0, "needed": 1})


def occupancy_low(*, least: int, persons: int) -> Refusal:
    """Say that the cabins chosen are meant for more people than travel."""
    message = _(
        "The accommodation that you chose is for at least %(least)d people; %(persons)d travel."
    ) % {"least": least, "persons": persons}
    return Refusal("occupancy_low", message, {"least": least, "persons": persons})


def accessible_only(*, code: str, name: str) -> Refusal:
    """Say that accessible cabins are kept for those who need them."""
    message = _(
        "%(name)s is kept for travellers who need an accessible cabin. Tell us if you do."
    ) % {"name": name}
    return Refusal("accessible_only", message, {"accommodation": code})


def infants_not_allowed(*, code: str, name: str) -> Refusal:
    """Say that infants cannot sleep in the type chosen."""
    message = _("%(name)s is not for infants.") % {"name": name}
    return Refusal("infants_not_allowed", message, {"accommodation": code})


def pet_places_short(*, place: str, left: int, needed: int) -> Refusal:
    """Say that fewer places for pets are left than wanted."""
    message = _("Places for pets (%(place)s): %(left)d left, you need %(needed)d.") % {
        "place": words.category_name(place),
        "left": left,
        "needed": needed,
    }
    return Refusal("pet_places_short", message, {"place": place, "left": left, "needed": needed})


def pet_place_unknown(place: str) -> Refusal:
    """Say that pets cannot travel in that way on this ship."""
    sentences = {
        "cabin": _("A pet in the cabin needs a cabin where pets are allowed."),
        "vehicle": _("A pet can stay in a car, van or motorhome only."),
    }
    other = _("This ship has no %(place)s for pets.") % {"place": words.category_name(place)}
    message = sentences.get(place, other)
    return Refusal("pet_place_unknown", message, {"place": place})


def subject(refusal: Refusal) -> tuple[str, int | str]:
    """Return what the refusal is about; two codes may be about one thing.

    Space that is released helps when nothing is left to say about the subject.
    """
    if refusal.code in ABOUT_THE_DECK:
        return "vehicle", ""
    if refusal.code in ABOUT_BERTHS:
        return "berths", ""
    which = refusal.numbers.get("accommodation") or refusal.numbers.get("place") or ""
    return refusal.code, which


def with_nearest(refusal: Refusal, nearest: dict[str, int | str] | None) -> Refusal:
    """Return the refusal with the nearest thing that fits, unless it names one already."""
    return replace(refusal, nearest=nearest) if nearest and not refusal.nearest else refusal


def without_trailer(*, length_cm: int) -> dict[str, int | str]:
    """Name the vehicle without its trailer as what fits."""
    message = _("Without the trailer your vehicle fits.")
    return {"kind": "without_trailer", "message": message, "length_cm": length_cm}


def other_deck(*, name: str, clear_height_cm: int, left_cm: int) -> dict[str, int | str]:
    """Name a lower deck area as what fits if the vehicle can be made lower."""
    message = _(
        "%(left)s are left on the %(name)s for vehicles up to %(height)s high, for example without "
        "the roof box."
    ) % {"left": metres_text(left_cm), "name": name, "height": metres_text(clear_height_cm)}
    return {
        "kind": "other_deck",
        "message": message,
        "clear_height_cm": clear_height_cm,
        "left_cm": left_cm,
    }


def other_accommodation(*, code: str, name: str, left: int) -> dict[str, int | str]:
    """Name another type of cabins or seats as what fits."""
    message = _("Still to be had: %(name)s (%(left)d left).") % {"name": name, "left": left}
    return {"kind": "other_accommodation", "message": message, "accommodation": code, "left": left}


def allotment_release(at: datetime) -> dict[str, int | str]:
    """Name the moment at which space that is kept for others becomes free."""
    message = _(
        "Space that is kept for others is released on %(day)s at %(time)s UTC."
    ) % _utc_day_and_time(at)
    return {"kind": "allotment_release", "message": message, "at": utc_text(at)}


def other_sailing(*, offer: str, departs_at: datetime, local: datetime) -> dict[str, int | str]:
    """Name another departure that takes the party; `local` is it on the port's clocks."""
    message = _("Space for you: the departure on %(day)s at %(time)s.") % {
        "day": weekday_text(local),
        "time": f"{local:%H:%M}",
    }
    return {
        "kind": "other_sailing",
        "message": message,
        "offer": offer,
        "departs_at": utc_text(departs_at),
    }


def not_offered(what: str) -> Refusal:
    """Say that the operator's system cannot take a part of the wish."""
    message = _("This operator does not sell %(what)s through us.") % {"what": what}
    return Refusal("not_offered", message)


def no_fare(category: str) -> Refusal:
    """Say that the tariff has no price for the category."""
    return Refusal("no_fare", words.no_fare(category), {"category": category})


def no_tariff() -> Refusal:
    """Say that no tariff holds on the day of travel; the same code as a missing category."""
    return Refusal("no_fare", _("There are no fares for this day yet."))


def departed() -> Refusal:
    """Say that the ship has left."""
    return Refusal("departed", _("This sailing has departed."))


def sale_end(*, departs_at: datetime, closes_minutes: int, closes_at: datetime | None) -> datetime:
    """Return when the sale ends: at the sailing's own moment or so many minutes before departure."""
    return min(closes_at or departs_at - timedelta(minutes=closes_minutes), departs_at)


def on_sale(
    *,
    status: str,
    has_vessel: bool,
    departs_at: datetime,
    closes_minutes: int,
    now: datetime,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
) -> tuple[Refusal, ...]:
    """Return the one reason why the leg is not on sale at the moment, or nothing.

    `closes_at` is the sailing's own end of sale; without it, so many minutes before departure.
    """
    if status == "cancelled":
        return (Refusal("cancelled", _("This sailing is cancelled.")),)
    if status == "departed" or now >= departs_at:
        return (departed(),)
    if status != ON_SALE:
        message = _("The operator has stopped the sale of this sailing.")
        return (Refusal("sale_stopped", message),)
    if not has_vessel:
        message = _("No ship is assigned to this sailing yet, so it cannot be booked.")
        return (Refusal("no_vessel", message),)
    if opens_at and now < opens_at:
        message = _("The sale opens on %(day)s at %(time)s UTC.") % _utc_day_and_time(opens_at)
        return (Refusal("sale_not_open", message, {"opens_at": utc_text(opens_at)}),)
    end = sale_end(departs_at=departs_at, closes_minutes=closes_minutes, closes_at=closes_at)
    if now >= end:
        message = (
            _("The sale of this sailing has ended.")
            if closes_at
            else ngettext(
                "Sale ends %(minutes)d minute before departure.",
                "Sale ends %(minutes)d minutes before departure.",
                closes_minutes,
            )
            % {"minutes": closes_minutes}
        )
        return (Refusal("sale_closed", message, {"closes_at": utc_text(end)}),)
    return ()


def told(offer: Offer) -> Offer:
    """Return the offer of a remote operator with what we say of it in the reader's language."""
    if offer.bookable:
        return offer
    against = tuple(replace(each, message=words.told(each.message)) for each in offer.refusals)
    return replace(offer, refusals=against)


def _utc_day_and_time(moment: datetime) -> dict[str, str]:
    return {"day": day_text(moment), "time": f"{moment:%H:%M}"}


def utc_text(moment: datetime) -> str:
    """Return an aware UTC moment as ISO 8601 with Z, as the API writes moments."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
