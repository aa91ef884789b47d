"""Worlds and a browser for the tests of pages."""

import os
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from ferries.tests import makers

# Playwright's synchronous API runs an event loop in this thread, which Django would refuse.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(autouse=True)
def _demo_payments(settings):
    settings.PAYMENTS_DEMO = True
    settings.STRIPE_SECRET_KEY = ""


@pytest.fixture
def crossing(transactional_db):
    """Return a sailing from Aaa to Bbb in two days, with fares and a car deck of 20 m."""
    return makers.sailing(persons=10, lane_cm=2000)


@pytest.fixture
def way_back(crossing):
    """Return the sailing from Bbb to Aaa one day later."""
    return makers.sailing(
        makers.port("BBB"),
        makers.port("AAA"),
        departs_at=crossing.departs_at + timedelta(days=1),
        persons=10,
        lane_cm=2000,
    )


@pytest.fixture
def pages(client):
    """Return the traveller's steps through the pages, each by one request."""
    return Pages(client)


class Pages:
    """A traveller with Django's test client, who reads addresses from the pages."""

    def __init__(self, client):
        self.client = client

    def search(self, sailing, **party):
        day = local_day(sailing)
        query = {"origin": "AAA", "destination": "BBB", "date": day, "adults": 1, **party}
        return self.client.get(reverse("results"), query)

    def checkout_address(self, sailing, **party):
        offer = re.search(r'name="outbound" value="([^"]+)"', self.search(sailing, **party).text)
        return f"{reverse('checkout')}?{urlencode({'outbound': offer[1], 'adults': 1, **party})}"

    def names(self, address, **values):
        """Return what a traveller types on the check-out page of the address."""
        key = re.search(r'name="key" value="([^"]+)"', self.client.get(address).text)[1]
        return {
            "key": key,
            "p0_given_name": "Alice",
            "p0_surname": "Moreau",
            "email": "alice@example.com",
            **values,
        }

    def hold(self, sailing, **party):
        """Return the address of the pay page of a new booking."""
        address = self.checkout_address(sailing, **party)
        answer = self.client.post(address, self.names(address))
        assert answer.status_code == 302, answer.text
        return answer.url

    def pay(self, pay_address, outcome="succeed"):
        return self.client.post(f"{pay_address}demo/", {"outcome": outcome})


def local_day(sailing):
    """Return the day of departure on the wall calendar of the makers' ports."""
    return (sailing.departs_at - timedelta(hours=8)).date().isoformat()


def port_field(page, label):
    """Return the field with suggestions that a script made of a select list of ports."""
    return page.get_by_label(label, exact=True).and_(page.locator("input"))
