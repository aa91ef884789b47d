"""A promise holds in whatever language it is read, and rows keep none of the reader's."""

from dataclasses import replace

import pytest
from django.utils import translation

from bookings import labels
from bookings.models import Amendment
from bookings.operations.cancel import Selection, cancel_booking, quote_cancellation
from bookings.operations.hold import Wishes, hold_booking
from bookings.operations.journey import look_at_journey
from bookings.operations.quote import quote_booking
from bookings.tests.amending import committed, confirmed_in, family, moved_to, quoted
from bookings.tests.cancel_worlds import before, ships
from bookings.tests.cancel_worlds import family as family_booking
from bookings.tests.makers import request
from ferries.party import Party
from ferries.tests import makers

pytestmark = pytest.mark.django_db


def test_a_quote_in_one_language_is_a_promise_in_another(now):
    run = makers.sailing()
    wish = replace(request(run), wishes=Wishes(assistance_dogs=1))
    party = Party(assistance_dogs=1)
    with translation.override("de"):
        quote = quote_booking(wish.legs, party=party, now=now)

    with translation.override("fr"):
        booking = hold_booking(replace(wish, quote=quote.token), now=now)

    assert booking.items.get(item="g0").label == "Assistance dog"
    with translation.override("de"):
        assert [line["label"] for line in quote.as_dict()["legs"][0]["lines"]] == [
            "Adult",
            "Assistenzhund",
        ]
        assert booking.items.get(item="g0").told == "Assistenzhund"


def test_a_cancellation_is_told_in_german_and_kept_in_english(now):
    runs = ships()
    booking = family_booking(*runs, now=now)
    moment = before(runs[0], 2)
    with translation.override("de"):
        quote = quote_cancellation(booking, now=moment, selection=Selection((1,), ("p1",)))
        told = {line.sentence for line in quote.lines}
        cancel_booking(
            booking.pk,
            token=quote.token,
            expected_refund=quote.refund,
            expected_charge=quote.charge,
            actor="customer",
            now=moment,
        )
        fee = booking.items.get(kind="fee")
        shown = fee.told

    assert all("werden einbehalten" in sentence for sentence in told)
    assert fee.label.startswith("Kept of Adult: ")
    assert shown == "Einbehalten von Adult"
    assert fee.told == fee.label


def test_a_change_is_told_in_greek_and_kept_in_english(now, pair):
    old, new = pair
    family("flex", adult=1000, amend_until_hours=0, bands=[{"charge": "flat", "amount": 300}])
    booking = confirmed_in(old, "flex", now=now)
    with translation.override("el"):
        quote = quoted(booking, moved_to(new, family="flex"), now=now)

    committed(booking, quote, now=now)

    assert quote.sentences[0].startswith("Η διαδρομή 1 μεταφέρεται για ")
    assert "Οποτεδήποτε πριν από την αναχώρηση: η αλλαγή κοστίζει" in quote.sentences[1]
    assert [line.label for line in quote.after if line.kind == "fee"] == ["Χρέωση αλλαγής"]
    change = Amendment.objects.get().change
    assert change["sentences"][0].startswith("Crossing 1 moves to ")
    assert change["sentences"][1] == "Change of flex"
    assert [line["label"] for line in change["after"]] == ["Adult", "Amendment fee"]


def test_a_refused_wish_is_told_in_the_readers_language(now):
    run = makers.sailing(persons=1)

    with translation.override("nb"):
        (leg,) = look_at_journey(request(run).legs, party=Party(adults=3), now=now)

    assert leg.offer.refusals[0].message == ("Bare 1 plass er igjen; reisefølget ditt trenger 3.")


@pytest.mark.parametrize(
    ("label", "french"),
    [
        ("Adult", "Adult"),
        (labels.FEE, "Frais de modification"),
        (labels.kept_label("Adult", "Half."), "Retenu sur Adult"),
        (labels.kept_label("Assistance dog", "x: y"), "Retenu sur Chien d'assistance"),
    ],
)
def test_labels_of_ours_are_told(label, french):
    with translation.override("fr"):
        assert labels.told_label(label) == french
    assert labels.told_label(label) == label
