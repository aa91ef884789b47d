"""The published cases: the code says what the texts say, and the document says the same."""

import pytest

from ferries import conditions
from ferries.demo.operator_rules import RULE_SETS, RULE_TEXTS
from ferries.tests import condition_vectors as vectors
from ferries.tests.condition_vectors import CASES, Case


def name(case: Case) -> str:
    return f"{case.rules}-{case.action}-{vectors.when(case)}-{case.note}".replace(" ", "-")


@pytest.mark.parametrize("case", CASES, ids=name)
def test_charges_what_the_operator_s_text_says(case):
    assert vectors.outcome(case) == vectors.expected(case)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_what_is_kept_and_refunded_makes_each_line(case):
    assert all(each.charge + each.refund == each.base for each in vectors.computed(case))


def test_the_document_shows_the_cases_as_they_are_computed():
    text = vectors.DOCS.read_text()

    _, _, rest = text.partition(vectors.BEGIN)
    shown, _, _ = rest.partition(vectors.END)

    assert shown == vectors.table()


@pytest.mark.parametrize("ruleset", RULE_SETS)
def test_every_rule_set_is_whole_and_has_cases(ruleset):
    assert conditions.problems(RULE_SETS[ruleset].bands) == []
    assert ruleset == "agents" or any(case.rules == ruleset for case in CASES)


def test_every_rule_set_has_its_text():
    assert RULE_SETS.keys() == RULE_TEXTS.keys()
    assert all(len(text) <= 200 for text in RULE_TEXTS.values())


def test_every_band_of_every_rule_set_is_met_by_a_case():
    met = {
        ("agents" if case.by_agent else case.rules, each.band)
        for case in CASES
        for each in vectors.computed(case)
    }

    bands = {(ruleset, band.code) for ruleset, terms in RULE_SETS.items() for band in terms.bands}
    assert bands - met == set()
