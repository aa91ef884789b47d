"""Prices and conditions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from ferries.models.groups import CustomerGroup
from ferries.models.network import Operator, Route


class FareFamily(models.Model):
    """Economy, Standard, Flexi: one name for a level of price and the conditions that go with it."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="fare_families")
    code = models.SlugField(max_length=20)
    name = models.CharField(max_length=50)
    order = models.PositiveSmallIntegerField(default=0, help_text="the cheapest first")
    sentence = models.CharField(max_length=200, blank=True, help_text="what it allows, in short")
    always_refunded = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="kinds of lines that a cancellation before departure refunds in full: "
        "surcharge, tax",
    )
    amend_until_hours = models.PositiveIntegerField(
        null=True, blank=True, help_text="before departure; empty: no amendment"
    )
    free_amendments = models.PositiveSmallIntegerField(default=0)
    difference_refunded = models.BooleanField(
        "lower fare refunded", default=True, help_text="when an amendment costs less"
    )

    class Meta:
        verbose_name_plural = "fare families"
        constraints = [
            models.UniqueConstraint(fields=["operator", "code"], name="fare_family_once"),
        ]

    def __str__(self) -> str:
        return f"{self.operator.code} {self.name}"


class Tariff(models.Model):
    """The prices of one route for travel in a season and booking in a period; ends are included.

    Of several that hold, the one whose travel season started last counts, so that a peak season
    may lie over a year-round tariff. Without a family it is the operator's only level of price.
    """

    route = models.ForeignKey(Route, models.CASCADE, related_name="tariffs")
    family = models.ForeignKey(
        FareFamily, models.PROTECT, null=True, blank=True, related_name="tariffs"
    )
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    valid_from = models.DateField("travel from")
    valid_until = models.DateField("travel until")
    booking_from = models.DateField(null=True, blank=True, help_text="UTC day of booking")
    booking_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["route", "family", "name"], nulls_distinct=False, name="tariff_name_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__lte=F("valid_until")), name="tariff_season_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.route}"


class FareRule(models.Model):
    """One line of a tariff: whom or what it applies to, and the amount in minor units.

    Bands include their minimum and exclude their maximum; an empty maximum has no end. A vehicle
    is measured with its trailer, unless the tariff has lines for trailers. `per_started_cm` makes
    the amount repeat for each started stretch of that length beyond `min_length_cm`, on top of
    the longest plain band. Amounts contain the VAT.
    """

    class Kind(models.TextChoices):
        """What a line prices."""

        PASSENGER = "passenger", "passenger"
        VEHICLE = "vehicle", "vehicle"
        TRAILER = "trailer", "trailer"
        ACCOMMODATION = "accommodation", "accommodation"
        PET = "pet", "pet"
        SURCHARGE = "surcharge", "surcharge"
        TAX = "tax", "port tax"

    tariff = models.ForeignKey(Tariff, models.CASCADE, related_name="rules")
    code = models.CharField(max_length=40, help_text="the operator's own number of the line")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    category = models.CharField(
        max_length=20,
        help_text="adult, child, infant; car, van, motorhome, motorcycle, bicycle; the "
        "accommodation type; kennel, cabin, vehicle, deck; for surcharges and taxes what bears "
        "them: passenger, vehicle, all",
    )
    label = models.CharField(max_length=120)
    amount = models.PositiveIntegerField(help_text="minor units, for each item")
    percent_bp = models.PositiveIntegerField(
        "percent",
        default=0,
        help_text="of surcharges: hundredths of a percent of the item's fare, beside the amount",
    )
    vat_bp = models.PositiveIntegerField(
        "VAT", default=0, help_text="hundredths of a percent, contained in the amount"
    )
    min_age = models.PositiveSmallIntegerField(null=True, blank=True)
    max_age = models.PositiveSmallIntegerField(null=True, blank=True)
    min_length_cm = models.PositiveIntegerField(default=0)
    max_length_cm = models.PositiveIntegerField(null=True, blank=True)
    min_height_cm = models.PositiveIntegerField(default=0)
    max_height_cm = models.PositiveIntegerField(null=True, blank=True)
    per_started_cm = models.PositiveIntegerField(null=True, blank=True)
    includes_driver = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tariff", "code", "category"], name="fare_rule_once"),
            models.CheckConstraint(
                condition=~Q(kind__in=["surcharge", "tax"])
                | Q(category__in=["passenger", "vehicle", "all"]),
                name="fare_rule_bearer",
                violation_error_message="Surcharges and taxes are for passenger, vehicle or all.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Discount(models.Model):
    """A reduction of the fare: for a group, for a return journey, or for an offer code.

    They apply in the order group, return, offer; each to what the one before has left. Periods
    include their ends.
    """

    class Kind(models.TextChoices):
        """What makes it apply."""

        GROUP = "group", "customer group"
        RETURN = "return", "return journey"
        DAY_RETURN = "day_return", "return on the same day"
        OFFER = "offer", "offer code"

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="discounts")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    code = models.CharField(
        max_length=30, help_text="of an offer: what customers type, upper case; else a short name"
    )
    label = models.CharField(max_length=120, help_text="as the price line shows it")
    family = models.ForeignKey(
        FareFamily, models.CASCADE, null=True, blank=True, help_text="empty: every family"
    )
    group = models.ForeignKey(CustomerGroup, models.CASCADE, null=True, blank=True)
    percent_bp = models.PositiveIntegerField(
        "percent", default=0, help_text="hundredths of a percent of each line"
    )
    amount = models.PositiveIntegerField(
        default=0, help_text="minor units off the whole journey, instead of a percentage"
    )
    components = ArrayField(
        models.CharField(max_length=15),
        default=list,
        blank=True,
        help_text="kinds of lines that it reduces; empty: passenger, vehicle, trailer",
    )
    travel_from = models.DateField(null=True, blank=True)
    travel_until = models.DateField(null=True, blank=True)
    booking_from = models.DateField(null=True, blank=True)
    booking_until = models.DateField(null=True, blank=True)
    quota = models.PositiveIntegerField(
        null=True, blank=True, help_text="bookings in all; empty: no limit"
    )
    per_customer = models.PositiveIntegerField(
        null=True, blank=True, help_text="bookings of one e-mail address; empty: no limit"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "code"], name="discount_once"),
            models.CheckConstraint(
                condition=Q(percent_bp=0, amount__gt=0)
                | Q(amount=0, percent_bp__gt=0, percent_bp__lte=10_000),
                name="discount_percent_or_amount",
                violation_error_message="Give a percentage up to 100 or an amount, not both.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="group") | Q(amount=0),
                name="discount_percent_for_groups",
                violation_error_message="A group discount is a percentage: each crossing shows it "
                "by itself.",
            ),
            models.CheckConstraint(
                condition=Q(kind="group", group__isnull=False) | (~Q(kind="group") & Q(group=None)),
                name="discount_group_for_groups",
                violation_error_message="A group discount names its group, others name none.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class OfferUse(models.Model):
    """One booking's use of an offer code. Written by `ferries.offer_codes` only."""

    discount = models.ForeignKey(Discount, models.PROTECT, related_name="uses")
    holder = models.UUIDField()
    customer = models.CharField(max_length=64, help_text="keyed digest of the e-mail address")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="empty: for good")
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["discount", "holder"], name="offer_use_once"),
        ]

    def __str__(self) -> str:
        return f"{self.discount.code}: {self.holder}"


class ConditionBand(models.Model):
    """What a cancellation, an amendment or a no-show costs so many hours before a departure.

    Includes `from_hours`, excludes `to_hours`; an empty `to_hours` means "or earlier". A copy
    goes into each booking. `ferries/conditions.py` has the arithmetic, docs/conditions.md the
    examples.
    """

    class Action(models.TextChoices):
        """What the customer does."""

        CANCEL = "cancel", "cancel"
        AMEND = "amend", "amend"
        NO_SHOW = "no_show", "not show up"

    class Kind(models.TextChoices):
        """How the charge is computed."""

        NONE = "none", "no charge"
        FLAT = "flat", "flat amount"
        PERCENT = "percent", "percentage of the price"

    class Per(models.TextChoices):
        """What a flat amount, the minimum and the maximum are counted for."""

        BOOKING = "booking", "booking"
        PERSON = "person", "person"
        ITEM = "item", "item"
        SAILING = "sailing", "sailing"

    class Reference(models.TextChoices):
        """From which departure the hours count back."""

        OWN = "own", "the item's own departure"
        FIRST = "first", "the first departure of the booking"
        OUTBOUND = "outbound", "the outbound departure"

    class Medium(models.TextChoices):
        """How the rest is given back."""

        ORIGINAL = "original", "to the card it was paid with"
        VOUCHER = "voucher", "as a voucher"

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="condition_bands")
    family = models.ForeignKey(
        FareFamily,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="condition_bands",
        help_text="empty: every family of the operator that has no bands of its own",
    )
    action = models.CharField(max_length=10, choices=Action.choices, default=Action.CANCEL)
    code = models.SlugField(max_length=40)
    from_hours = models.PositiveIntegerField()
    to_hours = models.PositiveIntegerField(null=True, blank=True)
    reference = models.CharField(max_length=10, choices=Reference.choices, default=Reference.OWN)
    charge = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERCENT)
    percent = models.PositiveSmallIntegerField(default=0)
    amount = models.PositiveIntegerField(default=0, help_text="minor units, of a flat charge")
    minimum = models.PositiveIntegerField(default=0, help_text="minor units")
    maximum = models.PositiveIntegerField(null=True, blank=True, help_text="minor units")
    per = models.CharField(max_length=10, choices=Per.choices, default=Per.ITEM)
    components = ArrayField(
        models.CharField(max_length=15),
        default=list,
        blank=True,
        help_text="kinds of lines that it charges; empty: all",
    )
    medium = models.CharField(max_length=10, choices=Medium.choices, default=Medium.ORIGINAL)
    sentence = models.CharField(max_length=200, help_text="shown to the traveller")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "family", "action", "code"],
                nulls_distinct=False,
                name="condition_band_once",
            ),
            models.CheckConstraint(
                condition=Q(percent__lte=100), name="condition_charge_at_most_all"
            ),
        ]

    def __str__(self) -> str:
        return self.sentence
