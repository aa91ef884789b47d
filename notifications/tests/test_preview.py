"""Staff look at every mail in every language before a traveller does; nothing is sent or kept."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.test import Client
from django.utils import translation

from bookings.models import Booking
from maritime.ops.models import Job
from notifications.models import Message
from notifications.tests import makers

pytestmark = pytest.mark.django_db
PAGE, HTML = "/admin/notifications/message/preview/", "/admin/notifications/message/preview/html/"


@pytest.fixture
def staff(client: Client) -> Client:
    user = User.objects.create_user("bob", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_message"))
    client.force_login(user)
    return client


@pytest.mark.parametrize("kind", Message.Kind.values)
def test_each_mail_is_shown_about_an_invented_booking(staff: Client, kind: str) -> None:
    subjects = set()
    for language, _ in settings.LANGUAGES:
        question = {"kind": kind, "language": language, "reference": ""}
        page = staff.get(PAGE, question)
        html = staff.get(HTML, question)
        assert (page.status_code, html.status_code) == (200, 200)
        assert f'lang="{language}"' in html.text
        subjects.add(re.search(r"<h2>(.+?)</h2>", page.text)[1])

    assert len(subjects) == len(settings.LANGUAGES)
    assert mail.outbox == []
    assert not Booking.objects.exists()
    assert not Message.objects.exists()
    assert not Job.objects.exists()


def test_the_page_opens_with_a_mail_and_leaves_the_language_of_staff_alone(staff: Client) -> None:
    page = staff.get(PAGE)

    assert "<iframe" in page.text
    assert translation.get_language() == settings.LANGUAGE_CODE


def test_a_mail_about_a_real_booking(staff: Client) -> None:
    row = makers.booking()

    page = staff.get(
        PAGE, {"kind": "booking_confirmation", "language": "en", "reference": row.reference}
    )

    assert row.reference in page.text
    assert f"tickets-{row.reference}.pdf" in page.text


@pytest.mark.parametrize(
    ("kind", "reference", "words"),
    [("cancellation", "NOSUCH", "We found no booking"), ("payment_success", "", "no payment")],
)
def test_says_what_is_missing(staff: Client, kind: str, reference: str, words: str) -> None:
    reference = reference or makers.booking("held").reference
    question = {"kind": kind, "language": "en", "reference": reference}

    page = staff.get(PAGE, question)

    assert words in page.text
    assert "<iframe" not in page.text
    assert staff.get(HTML, question).status_code == 404


def test_the_frame_shows_a_mail_and_runs_nothing(staff: Client) -> None:
    answer = staff.get(HTML, {"kind": "booking_confirmation", "language": "en"})

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_only_who_may_see_mails(client: Client) -> None:
    client.force_login(User.objects.create_user("eve", password="x", is_staff=True))

    assert client.get(PAGE).status_code == 403
    assert client.get(HTML, {"kind": "cancellation", "language": "en"}).status_code == 403
