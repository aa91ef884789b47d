"""One stand-in for each module, empty tables for each story."""

import pytest

from payments.tests.money import clockwork
from payments.tests.provider.server import KEY, serving


@pytest.fixture(scope="module")
def _server():
    with serving() as running:
        yield running


@pytest.fixture
def provider(_server, settings, monkeypatch):
    """Return the provider that the settings name: the real gateway talks to it over HTTP."""
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_API_BASE = _server.url
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", "whsec_old"]
    settings.FORBID_CALLS_IN_TRANSACTION = True
    settings.STAFF_EMAILS = ["staff@example.com"]
    # The SDK sleeps between its own tries.
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0)
    monkeypatch.setattr("stripe._http_client.HTTPClient.MAX_DELAY", 0)
    _server.reset()
    return _server


@pytest.fixture
def transactional_db(django_db_setup, django_db_blocker):
    """Let the test and its threads commit, and leave the tables empty.

    Stands in the place of pytest-django's own fixture and takes a twentieth of its time.
    """
    with django_db_blocker.unblock():
        clockwork.wipe()
        yield
        clockwork.wipe()
