"""Each story in a real browser on a small world; and how many pages and fields a first booking takes."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from ferries.models import Sailing
from ferries.tests import makers
from tests.journeys import stories
from tests.journeys.stories import STORIES, Stage
from tests.pages.conftest import _demo_payments

__all__ = ("_demo_payments",)

MOST_FIELDS = 8


@pytest.fixture
def days(transactional_db):
    """Return the days out and back between two ports, and of a night line; each with two sailings."""
    out = makers.tomorrow_noon()
    ports = [makers.port(code) for code in ("SEATTLE", "BAINBRIDGE")]
    for departs_at, ends in ((out, ports), (out + timedelta(days=1), ports[::-1])):
        for hours in (0, 2):
            makers.sailing(*ends, departs_at=departs_at + timedelta(hours=hours))
    night = makers.sailing(
        makers.port("PIRAEUS", zone="Europe/Athens", country="GR"),
        makers.port("HERAKLION", zone="Europe/Athens", country="GR"),
        company=makers.operator("NIGHT", currency="EUR", zone="Europe/Athens"),
        departs_at=out - timedelta(hours=1),
    )
    makers.accommodation(night, "seat", kind="seat", name="Reclining seat", units=20, amount=300)
    makers.accommodation(
        night, "outside", name="Outside cabin with two beds", units=4, places=2, amount=4000
    )
    Sailing.objects.filter(pk=night.pk).update(accommodation_required=True)
    night.operator.routes.update(persons_list=True)
    return out.date(), out.date() + timedelta(days=1)


@pytest.fixture
def play(days, chromium, live_server, settings, run_jobs):
    """Return a function that plays a story and gives the pages that were seen."""
    settings.BASE_URL = live_server.url

    def run(name: str) -> list[str]:
        scripts = name != "without-javascript"
        with chromium.new_context(java_script_enabled=scripts, locale="en-US") as context:
            page = context.new_page()
            complaints: list[str] = []
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            seen: list[str] = []
            page.on("framenavigated", lambda frame: seen.append(urlsplit(frame.url).path))
            STORIES[name](Stage(page, live_server.url, *days, settle=run_jobs))
            assert complaints == []
            return seen

    return run


@pytest.mark.parametrize("name", sorted(STORIES))
def test_story(play, name):
    play(name)


def test_a_first_booking_takes_five_pages_and_few_fields(play, monkeypatch):
    typed = []
    fill = stories.Locator.fill
    monkeypatch.setattr(
        stories.Locator, "fill", lambda self, *args: (typed.append(args), fill(self, *args))[1]
    )

    seen = play("on-foot-by-phone")

    pages = list(dict.fromkeys(path.split("/")[1] for path in seen))
    assert pages == ["", "search", "book", "pay", "booking"]
    assert len(pages) <= stories.MOST_PAGES
    assert len(typed) <= MOST_FIELDS
