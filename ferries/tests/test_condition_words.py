"""Conditions are told in the reader's language from their numbers, in English as the operator wrote."""

import pytest
from django.utils import translation

from ferries.condition_words import band_sentence, rule_sentence, sentences
from ferries.conditions import DEPARTED_SENTENCE, Band, Terms
from ferries.demo.operator_rules import RULE_SETS


def said(band: Band, language: str = "de") -> str:
    with translation.override(language):
        return band_sentence(band, currency="EUR").replace("\N{NO-BREAK SPACE}", " ")


def test_english_readers_get_the_operators_own_sentence() -> None:
    band = Band("half", percent=50, sentence="Half of it is gone.")

    assert said(band, "en") == "Half of it is gone."


@pytest.mark.parametrize(
    ("band", "sentence"),
    [
        (Band("b", charge="none"), "Jederzeit vor der Abfahrt: Stornierung kostenlos."),
        (
            Band("b", from_hours=7 * 24, charge="none"),
            "Bis 7 Tage vor der Abfahrt: Stornierung kostenlos.",
        ),
        (
            Band("b", from_hours=24, to_hours=8 * 24, percent=50),
            "8 Tage bis 24 Stunden vor der Abfahrt: 50 % des Preises werden einbehalten.",
        ),
        (
            Band("b", to_hours=1, percent=100),
            "Weniger als 1 Stunde vor der Abfahrt: keine Erstattung.",
        ),
        (
            Band("b", percent=10, minimum=1000, maximum=5000, per="booking", reference="first"),
            "Jederzeit vor der ersten Abfahrt der Buchung: 10 % des Preises, mindestens 10,00 EUR "
            "für die Buchung, höchstens 50,00 EUR für die Buchung werden einbehalten.",
        ),
        (
            Band("b", percent=50, medium="voucher", components=("vehicle", "trailer")),
            "Jederzeit vor der Abfahrt: Fahrzeug, Anhänger: 50 % des Preises werden einbehalten, "
            "der Rest kommt als Gutschein zurück.",
        ),
        (
            Band("b", action="amend", from_hours=24, charge="flat", amount=2000, per="sailing"),
            "Bis 24 Stunden vor der Abfahrt: eine Änderung kostet 20,00 EUR je Abfahrt.",
        ),
        (
            Band("b", action="amend", to_hours=24, percent=100),
            "Weniger als 24 Stunden vor der Abfahrt: keine Änderung.",
        ),
        (
            Band("b", action="no_show", percent=25),
            "Wer nicht erscheint, zahlt 25 % des Preises.",
        ),
    ],
)
def test_other_readers_get_it_from_the_numbers(band: Band, sentence: str) -> None:
    assert said(band) == sentence


@pytest.mark.parametrize("language", ["de", "fr", "el", "nb"])
@pytest.mark.parametrize("name", sorted(RULE_SETS))
def test_all_rules_that_operators_have_can_be_told(name: str, language: str) -> None:
    for band in RULE_SETS[name].bands:
        told = said(band, language)
        assert told.endswith(".")
        assert "%(" not in told
        assert told != band.sentence


def test_the_bands_of_an_action_stand_in_the_order_of_time() -> None:
    bands = (
        Band("all", to_hours=24, percent=100, sentence="Late."),
        Band("free", from_hours=24, charge="none", sentence="Early."),
        Band("change", action="amend", charge="none", sentence="Change."),
    )

    assert sentences(Terms(bands=bands), currency="EUR") == ["Early.", "Late."]


def test_a_charge_is_told_again_by_its_band_and_our_own_sentences_by_themselves() -> None:
    band = Band("late", to_hours=24, percent=100, sentence="Late.")
    terms = Terms(bands=(band,))

    with translation.override("de"):
        by_band = rule_sentence("late", "Late.", terms=terms, currency="EUR")
        own = rule_sentence("departed", DEPARTED_SENTENCE, terms=terms, currency="EUR")
        foreign = rule_sentence("overrule:strike", "Strike.", terms=None, currency="EUR")

    assert by_band == "Weniger als 24 Stunden vor der Abfahrt: keine Erstattung."
    assert own == "Das Schiff hat abgelegt; es wird nichts erstattet."
    assert foreign == "Strike."
