import base64
import io
from datetime import timedelta

import pypdf
import pypdfium2
import pytest
import zxingcpp
from django.utils import translation
from icalendar import Calendar

from bookings import queries, tickets
from bookings.errors import TicketInvalid, WrongState
from bookings.models import Booking, Ticket
from bookings.operations.cancel import cancel_in_full
from bookings.operations.hold import Traveller
from bookings.tests.makers import CAR, confirmed, held, people
from bookings.tickets.signature import key_id
from ferries.tests import makers

pytestmark = pytest.mark.django_db

ODD_NAMES = ('Łucja "Lu"', "Παπαδοπούλου #eval(1) $x$ *b* `c` @d \\e <f> [g]")


def whole(booking):
    return queries.booking_by_reference(booking.reference)


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def codes_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    pictures = [page.render(scale=2).to_pil() for page in document]
    document.close()
    return [code.text for picture in pictures for code in zxingcpp.read_barcodes(picture)]


def test_a_signed_text_says_what_was_sold_and_no_name(now):
    booking = confirmed(now=now, vehicles=[CAR])
    person, car = Ticket.objects.order_by("pk")

    facts = tickets.verify(tickets.sign(person))

    assert (facts.serial, facts.reference) == (person.serial, booking.reference)
    assert (facts.leg, facts.kind) == (1, "passenger")
    assert tickets.verify(tickets.sign(car)).kind == "vehicle"
    assert "DOE" not in tickets.sign(person).upper()


def test_every_changed_letter_is_noticed(now):
    confirmed(now=now)
    text = tickets.sign(Ticket.objects.get())

    for place, letter in enumerate(text[:-1]):
        changed = text[:place] + ("A" if letter != "A" else "B") + text[place + 1 :]
        with pytest.raises(TicketInvalid):
            tickets.verify(changed)


@pytest.mark.parametrize("text", ["", "M1", "M1:::::::", "https://example.com/", "M1:é:a:b:1:P:c"])
def test_other_texts_are_not_tickets(text):
    with pytest.raises(TicketInvalid):
        tickets.verify(text)


def test_a_text_without_its_signature_is_no_ticket(now):
    confirmed(now=now)
    body = tickets.sign(Ticket.objects.get()).rpartition(":")[0]

    for signature in ("", "A", "é", "A" * 103):
        with pytest.raises(TicketInvalid):
            tickets.verify(f"{body}:{signature}")


def test_a_key_of_ones_own_makes_older_tickets_invalid(now, settings):
    confirmed(now=now)
    ticket = Ticket.objects.get()
    old_text, old_key = tickets.sign(ticket), key_id()

    settings.TICKET_SIGNING_KEY = base64.b64encode(bytes(range(32))).decode()

    assert key_id() != old_key
    assert tickets.verify(tickets.sign(ticket)).serial == ticket.serial
    with pytest.raises(TicketInvalid):
        tickets.verify(old_text)


def test_pdf_has_a_page_for_each_ticket_with_its_facts(now, settings):
    settings.PAYMENTS_DEMO = True
    company = makers.operator("BLUE", timetable_note="Demo timetable, based on autumn 2024")
    sailing = makers.sailing(company=company)
    booking = confirmed(sailing, now=now, travellers=people(2), vehicles=[CAR])

    pages = pages_of(tickets.ticket_pdf(whole(booking)))

    assert len(pages) == 3
    for text in (
        booking.reference,
        f"{booking.reference}-1",
        "BLUE Ferries",
        "Aaa",
        "Bbb",
        "America/Los_Angeles",
        "Adult 0 Doe",
        "Demo payment: no money moved. Not valid for travel.",
        "Demo timetable, based on autumn 2024",
        "Be at the terminal 20 minutes before departure",
    ):
        assert text in pages[0]
    assert "ABC 123" in pages[2]
    assert "4.80 m long" in pages[2]


@pytest.mark.parametrize("language", ["de", "el"])
def test_tickets_and_calendar_speak_the_language_of_the_contact(now, language):
    booking = confirmed(now=now)
    Booking.objects.update(contact_language=language)
    with translation.override(language):
        reference, ship = translation.gettext("Booking reference"), translation.gettext("Ship")
        summary = translation.gettext("Ferry %(origin)s to %(destination)s")

    page = pages_of(tickets.ticket_pdf(whole(booking)))[0]
    event = Calendar.from_ical(tickets.calendar_file(whole(booking))).walk("VEVENT")[0]

    assert reference.upper() in page
    assert ship.upper() in page
    assert reference != "Booking reference"
    assert event["summary"] == summary % {"origin": "Aaa", "destination": "Bbb"}


def test_pdf_shows_the_local_time_of_each_port(now):
    # Neither zone changes its clocks, so the figures hold all year.
    sailing = makers.sailing(
        makers.port("AAA", zone="Asia/Tokyo"), makers.port("BBB", zone="Asia/Dubai")
    )
    booking = confirmed(sailing, now=now)

    page = pages_of(tickets.ticket_pdf(whole(booking)))[0]

    # 20:00 UTC in Tokyo, 21:00 UTC in Dubai: both are on the next day.
    for text in ("05:00", "JST, Asia/Tokyo", "01:00", "Asia/Dubai"):
        assert text in page
    next_day = sailing.departs_at + timedelta(days=1)
    assert page.count(f"{next_day.day} {next_day:%B %Y}") == 2


def test_qr_on_the_page_is_the_signed_text(now):
    booking = confirmed(now=now, travellers=people(2))

    texts = codes_of(tickets.ticket_pdf(whole(booking)))

    serials = {tickets.verify(text).serial for text in texts}
    assert serials == set(Ticket.objects.values_list("serial", flat=True))


def test_names_are_printed_as_they_are(now):
    booking = confirmed(now=now, travellers=[Traveller("adult", *ODD_NAMES)])

    page = " ".join(pages_of(tickets.ticket_pdf(whole(booking)))[0].split())

    for piece in ('Łucja "Lu"', "Παπαδοπούλου", "#eval(1)", "$x$", "*b*", "`c`", "<f>", "[g]"):
        assert piece in page


def test_a_name_in_a_script_without_a_font_still_gives_a_ticket(now):
    booking = confirmed(now=now, travellers=[Traveller("adult", "\U00011c00", "\ue000")])

    assert codes_of(tickets.ticket_pdf(whole(booking)))


def test_pdf_is_tagged_and_named_for_screen_readers(now):
    booking = confirmed(now=now)

    reader = pypdf.PdfReader(io.BytesIO(tickets.ticket_pdf(whole(booking))))

    assert reader.metadata.title == f"Ferry tickets {booking.reference}"
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF boolean
    assert b"pdfuaid:part" in root["/Metadata"].get_data()


def test_there_is_no_pdf_without_a_valid_ticket(now):
    booking = held(now=now)
    with pytest.raises(WrongState):
        tickets.ticket_pdf(whole(booking))

    cancelled = confirmed(now=now)
    cancel_in_full(cancelled.pk, actor="staff:1", reason="test", now=now)
    with pytest.raises(WrongState):
        tickets.ticket_pdf(whole(cancelled))


def test_calendar_has_one_event_for_each_leg(now):
    out = makers.sailing()
    home = makers.sailing(
        makers.port("BBB"), makers.port("AAA"), departs_at=out.departs_at + timedelta(hours=5)
    )
    booking = confirmed(out, home, now=now)

    calendar = Calendar.from_ical(tickets.calendar_file(whole(booking)))

    first, second = calendar.walk("VEVENT")
    assert (first["uid"], second["uid"]) == (
        f"{booking.reference}-1@127.0.0.1",
        f"{booking.reference}-2@127.0.0.1",
    )
    assert (first.decoded("dtstart"), first.decoded("dtend")) == (out.departs_at, out.arrives_at)
    assert second.decoded("dtstart") == home.departs_at
    assert first["summary"] == "Ferry Aaa to Bbb"
    assert booking.reference in first["description"]
    assert first["status"] == "CONFIRMED"


def test_calendar_of_a_cancelled_booking_takes_the_events_away(now):
    booking = confirmed(now=now)
    before = Calendar.from_ical(tickets.calendar_file(whole(booking))).walk("VEVENT")[0]
    cancel_in_full(booking.pk, actor="staff:1", reason="test", now=now)

    after = Calendar.from_ical(tickets.calendar_file(whole(booking))).walk("VEVENT")[0]

    assert after["status"] == "CANCELLED"
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
