"""What every page may show about the site itself."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Tell templates whether payments are a demo and where links in mails point."""
    return {"payments_demo": settings.PAYMENTS_DEMO, "base_url": settings.BASE_URL}
