"""What goes wrong between us and the provider, switched on for the next requests of one kind."""

import threading
from collections import Counter
from dataclasses import dataclass

KINDS = (
    "lost",  # done, remembered by its key, and the connection ends without an answer
    "429",  # not done
    "409",  # not done: another request for the same object is at work
    "503",  # not done, by somebody before the provider; no key remembers it
    "500 before",  # not done, remembered by its key
    "500 after",  # done, and the key remembers the 500
    "delay",  # done, answered late
    "delay before",  # done late
)


@dataclass
class Fault:
    """A kind of fault, for so many more requests to one call."""

    call: str
    kind: str
    times: int
    seconds: float = 0.3


class Faults:
    """The faults in wait, and a count of all requests; safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.calls: Counter[str] = Counter()

    def add(self, call: str, kind: str, *, times: int = 1, seconds: float = 0.3) -> None:
        """Let the next requests go wrong in this way."""
        if kind not in KINDS:
            raise ValueError(kind)
        with self._lock:
            self._waiting.append(Fault(call, kind, times, seconds))

    def clear(self) -> None:
        """Let all be well again."""
        with self._lock:
            self._waiting.clear()

    def next(self, call: str) -> Fault | None:
        """Count a request and take what is to go wrong with it."""
        with self._lock:
            self.calls[call] += 1
            fault = next((one for one in self._waiting if one.call == call), None)
            if fault:
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
            return fault
