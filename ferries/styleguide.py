"""The style guide: every part of the pages with its states, for those who build pages (DEBUG only)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ferries.day_strip import Day, Lowest
from ferries.emissions import Footprint
from ferries.offers import Offer, PriceLine, Refusal
from ferries.result_rows import Hint, Row

DEPARTS_AT = datetime(2027, 7, 15, 18, 0, tzinfo=UTC)
COLOURS = (
    "paper", "sheet", "sunk", "ink", "ink-soft", "line", "sea", "link", "wash", "buoy", "lamp",
    "good", "good-wash", "bad", "bad-wash", "warn", "warn-wash", "chart-sea", "chart-land",
)  # fmt: skip


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Given name", help_text="as in the passport")
    phone = forms.CharField(label="Phone", required=False)
    email = forms.EmailField(label="E-mail")
    port = forms.ChoiceField(label="Port", choices=[("", "Choose a port"), ("PIR", "Piraeus")])
    adults = forms.IntegerField(label="Adults", min_value=0, max_value=9)


@dataclass(frozen=True)
class Event:
    """A line of the sample timeline."""

    when: str
    what: str
    at: datetime | None = None
    is_next: bool = False


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Answer the style guide; there is none outside of development."""
    if not settings.DEBUG:
        raise Http404
    wrong = SampleForm({"name": "", "phone": "", "email": "alice", "port": "PIR", "adults": "2"})
    wrong.is_valid()
    context = {
        "colours": COLOURS,
        "form": SampleForm(initial={"adults": 2}, auto_id="right_%s"),
        "wrong": wrong,
        "rows": [_row(), _row(persons=7, kilogrammes=27), _refused()],
        "offer": _offer(),
        "choice": [_offer()],
        "days": _days(),
        "steps": ["Sailings", "Travellers", "Payment", "Tickets"],
        "events": [
            Event("Thu 15 July 2027, 09:00", "Places held"),
            Event("Thu 15 July 2027, 09:04", "Paid"),
            Event("Thu 15 July 2027, 21:00", "Departure", is_next=True),
        ],
    }
    return render(request, "ferries/styleguide.html", context)


def _offer(persons: int = 120, refusals: tuple[Refusal, ...] = ()) -> Offer:
    return Offer(
        id=f"SAMPLE~{persons}",
        sailing="sample",
        operator="SAMPLE",
        operator_name="Sample Ferries",
        vessel="Blue Star Patmos",
        origin="GRPIR",
        origin_name="Piraeus",
        origin_zone="Europe/Athens",
        destination="GRHER",
        destination_name="Heraklion",
        destination_zone="Europe/Athens",
        departs_at=DEPARTS_AT,
        arrives_at=DEPARTS_AT + timedelta(hours=8, minutes=30),
        currency="EUR",
        lines=(
            PriceLine("passenger", "Adult", 4200, "p0", "adult"),
            PriceLine("passenger", "Adult", 4200, "p1", "adult"),
            PriceLine("vehicle", "Car up to 5 m", 8600, "v0", "car"),
        ),
        left={"persons": persons, "lane_cm": 1200},
        refusals=refusals,
        timetable_note="",
    )


def _row(*, persons: int = 120, kilogrammes: int = 0) -> Row:
    return Row(
        offer=_offer(persons),
        anchor=f"sample-{persons}",
        hints=(),
        footprint=Footprint(kilogrammes, 2022) if kilogrammes else None,
    )


def _refused() -> Row:
    message = "Your vehicle is 3.10 m high; this ship admits up to 2.20 m."
    hint = Hint(message, "Space for you: the departure on Friday, 16 July at 21:00.", "#sample")
    refusal = Refusal("too_high", message)
    return Row(offer=_offer(1, (refusal,)), anchor="sample", hints=(hint,), footprint=None)


def _days() -> list[Day]:
    lowest = (Lowest(4200, "EUR"), Lowest(3900, "EUR"), Lowest(), Lowest(4200, "EUR"), None)
    start = date(2027, 7, 13)
    return [
        Day(start + timedelta(days=index), "", index == 3, price)
        for index, price in enumerate((*lowest, Lowest(0, "EUR"), Lowest(5100, "EUR")))
    ]
