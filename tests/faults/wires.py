"""A TCP proxy on loopback that can be cut, frozen or slow."""

import asyncio
import threading
from contextlib import suppress

LOOPBACK = "127.0.0.1"
PART_BYTES = 65_536
LOOK_SECONDS = 0.02


class Wire:
    """Leads from a port of its own to another one; `end` it."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.is_cut = False
        self.is_frozen = False
        self.delay_seconds = 0.0
        self._ends: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._connect, LOOPBACK, 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Break all connections, and each new one at once, until `mend`."""
        self.is_cut = True
        self._call(self._break())

    def freeze(self) -> None:
        """Let nothing pass, in either direction, until `mend`; connections stay."""
        self.is_frozen = True

    def slow(self, seconds: float) -> None:
        """Keep everything back for so long, until `mend`."""
        self.delay_seconds = seconds

    def mend(self) -> None:
        """Be a good wire again."""
        self.is_cut = self.is_frozen = False
        self.delay_seconds = 0.0

    def end(self) -> None:
        """Close everything."""
        self.cut()
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _connect(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        if self.is_cut:
            back.transport.abort()
            return
        try:
            far, onward = await asyncio.open_connection(LOOPBACK, self.target)
        except OSError:
            back.transport.abort()
            return
        self._ends |= {back, onward}
        await asyncio.gather(self._pass(near, onward), self._pass(far, back))
        self._ends -= {back, onward}

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await source.read(PART_BYTES):
                await asyncio.sleep(self.delay_seconds)
                while self.is_frozen and not self.is_cut:
                    await asyncio.sleep(LOOK_SECONDS)
                sink.write(part)
                await sink.drain()
        sink.close()

    async def _break(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.wait(tasks, timeout=5) if tasks else None
