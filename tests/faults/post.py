"""A mail server that counts what it accepted by Message-ID, and can hang after DATA."""

import asyncio
import time
from collections import Counter
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from tests.journeys.platform import free_port

LONGEST_HANG_SECONDS = 60.0


class Post:
    """What has arrived; thread-safe as far as Python's own counters are."""

    def __init__(self) -> None:
        self.copies: Counter[str] = Counter()
        self.hung = 0
        self._hangs = 0
        self._until = 0.0
        self.port = free_port()
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    def hang(self, *, mails: int = 1_000_000, seconds: float = LONGEST_HANG_SECONDS) -> None:
        """Take the next mails and never say so, for so long; a client gives up before."""
        self._hangs, self._until = mails, time.monotonic() + seconds

    def recover(self) -> None:
        """Answer again."""
        self._hangs, self._until = 0, 0.0

    def end(self) -> None:
        """Stop listening."""
        self.recover()
        self._server.stop()

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.copies[str(mail["Message-ID"])] += 1
        if self._hangs > 0 and time.monotonic() < self._until:
            self._hangs -= 1
            self.hung += 1
            while time.monotonic() < self._until:
                await asyncio.sleep(0.1)
        return "250 kept"
