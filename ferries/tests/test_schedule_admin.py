"""The staff page that makes sailings: preview first, then writing what was shown."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from ferries.models import Sailing
from ferries.tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(client, django_user_model):
    """Bob is on the staff."""
    client.force_login(django_user_model.objects.create_superuser("bob", "bob@maritime.example"))
    return client


@pytest.fixture
def values():
    """Return what Bob fills in: two days of a night crossing."""
    for code in ("AAA", "BBB"):
        makers.port(code, zone="Europe/Athens", country="GR")
    ship = makers.configuration(makers.operator())
    return {
        "configuration": ship.pk, "number": "out", "calls": "AAA 21:00\r\nBBB 06:00+1\r\n",
        "first_day": "2026-06-01", "last_day": "2026-06-03", "weekdays": ["mon", "wed"],
        "except_days": "", "sold": "", "turnaround_minutes": "30", "check_in_minutes": "",
    }  # fmt: skip


def page() -> str:
    return reverse("make_sailings")


def digest_in(answer) -> str:
    return re.search(r'name="digest" value="(\w+)"', answer.content.decode())[1]


def test_the_list_of_sailings_leads_to_the_page(bob):
    answer = bob.get(reverse("admin:ferries_sailing_changelist"))

    assert f'href="{page()}"' in answer.content.decode()
    assert bob.get(page()).status_code == 200


def test_runs_no_script_of_its_own(bob):
    answer = bob.get(page())

    body = answer.content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)", body) == []
    assert re.findall(r"\son\w+=|\sstyle=", body) == []
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_previews_and_then_writes_what_was_shown(bob, values):
    shown = bob.post(page(), {**values, "preview": "1"})

    body = shown.content.decode()
    assert "<td>Mon 2026-06-01</td><td>Aaa 21:00, Bbb 06:00+1</td>" in body
    assert "Write 2 sailings" in body
    assert "ends in Bbb" in body
    assert not Sailing.objects.exists()

    written = bob.post(page(), {**values, "write": "1", "digest": digest_in(shown)}, follow=True)

    assert "Sailings added: 2." in written.content.decode()
    assert [sailing.service_date.day for sailing in Sailing.objects.order_by("pk")] == [1, 3]


def test_writes_nothing_that_was_not_shown(bob, values):
    digest = digest_in(bob.post(page(), {**values, "preview": "1"}))

    answer = bob.post(page(), {**values, "last_day": "2026-06-10", "write": "1", "digest": digest})

    assert "changed since you saw it" in answer.content.decode()
    assert not Sailing.objects.exists()


def test_shows_conflicts_and_offers_no_writing(bob, values):
    shown = bob.post(page(), {**values, "preview": "1"})
    bob.post(page(), {**values, "write": "1", "digest": digest_in(shown)})

    answer = bob.post(page(), {**values, "number": "second", "preview": "1"})

    body = answer.content.decode()
    assert "Conflicts: nothing can be written" in body
    assert "would be in two places" in body
    assert 'name="write"' not in body


def test_names_the_field_that_is_wrong(bob, values):
    answer = bob.post(page(), {**values, "calls": "AAA 21:00\nBBB 6.00", "preview": "1"})

    assert "6.00 is no time; write 21:00" in answer.content.decode()


def test_names_what_makes_no_sense_together(bob, values):
    answer = bob.post(page(), {**values, "last_day": "2026-05-01", "preview": "1"})

    assert "The season ends before it begins." in answer.content.decode()


def test_staff_who_may_not_add_sailings_are_refused(client, django_user_model):
    carol = django_user_model.objects.create_user("carol", is_staff=True)
    carol.user_permissions.add(Permission.objects.get(codename="view_sailing"))
    client.force_login(carol)

    assert client.get(page()).status_code == 403
    assert (
        "Make sailings"
        not in client.get(reverse("admin:ferries_sailing_changelist")).content.decode()
    )


def test_strangers_are_sent_to_the_login(client):
    answer = client.get(page())

    assert answer.status_code == 302
    assert "/login/" in answer["Location"]
