"""A booking without network: its page and tickets open, and nothing else was kept."""

import json

import pytest
from django.urls import reverse
from playwright.sync_api import Error, expect

from bookings.models import Booking

KEPT = "This page and the tickets are kept on this device"
CACHED = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) {
      const { pathname, search } = new URL(request.url);
      if (!search) found.push(pathname);
    }
  }
  return found.sort();
}"""


@pytest.fixture
def bought(crossing, client, pages, run_jobs):
    """Return the path of a confirmed booking's page."""
    pay_address = pages.hold(crossing)
    pages.pay(pay_address)
    client.get(f"{pay_address}return/")
    run_jobs()
    return pay_address.replace("/pay/", "/booking/")


@pytest.fixture
def device(chromium):
    with chromium.new_context() as context:
        yield context


@pytest.fixture
def page(bought, device, live_server):
    """Return the booking's page, once the device has kept it, and its complaints."""
    opened = device.new_page()
    opened.goto(f"{live_server.url}{bought}")
    expect(opened.get_by_text(KEPT)).to_be_visible()
    return opened


def test_the_booking_opens_without_network_and_other_pages_do_not(
    bought, device, page, live_server
):
    device.set_offline(True)

    page.reload()

    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.get_by_role("img", name="QR code of the ticket of Alice Moreau")).to_be_visible()
    expect(page.get_by_role("link", name="Cancel this booking")).to_be_hidden()
    size = page.evaluate("fetch('tickets.pdf').then((answer) => answer.blob()).then((b) => b.size)")
    assert size > 1000
    for other in (reverse("home"), f"{bought}cancel/", f"{bought}receipt.pdf"):
        with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
            device.new_page().goto(f"{live_server.url}{other}")


def test_nothing_but_the_page_its_papers_and_its_dress_is_kept(bought, device, page, live_server):
    for other in (reverse("home"), bought.replace("/booking/", "/pay/"), f"{bought}cancel/"):
        page.goto(f"{live_server.url}{other}")
    page.goto(f"{live_server.url}{bought}")

    cached = page.evaluate(CACHED)

    own = {bought, f"{bought}tickets.pdf", f"{bought}calendar.ics"}
    assert own <= set(cached)
    assert all(path.startswith("/static/") for path in set(cached) - own)


def test_the_copy_follows_the_booking(bought, device, page, live_server):
    Booking.objects.update(contact_email="new@example.com", version=99)
    page.reload()
    expect(page.get_by_text("sent to new@example.com").first).to_be_visible()
    expect(page.get_by_text(KEPT)).to_be_visible()

    device.set_offline(True)
    page.reload()

    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.get_by_text("sent to new@example.com").first).to_be_visible()


def test_a_cancelled_booking_leaves_the_device(bought, page):
    Booking.objects.update(state="cancelled")
    Booking.objects.get().legs.get().tickets.update(voided_at="2026-01-01T00:00Z")

    page.reload()

    page.wait_for_function("caches.keys().then((names) => !names.length)")
    assert (
        page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    )


def test_a_traveller_removes_it_from_the_device(page):
    page.get_by_role("button", name="Remove from this device").click()

    expect(page.get_by_text("Removed from this device.")).to_be_visible()
    assert page.evaluate(CACHED) == []


def test_the_manifest_starts_at_this_booking(bought, client):
    answer = client.get(f"{bought}manifest.webmanifest")

    values = json.loads(answer.content)
    assert answer["Content-Type"] == "application/manifest+json"
    assert values["start_url"] == values["scope"] == bought
    assert Booking.objects.get().reference in values["name"]
    assert f'<link rel="manifest" href="{bought}manifest.webmanifest">' in client.get(bought).text


def test_the_worker_comes_from_the_root_and_is_looked_at_anew(client, db):
    answer = client.get("/sw.js")

    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert "connect-src 'self'" in answer["Content-Security-Policy"]
