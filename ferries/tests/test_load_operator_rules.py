"""The command that loads a real operator's rules as a fare family."""

from dataclasses import asdict

import pytest
from django.core.management import CommandError, call_command

from ferries.conditions import Band, Terms
from ferries.demo.operator_rules import RULE_SETS
from ferries.models import ConditionBand, FareFamily
from ferries.tests import makers

pytestmark = pytest.mark.django_db


def load(*args):
    call_command("load_operator_rules", *args)


def stored(family):
    """Return the family's terms as the tables have them."""
    fields = asdict(Band("x")).keys()
    rows = ConditionBand.objects.filter(family=family).order_by("pk").values(*fields)
    return Terms(
        family=family.code,
        bands=tuple(Band(**{**row, "components": tuple(row["components"])}) for row in rows),
        always_refunded=tuple(family.always_refunded),
        amend_until_hours=family.amend_until_hours,
        free_amendments=family.free_amendments,
        difference_refunded=family.difference_refunded,
    )


@pytest.mark.parametrize("ruleset", RULE_SETS)
def test_writes_the_terms_of_each_rule_set(ruleset, capsys):
    makers.operator("BLUE")

    load("BLUE", ruleset)

    family = FareFamily.objects.get()
    assert stored(family) == RULE_SETS[ruleset]
    assert f"{len(RULE_SETS[ruleset].bands)} bands of {ruleset}" in capsys.readouterr().out


def test_loading_again_replaces_the_bands_and_keeps_the_name():
    makers.operator("BLUE")
    load("BLUE", "superfast", "--family", "flexi")
    FareFamily.objects.update(name="Super Flexi", order=3)

    load("BLUE", "wsf", "--family", "flexi")

    family = FareFamily.objects.get()
    assert (family.code, family.name, family.order) == ("flexi", "Super Flexi", 3)
    assert stored(family).bands == RULE_SETS["wsf"].bands


def test_leaves_other_families_alone():
    makers.operator("BLUE")
    load("BLUE", "superfast", "--family", "flexi")

    load("BLUE", "brittany-economy")

    assert stored(FareFamily.objects.get(code="flexi")).bands == RULE_SETS["superfast"].bands


def test_names_the_known_operators():
    makers.operator("BLUE")

    with pytest.raises(CommandError, match=r"There is no operator RED\. Known: BLUE\."):
        load("RED", "wsf")

    assert not FareFamily.objects.exists()


def test_refuses_an_unknown_rule_set():
    with pytest.raises(CommandError, match="invalid choice: 'white-star'"):
        load("BLUE", "white-star")
