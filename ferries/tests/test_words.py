"""Our own words among an operator's follow the reader, an operator's stay as they are."""

from dataclasses import replace

import pytest
from django.utils import translation

from ferries import refusals, words
from ferries.errors import CapacityTaken, NoFare
from ferries.operators.http import NOT_SOLD_HERE
from ferries.party import Party, VehicleSize
from ferries.pricing import FareLine, price
from ferries.styleguide import _offer as any_offer

FARES = (
    FareLine("a", "passenger", "adult", "Adult (19 and over)", 1000),
    FareLine("c", "vehicle", "car", "Vehicle and driver", 2000, includes_driver=True),
)


@pytest.mark.parametrize(
    ("text", "german"),
    [
        (words.ASSISTANCE_DOG, "Assistenzhund"),
        ("Adult (19 and over)", "Adult (19 and over)"),
        ("Adult (included with the vehicle)", "Adult (beim Fahrzeug enthalten)"),
    ],
)
def test_what_is_ours_is_translated(text: str, german: str) -> None:
    with translation.override("de"):
        assert words.told(text) == german
    assert words.told(text) == text


def test_price_lines_do_not_depend_on_the_reader() -> None:
    party = Party(vehicle=VehicleSize("car", 480, 180), assistance_dogs=1)
    english = price(party, FARES)

    with translation.override("el"):
        greek = price(party, FARES)

    assert greek == english
    assert [line.label for line in english] == [
        "Adult (19 and over) (included with the vehicle)",
        "Vehicle and driver",
        "Assistance dog",
    ]


def test_a_remote_offers_remark_of_ours_is_told_when_it_is_read() -> None:
    theirs = refusals.Refusal("closed", "No way on Tuesdays.")
    offer = replace(any_offer(), refusals=(NOT_SOLD_HERE, theirs))

    with translation.override("fr"):
        told = refusals.told(offer)

    assert [each.message for each in told.refusals] == [
        "Cette traversée est affichée à titre d'information. Veuillez la réserver auprès de la "
        "compagnie.",
        "No way on Tuesdays.",
    ]
    assert [each.code for each in told.refusals] == ["not_sold_here", "closed"]


def test_refusals_have_numbers_as_the_language_writes_them() -> None:
    with translation.override("de"):
        refusal = refusals.too_high(height_cm=310, clear_height_cm=220)
        short = refusals.persons_short(left=1, needed=3)

    assert refusal.message == "Ihr Fahrzeug ist 3,10 m hoch; dieses Schiff nimmt bis 2,20 m auf."
    assert refusal.numbers == {"height_cm": 310, "clear_height_cm": 220}
    assert short.message == "Nur noch 1 Platz ist frei; Ihre Reisegruppe braucht 3."


def test_an_error_speaks_the_language_of_whoever_reads_it() -> None:
    error = CapacityTaken()

    with translation.override("nb"):
        assert error.message == "De siste plassene ble nettopp tatt. Prøv igjen."
        assert NoFare("child").message == "Det finnes ingen pris på denne avgangen for: barn."
    assert error.message == "The last places were just taken. Please try again."
    assert str(error) == error.message
