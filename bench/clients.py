"""Many HTTP clients in one process: plain sockets that stay open, watched by one selector.

A client sends, waits for the whole answer and sends again. What the clients themselves cost is
measured with every load, since they share the cores with the server.
"""

import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Make = Callable[[int], bytes]
DRAIN_SECONDS = 60


@dataclass
class Load:
    """What so many clients got in so many seconds."""

    seconds: float
    answers: Counter[int] = field(default_factory=Counter)
    taken_ms: list[float] = field(default_factory=list)
    client_cpu: float = 0.0
    others: list[bytes] = field(default_factory=list)

    def per_second(self, status: int = 201) -> float:
        return self.answers[status] / self.seconds

    @property
    def p99_ms(self) -> float:
        return sorted(self.taken_ms)[max(0, int(len(self.taken_ms) * 0.99) - 1)]

    @property
    def client_share(self) -> float:
        """Return the part of one core that the clients took."""
        return self.client_cpu / self.seconds


def post(path: str, body: bytes, **headers: str) -> bytes:
    """Return a JSON request as it goes over the wire; `_` in a header's name stands for `-`."""
    more = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"{more}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def drive(port: int, make: Make, *, clients: int, seconds: float) -> Load:
    """Let the clients send until the time is over; count what is answered within it.

    Answers that come later are awaited, so that no load reaches into the next one.
    """
    load = Load(seconds)
    numbers = iter(range(10**9))
    cpu, end = time.process_time(), time.perf_counter() + seconds
    with selectors.DefaultSelector() as selector:
        open_clients = {_Client(port, selector) for _ in range(clients)}
        for client in open_clients:
            client.send(make(next(numbers)))
        while open_clients:
            if time.perf_counter() > end + DRAIN_SECONDS:
                raise RuntimeError("the server left clients without an answer")
            for key, _ in selector.select(timeout=1):
                client = key.data
                status = client.receive()
                now = time.perf_counter()
                if status and now <= end:
                    load.answers[status] += 1
                    load.taken_ms.append((now - client.sent_at) * 1000)
                    if status >= 400:
                        load.others.append(client.answer)
                if status and now <= end:
                    client.send(make(next(numbers)))
                elif status:
                    client.close()
                    open_clients.discard(client)
    load.client_cpu = time.process_time() - cpu
    return load


def send_all(port: int, requests: Sequence[bytes], *, clients: int, per_second: float = 0) -> Load:
    """Send every request once, so many a second, or as fast as the clients get answers.

    With a rate, an answer's time counts from the moment when its request was due, so that a slow
    server cannot hide by making the clients wait.
    """
    load = Load(0)
    start = time.perf_counter()
    due = [start + number / per_second if per_second else 0.0 for number in range(len(requests))]
    waiting = iter(requests)
    sent = 0
    with selectors.DefaultSelector() as selector:
        idle = deque(_Client(port, selector) for _ in range(clients))
        while sent < len(requests) or len(idle) < clients:
            while idle and sent < len(requests) and due[sent] <= time.perf_counter():
                idle.popleft().send(next(waiting), due=due[sent])
                sent += 1
            pause = due[sent] - time.perf_counter() if idle and sent < len(requests) else 1.0
            for key, _ in selector.select(timeout=max(pause, 0)):
                client: _Client = key.data
                status = client.receive()
                if status:
                    load.answers[status] += 1
                    load.taken_ms.append((time.perf_counter() - client.sent_at) * 1000)
                    idle.append(client)
        for client in idle:
            client.close()
    load.seconds = time.perf_counter() - start
    return load


class _Client:
    """One connection with one request under way."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self.port, self.selector = port, selector
        self.connect()

    def connect(self) -> None:
        self.link = socket.create_connection(("127.0.0.1", self.port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(self.link, selectors.EVENT_READ, self)

    def close(self) -> None:
        self.selector.unregister(self.link)
        self.link.close()

    def send(self, request: bytes, *, due: float = 0) -> None:
        self.request, self.answer = request, b""
        self.sent_at = due or time.perf_counter()
        self.link.sendall(self.request)

    def receive(self) -> int:
        """Read what has come; return the status once the answer is whole, else 0."""
        try:
            part = self.link.recv(65536)
        except ConnectionResetError:
            part = b""
        if not part:
            # The server may close a connection that was quiet; the request goes out again.
            self.close()
            self.connect()
            self.answer = b""
            self.link.sendall(self.request)
            return 0
        self.answer += part
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found:
            return 0
        lengths = [
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ]
        return int(head.split(b" ", 2)[1]) if len(body) >= lengths[0] else 0
