"""Operators, ports and the routes that join them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

SHORTEST_SECONDS = 0.1
# A confirmation may be three calls for each leg, and a task ends after 50 s.
LONGEST_SECONDS = 8.0
WITHIN = (MinValueValidator(SHORTEST_SECONDS), MaxValueValidator(LONGEST_SECONDS))


def all_capabilities() -> list[str]:
    """Return every question of the protocol."""
    return list(Operator.Capability.values)


class Operator(models.Model):
    """A ferry company. `local` ones sell from our inventory, `http` ones are asked over HTTP."""

    class Adapter(models.TextChoices):
        """Which connector speaks for the operator (`ferries/operators/registry.py`)."""

        LOCAL = "local", "our own inventory"
        HTTP = "http", "the operator's system over HTTP"

    class Capability(models.TextChoices):
        """The questions that an operator's system may be asked (docs/operators.md)."""

        SEARCH = "search", "search: the offers of a day"
        CHECK = "check", "check: one offer, live"
        RESERVE = "reserve", "reserve: hold space for us"
        CONFIRM = "confirm", "confirm: make a reservation firm"
        STATUS = "status", "status: where a reservation stands"
        CANCEL = "cancel", "cancel: take a reservation back"

    # Without these an operator's sailings are shown, and not sold.
    NEEDED_TO_SELL = frozenset({Capability.RESERVE, Capability.CONFIRM, Capability.CANCEL})

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    zone = models.CharField("time zone", max_length=50, help_text="IANA name")
    adapter = models.CharField(max_length=10, choices=Adapter.choices, default=Adapter.LOCAL)
    base_url = models.URLField(blank=True, help_text="of the operator's system; http adapter only")
    api_key_variable = models.CharField(
        max_length=100, blank=True, help_text="name of the environment variable with the API key"
    )
    connect_seconds = models.FloatField(
        "connect within",
        default=1.0,
        validators=WITHIN,
        help_text="seconds for name and connection",
    )
    timeout_seconds = models.FloatField(
        "answer within", default=2.0, validators=WITHIN, help_text="seconds for a whole call"
    )
    capabilities = models.JSONField(
        default=all_capabilities, help_text="what the operator's system can be asked"
    )
    vehicle_gap_cm = models.PositiveIntegerField(
        default=50, help_text="left between two vehicles in a lane"
    )
    sale_closes_minutes = models.PositiveIntegerField(
        default=10, help_text="sale ends so long before departure"
    )
    check_in_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="check-in closes before departure; 0: no check-in"
    )
    timetable_note = models.CharField(
        max_length=200, blank=True, help_text="shown with every sailing and ticket"
    )
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_remote(self) -> bool:
        """Tell whether somebody else's system answers for the operator."""
        return self.adapter != self.Adapter.LOCAL

    @property
    def sells(self) -> bool:
        """Tell whether its sailings can be booked through us, and not only be shown."""
        return not self.is_remote or set(self.capabilities) >= self.NEEDED_TO_SELL

    def can(self, capability: str) -> bool:
        """Tell whether the operator's system may be asked a question."""
        return not self.is_remote or capability in self.capabilities


class Port(models.Model):
    """A harbour that travellers choose, known by its UN/LOCODE or else by an operator's code."""

    code = models.CharField(max_length=40, unique=True)
    unlocode = models.CharField(max_length=5, blank=True)
    name = models.CharField(max_length=100)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    zone = models.CharField("time zone", max_length=50, help_text="IANA name")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unlocode"], condition=~Q(unlocode=""), name="port_unlocode_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OperatorStop(models.Model):
    """What an operator's timetable calls a port (GTFS stop_id)."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="stops")
    stop_id = models.CharField(max_length=100)
    port = models.ForeignKey(Port, models.CASCADE, related_name="stops")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "stop_id"], name="operator_stop_once"),
        ]

    def __str__(self) -> str:
        return f"{self.stop_id} {self.port}"


class Route(models.Model):
    """An ordered pair of ports that an operator sells."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="routes")
    origin = models.ForeignKey(Port, models.PROTECT, related_name="routes_from")
    destination = models.ForeignKey(Port, models.PROTECT, related_name="routes_to")
    configuration = models.ForeignKey(
        "ferries.VesselConfiguration",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="routes",
        help_text="given to imported sailings, since timetables name no vessel",
    )
    active = models.BooleanField(default=True)
    # The database's own default serves releases that do not know the column yet.
    persons_list = models.BooleanField(
        "list of persons",
        default=False,
        db_default=False,
        help_text="travellers are asked for gender, nationality and date of birth "
        "(Directive 98/41/EC: the next port is more than 20 nautical miles away)",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "origin", "destination"], name="route_once"
            ),
            models.CheckConstraint(
                condition=~Q(origin=F("destination")), name="route_goes_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} to {self.destination}"
