"""The text inside a ticket's QR code: the facts a gate needs, signed with Ed25519, no names.

`M1:<key id>:<serial>:<reference>:<leg>:<P or V>:<signature>`, in letters that a QR code packs
densely (base 32). Whoever has the public key can check it without a network.
"""

import base64
import binascii
import hashlib
import uuid
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from bookings.errors import TicketInvalid
from bookings.models import Ticket

VERSION = "M1"
FIELDS = 7
KEY_ID_LENGTH = 7


@dataclass(frozen=True)
class TicketFacts:
    """What a genuine text says: `leg` counts from 1, `kind` is passenger or vehicle."""

    serial: uuid.UUID
    reference: str
    leg: int
    kind: str


def sign(ticket: Ticket) -> str:
    """Return the QR text of a ticket; needs its leg and the leg's booking loaded."""
    leg = ticket.leg
    kind = "P" if ticket.passenger_id else "V"
    body = ":".join(
        (
            VERSION,
            key_id(),
            _encode(ticket.serial.bytes),
            leg.booking.reference,
            str(leg.position + 1),
            kind,
        )
    )
    return f"{body}:{_encode(_key().sign(body.encode()))}"


def verify(text: str) -> TicketFacts:
    """Return the facts of a text that we signed; raises TicketInvalid for any other.

    It says what was sold, not whether the ticket was voided since: the row knows that.
    """
    parts = text.split(":")
    if len(parts) != FIELDS or parts[0] != VERSION or parts[1] != key_id():
        raise TicketInvalid
    body = text.rpartition(":")[0]
    try:
        _key().public_key().verify(_decode(parts[6]), body.encode())
    except (InvalidSignature, ValueError) as error:
        raise TicketInvalid from error
    kind = "passenger" if parts[5] == "P" else "vehicle"
    return TicketFacts(uuid.UUID(bytes=_decode(parts[2])), parts[3], int(parts[4]), kind)


def key_id() -> str:
    """Return the short name of the signing key: the start of its public half's SHA-256."""
    return _key_id(settings.TICKET_SIGNING_KEY, settings.SECRET_KEY)


def _key() -> Ed25519PrivateKey:
    return _load_key(settings.TICKET_SIGNING_KEY, settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _key_id(encoded: str, secret: str) -> str:
    public = _load_key(encoded, secret).public_key()
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return _encode(hashlib.sha256(raw).digest())[:KEY_ID_LENGTH]


@lru_cache(maxsize=4)
def _load_key(encoded: str, secret: str) -> Ed25519PrivateKey:
    """Return the configured key, or one derived from SECRET_KEY.

    The derived key saves a setting in the demo; its price is that a new SECRET_KEY makes every
    ticket in people's hands invalid, so production sets TICKET_SIGNING_KEY.
    """
    if encoded:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(encoded, validate=True))
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"maritime ticket signing")
    return Ed25519PrivateKey.from_private_bytes(derive.derive(secret.encode()))


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error as error:
        raise ValueError("not base 32") from error
