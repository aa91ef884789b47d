"""The operator's page: what may be typed, the breaker's state, trying the connection."""

import time

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.urls import reverse

from ferries.models import Operator
from ferries.operators import breaker
from ferries.tests import makers
from ferries.tests.operators.conftest import serving
from ferries.tests.operators.scripted import hangs_up, says
from ferries.tests.operators.test_breaker import fail
from ferries.tests.test_admin_fares import change, errors

pytestmark = pytest.mark.django_db
LIST = "admin:ferries_operator_changelist"
HTTP = {"adapter": "http", "base_url": "https://api.komp.example"}


@pytest.fixture
def bob(client, django_user_model):
    """Bob is on the staff."""
    bob = django_user_model.objects.create_superuser("bob", "bob@maritime.example", "secret")
    client.force_login(bob)
    return client


def run(client, action, *operators):
    """Run an action on operators and return what staff are told."""
    chosen = {"action": action, "_selected_action": [each.pk for each in operators]}
    answer = client.post(reverse(LIST), chosen)
    return [str(message) for message in get_messages(answer.wsgi_request)]


class TestSettings:
    def test_a_connection_is_kept(self, bob, monkeypatch):
        monkeypatch.setenv("OPERATOR_KOMP_KEY", "secret")
        komp = makers.operator("KOMP")

        answer = change(
            bob, komp, **HTTP, api_key_variable="OPERATOR_KOMP_KEY", connect_seconds="0.5",
            timeout_seconds="3", capabilities=["cancel", "search", "reserve", "confirm"],
        )  # fmt: skip

        komp.refresh_from_db()
        assert answer.status_code == 302
        assert (komp.base_url, komp.connect_seconds, komp.timeout_seconds) == (
            "https://api.komp.example", 0.5, 3.0,
        )  # fmt: skip
        assert komp.capabilities == ["search", "reserve", "confirm", "cancel"]
        assert (komp.can("check"), komp.sells) == (False, True)

    @pytest.mark.parametrize(
        ("edits", "field", "sentence"),
        [
            ({"base_url": ""}, "base_url", "needs an address"),
            ({"base_url": "ftp://komp.example"}, "base_url", "must begin with https://"),
            ({"base_url": "https://u:p@komp.example"}, "base_url", "no user name or password"),
            ({"base_url": "https://10.0.0.7"}, "base_url", "10.0.0.7 is no public address"),
            ({"base_url": "https://komp.example:22"}, "base_url", "Port 22 is not allowed"),
            ({"api_key_variable": "SECRET_KEY"}, "api_key_variable", "begins with OPERATOR_"),
            ({"api_key_variable": "sk_live_abc"}, "api_key_variable", "Never type the key"),
            (
                {"api_key_variable": "OPERATOR_ALLOWED_PORTS"},
                "api_key_variable",
                "begins with OPERATOR_",
            ),
            ({"timeout_seconds": "0"}, "timeout_seconds", "greater than or equal to 0.1"),
            ({"timeout_seconds": "9"}, "timeout_seconds", "less than or equal to 8.0"),
            (
                {"timeout_seconds": "1", "connect_seconds": "2"},
                "connect_seconds",
                "part of the whole call",
            ),
            ({"capabilities": ["check"]}, "capabilities", "never shown"),
            ({"capabilities": ["teleport"]}, "capabilities", "teleport is not one of"),
        ],
    )
    def test_what_cannot_work_is_refused_with_a_sentence(
        self,
        bob,
        edits,
        field,
        sentence,
    ):
        komp = makers.operator("KOMP")

        answer = change(bob, komp, **{**HTTP, **edits})

        found = errors(answer)
        assert list(found) == [field]
        assert sentence in found[field][0]
        komp.refresh_from_db()
        assert komp.adapter == "local"

    def test_a_missing_key_is_told_and_does_not_keep_from_saving(self, bob):
        komp = makers.operator("KOMP")

        answer = change(
            bob, komp, **HTTP, api_key_variable="OPERATOR_NOBODY_KEY", capabilities=["search"]
        )

        told = [str(message) for message in get_messages(answer.wsgi_request)]
        assert (
            "KOMP: the environment has no variable OPERATOR_NOBODY_KEY, so no key is sent." in told
        )
        assert "KOMP: without reserve, confirm and cancel its sailings are shown, not sold." in told
        komp.refresh_from_db()
        assert komp.adapter == "http"


class TestBreaker:
    def test_the_list_shows_how_it_stands(self, bob):
        makers.operator("HOME")
        for code in ("GOOD", "SHAKY", "GONE"):
            makers.operator(code, **HTTP)
        fail(2, "SHAKY")
        fail(5, "GONE")
        since = breaker.states(["GONE"])["GONE"].since

        page = bob.get(reverse(LIST)).content.decode()

        for text in ("closed", "closed, 2 failures", f"open since {since:%Y-%m-%d %H:%M:%S} UTC"):
            assert f'<td class="field-breaker">{text}</td>' in page
        assert '<td class="field-breaker">-</td>' in page

    def test_it_is_closed_by_a_button(self, bob):
        gone, good = makers.operator("GONE", **HTTP), makers.operator("GOOD", **HTTP)
        fail(5, "GONE")

        told = run(bob, "close_the_breaker", gone, good)

        assert told == ["GONE: asked again from now on.", "GOOD: its breaker was closed."]
        assert breaker.states(["GONE"])["GONE"] == breaker.State("closed")

    def test_readers_have_no_buttons(self, client, django_user_model):
        reader = django_user_model.objects.create_user("rita", password="secret", is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_operator"))
        client.force_login(reader)
        gone = makers.operator("GONE", **HTTP)
        fail(5, "GONE")

        run(client, "close_the_breaker", gone)
        run(client, "try_the_connection", gone)

        assert breaker.states(["GONE"])["GONE"].name == "open"


class TestTrial:
    def test_a_good_connection(self, bob, simulator):
        [told] = run(bob, "try_the_connection", company(simulator.url))

        assert told.startswith("KOMP: answered in ")
        assert told.endswith(" ms; no key is sent.")

    def test_a_good_key_and_a_wrong_one(self, bob, timetable, monkeypatch):
        with serving(timetable, api_key="secret") as server:
            komp = company(server.url, api_key_variable="OPERATOR_KOMP_KEY")
            unset = run(bob, "try_the_connection", komp)
            monkeypatch.setenv("OPERATOR_KOMP_KEY", "wrong")
            wrong = run(bob, "try_the_connection", komp)
            monkeypatch.setenv("OPERATOR_KOMP_KEY", "secret")
            good = run(bob, "try_the_connection", komp)

        assert "has no variable OPERATOR_KOMP_KEY" in unset[-1]
        assert "the key is refused (status 401)" in wrong[-1]
        assert good[-1].endswith("; the key is accepted.")

    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            (says({}, status=404), "GET /health answered 404 after"),
            (says({}, status=503), "status 503"),
            (says(b"<html>"), "Expecting value"),
            (says({}, status=301, Location="/x"), "redirects are not followed"),
            (hangs_up, "disconnected without sending a response"),
            (says({"status": "ok"}), "a reservation that nobody made is 200 and not 404"),
        ],
    )
    def test_a_connection_in_trouble_is_told_in_words(
        self,
        bob,
        scripted,
        answer,
        sentence,
    ):
        scripted.answers = [answer]

        [told] = run(bob, "try_the_connection", company(scripted.url))

        assert sentence in told
        assert breaker.states(["KOMP"])["KOMP"] == breaker.State("closed")

    def test_nobody_listens(self, bob):
        [told] = run(bob, "try_the_connection", company("http://127.0.0.1:9"))

        assert "refused" in told

    def test_a_slow_one(self, bob, scripted):
        scripted.answers = [lambda handler: time.sleep(1)]

        [told] = run(bob, "try_the_connection", company(scripted.url, timeout_seconds=0.3))

        assert told.startswith("KOMP: no answer within 0.")

    def test_our_own_inventory_needs_none(self, bob):
        [told] = run(bob, "try_the_connection", makers.operator("HOME"))

        assert told == "HOME: its space is in our own inventory; there is nothing to connect to."


def company(url, **values) -> Operator:
    return makers.operator("KOMP", adapter="http", base_url=url, **values)
