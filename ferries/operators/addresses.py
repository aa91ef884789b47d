"""Where operators' systems may be: checked when staff type an address, and again at each connection.

Our servers ask whatever address an operator's row names, from inside our network. So an address is
https to a public host on a known port, unless the environment vouches for the host by name
(`OPERATOR_ALLOWED_PRIVATE_HOSTS`). A name is resolved once for a connection, and the connection is
made to what was checked: a name that points elsewhere a moment later gains nothing.
"""

import os
import re
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings

DEFAULT_PORTS = {"https": 443, "http": 80}
HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9.])?")
PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:%/-]*")
LONGEST = 200
# Public by its number, but answered by the cloud's own machinery (Azure's WireServer).
METADATA = frozenset({IPv4Address("168.63.129.16")})
SHARED = IPv4Network("100.64.0.0/10")
# All that is handed out as global unicast; site-local fec0::/10 would count as public otherwise.
GLOBAL_UNICAST = IPv6Network("2000::/3")
# RFC 6052: an IPv6 network's way to IPv4; the last 32 bits are the address that is meant.
NAT64 = IPv6Network("64:ff9b::/96")
# Old ways of hiding an IPv4 address in an IPv6 one, and NAT64 inside of a site (RFC 8215).
WRAPPED = tuple(map(IPv6Network, ("2002::/16", "2001::/32", "64:ff9b:1::/48")))


class Forbidden(ValueError):
    """The address may not be asked; says why in a sentence for staff."""


@dataclass(frozen=True)
class Address:
    """A checked base address; `prefix` is its path without a slash at the end."""

    scheme: str
    host: str
    port: int
    prefix: str

    @property
    def netloc(self) -> str:
        """Return host and port as they stand in an address and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def url(self, path: str) -> str:
        """Return the address of a path below it."""
        return f"{self.scheme}://{self.netloc}{self.prefix}{path}"


def read(url: str) -> Address:
    """Return the parts of an operator's address; raises Forbidden if it may not be asked."""
    if not url or len(url) > LONGEST or not url.isascii() or not url.isprintable():
        raise Forbidden(f"The address must be plain text of at most {LONGEST} characters.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError as error:
        raise Forbidden("This is not a web address.") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise Forbidden("The address must begin with https://.")
    if "@" in parts.netloc:
        raise Forbidden("The address may hold no user name or password; name a variable instead.")
    if "?" in url or "#" in url or not PATH.fullmatch(parts.path):
        raise Forbidden("After the host only a plain path may follow, no question mark or #.")
    if not (_is_number(host) or HOST_NAME.fullmatch(host)):
        raise Forbidden("The address names no host.")
    address = Address(
        parts.scheme,
        host,
        DEFAULT_PORTS[parts.scheme] if port is None else port,
        parts.path.rstrip("/"),
    )
    _require_allowed(address)
    return address


def checked(host: str, port: int, *, seconds: float) -> list[str]:
    """Return the numeric addresses of a host, all of which may be connected to.

    One address that is not public spoils the whole name, unless the environment vouches for the
    host. Raises Forbidden, TimeoutError after `seconds`, OSError for a name that does not exist.
    """
    found = [host] if _is_number(host) else _resolve(host, seconds)
    if not found:
        raise OSError(f"{host} has no address")
    if not _is_vouched_for(host, port):
        for each in found:
            if not is_public(each):
                raise Forbidden(f"{host} is at {each}, which is no public address.")
    return found


def is_public(text: str) -> bool:
    """Tell whether a numeric address is a public one; also looks into NAT64 addresses."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped or any(address in network for network in WRAPPED):
            return False
        if address in NAT64:
            return is_public(str(IPv4Address(int(address) & 0xFFFFFFFF)))
        return _is_ordinary(address) and address in GLOBAL_UNICAST
    return _is_ordinary(address) and address not in METADATA and address not in SHARED


def _is_ordinary(address: IPv4Address | IPv6Address) -> bool:
    odd = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    return address.is_global and not odd


def _require_allowed(address: Address) -> None:
    """Insist on scheme, port, and, where the host is a number, on a public one."""
    if address.scheme == "http" and not settings.OPERATOR_ALLOW_HTTP:
        raise Forbidden("The address must begin with https://; the API key travels with each call.")
    if _is_vouched_for(address.host, address.port):
        return
    ports = [*settings.OPERATOR_ALLOWED_PORTS, *(["80"] if address.scheme == "http" else [])]
    if str(address.port) not in ports:
        raise Forbidden(
            f"Port {address.port} is not allowed; allowed are {', '.join(ports)} "
            "(OPERATOR_ALLOWED_PORTS)."
        )
    if _is_number(address.host) and not is_public(address.host):
        raise Forbidden(
            f"{address.host} is no public address. If it is meant, whoever runs the server names "
            "it in OPERATOR_ALLOWED_PRIVATE_HOSTS."
        )


def _is_vouched_for(host: str, port: int) -> bool:
    """Tell whether the environment names the host, for all ports or for this one."""
    names = {host, f"[{host}]:{port}" if ":" in host else f"{host}:{port}"}
    return any(each.lower() in names for each in settings.OPERATOR_ALLOWED_PRIVATE_HOSTS)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


_lookups: dict[tuple[int, str], Future[list[str]]] = {}
_lookups_lock = threading.Lock()


def _resolve(host: str, seconds: float) -> list[str]:
    """Look a name up in a thread of its own, since nothing else can end a look-up in time.

    All who want the same name wait for one thread, so a dead name server costs one for each host.
    """
    key = (os.getpid(), host)
    with _lookups_lock:
        lookup = _lookups.get(key)
        if lookup is None:
            lookup = _lookups[key] = Future()
            threading.Thread(target=_look_up, args=(key, lookup), daemon=True).start()
    return lookup.result(timeout=max(0.0, seconds))


def _look_up(key: tuple[int, str], lookup: Future[list[str]]) -> None:
    try:
        rows = socket.getaddrinfo(key[1], None, type=socket.SOCK_STREAM)
        lookup.set_result(list(dict.fromkeys(str(row[4][0]) for row in rows)))
    except (OSError, UnicodeError) as error:
        lookup.set_exception(OSError(f"{key[1]} was not found: {error}"))
    finally:
        with _lookups_lock:
            _lookups.pop(key, None)
