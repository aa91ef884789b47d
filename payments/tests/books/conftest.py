"""The settings name the provider's stand-in, as for money on its way back."""

from payments.tests.back.conftest import _server, provider

__all__ = ["_server", "provider"]
