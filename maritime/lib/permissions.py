"""The Permissions-Policy header: what browsers may do for our pages, and for what they embed."""

# Nothing of it is used, but for payments on the pay page (https://www.w3.org/TR/payment-request/).
DENIED = ("camera", "geolocation", "microphone", "payment", "usb")


def policy(**allowed: str) -> str:
    """Return the header's value; `allowed` names who may use a feature, as `(self)`."""
    return ", ".join(f"{feature}={allowed.get(feature, '()')}" for feature in DENIED)
