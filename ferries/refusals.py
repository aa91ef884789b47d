"""The reasons against an offer: one function for each code, with its sentence and numbers. Pure."""

from datetime import datetime, timedelta

from ferries.offers import Refusal

ON_SALE = "on_sale"


def metres(length_cm: int) -> str:
    """Return centimetres as people read lengths: 530 as "5.30 m"."""
    return f"{length_cm / 100:.2f} m"


def persons_short(*, left: int, needed: int) -> Refusal:
    """Say that fewer places are left than the party has heads; infants and drivers count."""
    places = "1 place is" if left == 1 else f"{left} places are"
    space = f"Only {places} left" if left else "No places are left"
    message = f"{space}; your party needs {needed}."
    return Refusal("persons_short", message, {"left": left, "needed": needed})


def lane_metres_short(*, left_cm: int, needed_cm: int) -> Refusal:
    """Say that no deck area that admits the height has the length left; gap included."""
    space = f"Only {metres(left_cm)} of car deck are left" if left_cm else "The car deck is full"
    message = f"{space}; your vehicle needs {metres(needed_cm)} with the gap to the next."
    return Refusal("lane_metres_short", message, {"left_cm": left_cm, "needed_cm": needed_cm})


def too_high(*, height_cm: int, clear_height_cm: int) -> Refusal:
    """Say that no deck area is high enough; `clear_height_cm` is the highest."""
    message = (
        f"Your vehicle is {metres(height_cm)} high; this ship admits up to "
        f"{metres(clear_height_cm)}."
    )
    numbers: dict[str, int | str] = {"height_cm": height_cm, "clear_height_cm": clear_height_cm}
    return Refusal("too_high", message, numbers)


def no_vehicle_deck() -> Refusal:
    """Say that the ship carries no vehicles."""
    return Refusal("no_vehicle_deck", "This ship carries no vehicles.")


def no_fare(category: str) -> Refusal:
    """Say that the tariff has no price for the category."""
    message = f"There is no fare for {category} on this sailing."
    return Refusal("no_fare", message, {"category": category})


def no_tariff() -> Refusal:
    """Say that no tariff holds on the day of travel; the same code as a missing category."""
    return Refusal("no_fare", "There are no fares for this day yet.")


def departed() -> Refusal:
    """Say that the ship has left."""
    return Refusal("departed", "This sailing has departed.")


def on_sale(
    *, status: str, has_vessel: bool, departs_at: datetime, closes_minutes: int, now: datetime
) -> tuple[Refusal, ...]:
    """Return the one reason why the leg is not on sale at the moment, or nothing."""
    closes_at = departs_at - timedelta(minutes=closes_minutes)
    if status == "cancelled":
        return (Refusal("cancelled", "This sailing is cancelled."),)
    if status == "departed" or now >= departs_at:
        return (departed(),)
    if status != ON_SALE:
        return (Refusal("sale_stopped", "The operator has stopped the sale of this sailing."),)
    if not has_vessel:
        message = "No ship is assigned to this sailing yet, so it cannot be booked."
        return (Refusal("no_vessel", message),)
    if now >= closes_at:
        message = f"Sale ends {closes_minutes} minutes before departure."
        return (Refusal("sale_closed", message, {"closes_at": utc_text(closes_at)}),)
    return ()


def utc_text(moment: datetime) -> str:
    """Return an aware UTC moment as ISO 8601 with Z, as the API writes moments."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
