"""A name server of a test's own: it says where names are, and notes who asked."""

import socket

REAL = socket.getaddrinfo


class Names:
    """Stands in for the system's resolver; numbers go through, unknown names do not exist."""

    def __init__(self, monkeypatch):
        self.known = {}
        self.asked = []
        monkeypatch.setattr(socket, "getaddrinfo", self)

    def __call__(self, host, *args, **kwargs):
        if host not in self.known:
            if host.replace(".", "").isdecimal() or ":" in host:
                return REAL(host, *args, **kwargs)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        self.asked.append(host)
        answer = self.known[host]
        numbers = answer() if callable(answer) else answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 0)) for number in numbers]
