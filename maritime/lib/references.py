"""Public booking references and signed access tokens."""

import secrets
import uuid

from django.core import signing

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B: what people read out and copy from paper.
ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
RANDOM_LENGTH = 8
# One weight for each letter, the check letter last; all letters together weigh 0 modulo 25. No
# weight, and no difference of two neighbours or next neighbours, is a multiple of 5 (the only
# prime in 25), so a wrong letter or such a swap always changes the sum.
WEIGHTS = (1, 2, 3, 4, 1, 2, 3, 4, 1)


def new_reference() -> str:
    """Return a random reference of 8 letters and a check letter (25^8: about 37 bits)."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return body + check_letter(body)


def check_letter(body: str) -> str:
    """Return the letter that reveals one wrong letter or two swapped near ones (1 or 2 apart)."""
    weighted = sum(
        weight * ALPHABET.index(letter) for weight, letter in zip(WEIGHTS, body, strict=False)
    )
    return ALPHABET[-weighted % len(ALPHABET)]


def normalise(text: str) -> str:
    """Return what a traveller typed as a reference: upper case, no blanks or dashes."""
    return "".join(text.split()).replace("-", "").upper()


def is_reference(text: str) -> bool:
    """Tell whether a normalised text can be a reference at all."""
    return (
        len(text) == RANDOM_LENGTH + 1
        and all(letter in ALPHABET for letter in text)
        and check_letter(text[:-1]) == text[-1]
    )


def access_token(booking_id: uuid.UUID) -> str:
    """Return the token that opens one booking; the same booking always gives the same token."""
    return signing.Signer(salt="booking-access").sign(booking_id.hex)


def booking_of_token(token: str) -> uuid.UUID | None:
    """Return the booking id inside a token, or None when the token is not ours."""
    try:
        return uuid.UUID(signing.Signer(salt="booking-access").unsign(token))
    except (signing.BadSignature, ValueError):
        return None
