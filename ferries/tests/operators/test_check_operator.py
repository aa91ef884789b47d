"""`manage.py check_operator`: a system that keeps the protocol, and some that do not."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ferries.models import Port
from ferries.operators import breaker
from ferries.tests import makers
from ferries.tests.operators.conftest import serving
from ferries.tests.operators.scripted import says
from ferries.tests.operators.test_calls import saved
from ferries.tests.operators.test_memory import without
from maritime.lib import clock

pytestmark = pytest.mark.django_db


def check(*options, code="KOMP"):
    """Return the printed lines by rule, and whether the command ended well."""
    out = StringIO()
    good = True
    try:
        call_command("check_operator", code, *options, stdout=out)
    except CommandError:
        good = False
    lines = out.getvalue().splitlines()
    return {line[8:].partition("  (")[0]: line[:8].strip() for line in lines[:-1]}, good, lines[-1]


def routed(url, **values):
    operator = saved("KOMP", url, **values)
    makers.route(operator, Port.objects.get(code="HU-SZA"), Port.objects.get(code="HU-TIH"))
    return operator


def not_kept(verdicts):
    return sorted(rule for rule, outcome in verdicts.items() if outcome == "FAIL")


def test_the_simulator_keeps_every_rule(simulator):
    routed(simulator.url)

    verdicts, good, total = check("--book")

    assert not_kept(verdicts) == []
    assert good
    assert total == "23 kept, 0 not kept, 1 not looked at"
    assert verdicts["without the key it is 401 or 403"] == "SKIPPED"
    # The second is a hold that has ended.
    assert simulator.company.reservations() == {"cancelled": 1, "held": 1}


def test_without_book_nothing_is_written(simulator):
    routed(simulator.url)

    _, good, total = check()

    assert (good, total) == (True, "10 kept, 0 not kept, 1 not looked at")
    assert simulator.company.reservations() == {}


def test_the_key_is_looked_at(timetable, monkeypatch):
    monkeypatch.setenv("OPERATOR_KOMP_KEY", "secret")
    with serving(timetable, api_key="secret") as server:
        routed(server.url, api_key_variable="OPERATOR_KOMP_KEY")

        verdicts, good, _ = check()

    assert (good, verdicts["without the key it is 401 or 403"]) == (True, "PASS")


def test_a_system_that_refuses_confirmations_fails_three_rules(simulator, control):
    routed(simulator.url)
    control(refuse_confirm=True)

    verdicts, good, _ = check("--book")

    assert not good
    assert not_kept(verdicts) == [
        "a confirmation confirms it",
        "its status is confirmed",
        "the same confirmation again answers alike",
    ]
    # The second is a hold that has ended.
    assert simulator.company.reservations() == {"cancelled": 1, "held": 1}


def test_a_system_that_says_anything_fails_and_never_breaks_the_command(scripted):
    routed(scripted.url)
    scripted.answers = [says({"reference": "X", "state": "held", "operator_reference": "Y"})]

    verdicts, good, _ = check("--book")

    assert not good
    assert verdicts["health answers 200"] == "PASS"
    assert verdicts["a search for one person has the protocol's shape"] == "FAIL"
    assert verdicts["a reservation is held"] == "SKIPPED"
    assert verdicts["an unknown offer is 404"] == "FAIL"


def test_what_it_is_said_not_to_have_is_skipped(simulator, calls_of):
    routed(simulator.url, capabilities=without("check", "status"))

    verdicts, good, _ = check()

    assert good
    assert verdicts["a check answers as the search did"] == "SKIPPED"
    assert (calls_of("check"), calls_of("status")) == (0, 0)


def test_the_breaker_learns_nothing(scripted):
    routed(scripted.url)
    scripted.answers = [says({}, status=503)]

    check()

    assert breaker.states(["KOMP"])["KOMP"] == breaker.State("closed")


def test_where_and_when_may_be_given(simulator):
    saved("KOMP", simulator.url)
    day = (clock.now().date() + timedelta(days=40)).isoformat()

    _, good, _ = check("--origin", "HU-TIH", "--destination", "HU-SZA", "--date", day)

    assert good


@pytest.mark.parametrize("code", ["NOBODY", "HOME", "BARE"])
def test_operators_that_cannot_be_checked(simulator, code):
    makers.operator("HOME")
    saved("BARE", simulator.url)

    with pytest.raises(CommandError):
        call_command("check_operator", code, stdout=StringIO())
