"""The settings name the stand-in; each test begins with empty books there."""

import pytest

from payments.tests.provider.server import KEY, serving


@pytest.fixture(scope="module")
def _server():
    with serving() as running:
        yield running


@pytest.fixture
def provider(_server, settings, monkeypatch):
    """Return the provider that the real gateway talks to."""
    settings.PAYMENTS_DEMO = False
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_API_BASE = _server.url
    # The SDK sleeps between its own two tries.
    monkeypatch.setattr("stripe._http_client.HTTPClient.INITIAL_DELAY", 0)
    monkeypatch.setattr("stripe._http_client.HTTPClient.MAX_DELAY", 0)
    _server.reset()
    return _server
