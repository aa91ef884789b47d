"""What every page must send: a strict policy, and no copies of private pages."""

import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

TEMPLATES = sorted(Path(django_settings.BASE_DIR, "templates").rglob("*.html"))
POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)


def policy_of(answer):
    return {part.split()[0]: part for part in answer["Content-Security-Policy"].split("; ")}


def test_pages_allow_only_our_own_scripts_and_styles(client, db):
    sent = policy_of(client.get("/"))

    assert set(POLICY) <= set(sent.values())
    assert "unsafe" not in " ".join(sent.values())


@pytest.mark.parametrize("address", ["/", "/api/v1/ferries/search", "/admin/login/", "/healthz"])
def test_no_other_page_may_ask_for_payment_or_camera(client, db, address):
    sent = client.get(address)["Permissions-Policy"]

    assert {"payment=()", "camera=()", "geolocation=()"} <= set(sent.split(", "))


def test_private_pages_are_not_stored(crossing, client, pages):
    pay_address = pages.hold(crossing)
    booking_address = pay_address.replace("/pay/", "/booking/")
    addresses = [
        pages.checkout_address(crossing),
        pay_address,
        booking_address,
        f"{booking_address}cancel/",
        reverse("find_booking"),
    ]

    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "same-origin"


def test_only_the_pay_page_may_load_the_provider(crossing, client, pages, settings):
    pay_address = pages.hold(crossing)
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_pages"
    settings.STRIPE_JS_URL = "https://js.stripe.com/v3/"

    answer = client.get(pay_address)
    sent = policy_of(answer)

    stripe = "https://js.stripe.com https://*.js.stripe.com"
    assert sent["script-src"] == f"script-src 'self' {stripe}"
    assert sent["frame-src"] == f"frame-src {stripe} https://hooks.stripe.com"
    assert sent["connect-src"] == "connect-src 'self' https://api.stripe.com"
    assert sent["img-src"] == "img-src 'self' data: https://*.stripe.com"
    assert sent["frame-ancestors"] == "frame-ancestors 'none'"
    assert 'payment=(self "https://js.stripe.com")' in answer["Permissions-Policy"]
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert 'src="https://js.stripe.com/v3/"' in answer.text
    assert 'data-key="pk_test_pages"' in answer.text
    assert "Demo payment" not in answer.text
    other = client.get(reverse("find_booking"))
    assert "stripe" not in other["Content-Security-Policy"]
    assert other["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_inline_script_or_style(template):
    text = template.read_text()

    if "notifications" not in template.parts:
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)


def test_an_unknown_address_answers_with_our_page(client, db):
    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert "There is no page at this address" in answer.text


def test_the_data_page_names_the_sources_with_their_licences(client):
    text = client.get(reverse("data_sources")).text

    assert "Timetable: Washington State Department of Transportation, via MonTransit." in text
    assert "Balaton ferry GTFS by Máté Gyöngyösi, CC BY 4.0." in text
