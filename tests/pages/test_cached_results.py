"""The list of offers is kept as HTML only as long as everything in it holds."""

import re
import struct
from datetime import timedelta

import pytest

from ferries import frame
from ferries.models import FareRule, Operator


@pytest.fixture
def german(settings, tmp_path):
    """Let there be a translation into German, with no strings in it."""
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(struct.pack("<7I", 0x950412DE, 0, 0, 28, 28, 0, 28))
    settings.LOCALE_PATHS = [tmp_path]
    frame._frame.cache_clear()
    yield
    frame._frame.cache_clear()


def test_shows_a_booking_at_once(crossing, pages):
    before = pages.search(crossing).text
    assert "10 places left" in before
    assert pages.search(crossing).text == before

    pages.hold(crossing)

    assert "9 places left" in pages.search(crossing).text


def test_shows_a_new_fare_at_once(crossing, pages):
    assert "USD 10.00" in pages.search(crossing).text
    fare = FareRule.objects.get(code="adult")
    fare.amount = 1200

    fare.save()

    after = pages.search(crossing).text
    assert "USD 12.00" in after
    assert "USD 10.00" not in after


def test_shows_a_change_in_either_direction(crossing, way_back, pages):
    day = way_back.departs_at.date().isoformat()
    assert pages.search(crossing, return_date=day).text.count("10 places left") == 2

    pages.hold(crossing)

    after = pages.search(crossing, return_date=day).text
    assert after.count("9 places left") == after.count("10 places left") == 1


def test_shows_a_renamed_operator_at_once(crossing, pages):
    pages.search(crossing)
    company = Operator.objects.get()
    company.name = "Green Line"

    company.save()

    after = pages.search(crossing).text
    assert "Green Line" in after
    assert "BLUE Ferries" not in after


def test_keeps_nothing_of_what_is_not_part_of_the_question(crossing, pages):
    first = pages.search(crossing, part=1, visitor="somebody").text

    second = pages.search(crossing, part=1).text

    assert first == second
    assert "somebody" not in first


def test_leads_to_the_same_search_on_other_days(crossing, pages, client):
    later = crossing.departs_at + timedelta(days=1)
    text = pages.search(crossing, adults=2).text

    links = [each.replace("&amp;", "&") for each in re.findall(r'day-tab" href="([^"]+)"', text)]
    link = next(each for each in links if f"date={(later - timedelta(hours=8)).date()}" in each)

    assert "adults=2" in link
    assert client.get(f"/search/{link}").status_code == 200


@pytest.mark.usefixtures("german")
def test_a_language_is_offered_once_it_is_translated(crossing, pages):
    page = pages.search(crossing).text

    assert "/de/search/" in page
    assert "/fr/search/" not in page


@pytest.mark.usefixtures("german")
def test_the_frame_around_them_is_of_this_request(crossing, pages, client):
    first = pages.search(crossing, group="one<two>&three")
    second = pages.search(crossing, adults=2)

    query = second.request["QUERY_STRING"].replace("&", "&amp;")
    assert f'href="/de/search/?{query}"' in second.text
    assert "one&lt;two" not in second.text
    assert "one&lt;two&gt;&amp;three" in first.text
    assert "<title>Aaa to Bbb · Maritime</title>" in second.text
    query = second.request["QUERY_STRING"]
    offered = client.get(f"/search/?{query}", headers={"accept-language": "de"})
    assert f'href="/de/search/?{query.replace("&", "&amp;")}" hreflang="de"' in offered.text
    assert "offer-language" in offered.text
    assert "offer-language" not in second.text
