"""Pages and mails are in one language from top to bottom, with its dates and numbers."""

import html
import re
from datetime import timedelta
from io import BytesIO

import polib
import pypdf
import pytest
from django.conf import settings
from django.core import mail
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format

from bookings.models import Booking
from maritime.lib import clock
from maritime.ops import catalogues
from notifications import messages
from notifications.tests import makers as mail_makers
from payments.operations.settle import WHY_BACK
from payments.receipt import receipt_pdf

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
STYLES = sorted((settings.BASE_DIR / "static" / "css").glob("*.css"))
PART = re.compile(r"%%|%\(\w+\)[sd]|\{\w+\}|<[^>]*>")
OK = {
    "search that cannot be": (422,),
    "check-out with mistakes": (422,),
    "pay with a wrong voucher": (404,),
    "not found": (404,),
    "no such page": (404,),
}
CAR = {"vehicle": "car", "vehicle_length_cm": 480, "vehicle_height_cm": 180, "trailer": "luggage"}

# The party of the journey, with one name corrected.
PARTY = {
    "p0_given_name": "Alicia", "p0_surname": "Moreau", "p0_stays": "on",
    "p1_given_name": "Bob", "p1_surname": "Moreau", "p1_stays": "on", "registration": "AB 1",
    "vehicle": "car", "length_cm": 480, "height_cm": 180, "trailer_length_cm": 300,
}  # fmt: skip
DISCOVERY = ("routes", "ports", "operators", "terms", "data_sources")


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def english(language):
    """Return the pieces of English texts, of more than three words, that the language says otherwise."""
    catalogue = polib.pofile(str(catalogues.path_of(settings.LOCALE_PATHS[0], language)))
    pieces = set()
    for entry in catalogue:
        told = " ".join([entry.msgstr, *entry.msgstr_plural.values()])
        for text in (entry.msgid, entry.msgid_plural or ""):
            pieces |= {
                piece.strip()
                for piece in PART.split(text)
                if len(piece.split()) > 3 and piece.strip() not in told
            }
    return pieces


def words_of(text):
    """Return what people read of HTML, values and labels in attributes too, with single blanks."""
    shown = re.sub(r"(?s)<(script|style)\b.*?</\1>|</?\w[^>]*>", tag_words, text)
    return " ".join(html.unescape(shown).split())


def tag_words(tag):
    return " ".join(
        ["", *re.findall(r'(?:alt|title|aria-label|data-\w+|value)="([^"]*)"', tag[0]), ""]
    )


def text_of(pdf):
    """Return the text of a PDF's pages."""
    return " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)


def assert_no_english(text, english, where):
    words = words_of(text)
    left = sorted(piece for piece in english if piece in words)
    assert left == [], f"{where}: {left}"


def pages_of_a_journey(client, pages, crossing, run_jobs):
    """Yield each page of a traveller who books a car and cancels, with its name."""
    yield "home", client.get(reverse("home"))
    yield "search that cannot be", client.get(reverse("results"), {"origin": "AAA"})
    yield "results", pages.search(crossing, adults=2, children=1, **CAR)
    yield "nothing fits", pages.search(crossing, adults=9, vehicle="van", vehicle_length_cm=2400)
    address = pages.checkout_address(crossing, adults=2, **CAR)
    yield "check-out", client.get(address)
    yield "check-out with mistakes", client.post(address, {"email": "x"})
    typed = pages.names(address, p1_given_name="Bob", p1_surname="Moreau", registration="AB 1")
    pay_address = client.post(address, typed).url
    yield "pay", client.get(pay_address)
    yield "pay with a wrong voucher", client.post(f"{pay_address}voucher/", {"code": "NONE"})
    pages.pay(pay_address, outcome="decline")
    yield "declined", client.get(pay_address)
    pages.pay(pay_address)
    booking_address = client.get(f"{pay_address}return/").url
    yield "paid", client.get(booking_address)
    run_jobs()
    yield "booking", client.get(booking_address)
    yield "change", client.get(f"{booking_address}amend/")
    yield "another sailing", client.get(f"{booking_address}amend/crossing/1/")
    yield "what a change costs", client.post(f"{booking_address}amend/party/", PARTY)
    yield "choose what to cancel", client.get(f"{booking_address}cancel/")
    quote = client.get(f"{booking_address}cancel/?whole=1")
    yield "what cancelling costs", quote
    agreed = dict(re.findall(r'name="(quote|refund|charge)" value="([^"]+)"', quote.text))
    client.post(f"{booking_address}cancel/", agreed)
    run_jobs()
    yield "cancelled", client.get(booking_address)
    for name in DISCOVERY:
        yield name, client.get(reverse(name))
    yield "route", client.get(reverse("route", args=["AAA", "BBB"]))
    yield "port", client.get(reverse("port", args=["AAA"]))
    yield "operator", client.get(reverse("operator", args=["BLUE"]))
    yield "find", client.get(reverse("find_booking"))
    yield "not found", client.post(reverse("find_booking"), {"reference": "A", "surname": "B"})
    yield "no such page", client.get(f"/{translation.get_language()}/nowhere/")


def test_no_page_of_a_journey_speaks_english(language, english, crossing, client, pages, run_jobs):
    with translation.override(language):
        for name, answer in pages_of_a_journey(client, pages, crossing, run_jobs):
            assert f'<html lang="{language}"' in answer.text, name
            assert answer.status_code in OK.get(name, (200,)), name
            assert_no_english(answer.text, english, name)

    booking = Booking.objects.get()
    assert booking.contact_language == language
    with translation.override(language):
        assert_no_english(text_of(receipt_pdf(booking, now=clock.now())), english, "receipt")
    assert len(mail.outbox) >= 3
    for sent in mail.outbox:
        for text in (sent.subject, sent.body, sent.alternatives[0][0]):
            assert_no_english(text, english, sent.subject)


def test_the_search_for_english_finds_it(language, english, client, transactional_db):
    page = client.get("/")

    with pytest.raises(AssertionError, match="Where does the ferry take you"):
        assert_no_english(page.text, english, "home")


def mails(language):
    """Yield one mail of each kind to a traveller of the language."""
    row = mail_makers.booking(car=True, contact_language=language)
    open_row = mail_makers.booking(
        "held", contact_language=language, expires_at=clock.now() + timedelta(minutes=9)
    )
    gone = mail_makers.booking("cancelled", contact_language=language)
    payment = mail_makers.payment(row, counted=False)
    leg = row.legs.get()
    changes = [
        {"leg": leg.pk, "what": "vessel", "before": "Tacoma"},
        {"leg": leg.pk, "what": "times", "before": leg.departs_at.isoformat()},
    ]
    failed = mail_makers.payment(open_row, state="failed", captured=0)
    refund = mail_makers.refund(payment, reason=min(WHY_BACK))
    yield mail_makers.message("booking_confirmation", row)
    yield mail_makers.message("payment_success", row, payment=payment.pk)
    yield mail_makers.message("payment_failed", open_row, payment=failed.pk)
    yield mail_makers.message("cancellation", gone, charge=100, refund=1005)
    yield mail_makers.message("refund_confirmation", row, refund=refund.pk)
    yield mail_makers.message("departure_reminder", row, leg=leg.pk)
    yield mail_makers.message("sailing_change", row, changes=changes)


@pytest.mark.django_db
def test_no_mail_speaks_english(language, english):
    kinds = []
    for queued in mails(language):
        sent = messages.build(messages.load(queued.pk), now=clock.now())
        kinds.append(queued.kind)
        assert sent.extra_headers["Content-Language"] == language
        for text in (sent.subject, sent.body, sent.alternatives[0][0]):
            assert_no_english(text, english, queued.kind)
        for name, content, _kind in sent.attachments:
            text = text_of(content) if name.endswith(".pdf") else str(content)
            assert_no_english(text, english, name)

    assert sorted(kinds) == sorted(messages.Kind.values)


@pytest.mark.parametrize(
    ("code", "price", "day"),
    [
        ("en", "USD 10.00", "j F Y"),
        ("de", "10,00\N{NO-BREAK SPACE}USD", "j. F Y"),
        ("fr", "10,00\N{NO-BREAK SPACE}USD", "j F Y"),
        ("el", "10,00\N{NO-BREAK SPACE}USD", "j E Y"),
        ("nb", "10,00\N{NO-BREAK SPACE}USD", "j. F Y"),
    ],
)
def test_prices_and_days_are_those_of_the_language(code, price, day, crossing, client, pages):
    with translation.override(code):
        told = client.get(pages.hold(crossing)).text
        local = clock.local(crossing.departs_at, "America/Los_Angeles")
        assert price in html.unescape(told)
        assert date_format(local, day) in told


def test_a_results_page_is_kept_for_each_language(crossing, client, pages):
    with translation.override("de"):
        first = pages.search(crossing).text
    english = pages.search(crossing).text
    with translation.override("de"):
        again = pages.search(crossing).text

    assert "Hinfahrt" in first
    assert "Hinfahrt" in again
    assert "Outward journey" in english
    assert "Hinfahrt" not in english


def test_the_choice_of_language_keeps_the_address(crossing, client, pages):
    with translation.override("fr"):
        page = pages.search(crossing, adults=2)

    addresses = dict(re.findall(r'<a href="([^"]+)" lang="(\w+)" hreflang', page.text))
    by_language = {code: html.unescape(path) for path, code in addresses.items()}
    query = f"?{page.request['QUERY_STRING']}"
    path = page.request["PATH_INFO"].removeprefix("/fr")
    assert by_language == {
        "en": path + query,
        **{code: f"/{code}{path}{query}" for code in LANGUAGES},
    }
    assert "Hinfahrt" in client.get(by_language["de"]).text


def test_pages_for_search_engines_name_their_other_languages(crossing, client):
    page = client.get("/de/").text

    alternates = dict(
        re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="([^"]+)">', page)
    )
    assert alternates == {
        "en": f"{settings.BASE_URL}/",
        **{code: f"{settings.BASE_URL}/{code}/" for code in LANGUAGES},
        "x-default": f"{settings.BASE_URL}/",
    }


def test_the_api_answers_in_the_language_that_is_accepted(crossing, client):
    address = "/api/v1/ferries/search"
    asked = {"origin": "AAA", "destination": "BBB", "date": "2000-01-01", "adults": 1}
    full = {**asked, "date": crossing.departs_at.date().isoformat(), "adults": 9, "infants": 9}

    german = client.get(address, full, headers={"accept-language": "de-AT, en;q=0.5"})
    english = client.get(address, full)
    other = client.get(address, full, headers={"accept-language": "ja"})

    assert "Nur noch 10 Plätze sind frei" in german.text
    assert german.headers["Content-Language"] == "de"
    assert "Only 10 places are left" in english.text
    assert "Only 10 places are left" in other.text
    assert "Accept-Language" in german.headers["Vary"]


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_know_no_left_and_right(path):
    """Margins, edges and alignment are logical, so a language from right to left needs no styles."""
    style = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)

    physical = re.findall(
        r"(?:margin|padding|border|inset)-(?:left|right)|"
        r"[{;\s](?:left|right)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)",
        style,
    )

    assert physical == []
