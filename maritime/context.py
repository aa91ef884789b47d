"""What every page may show about the site itself."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation


@dataclass(frozen=True)
class Language:
    """A language of the site: its code, its own name, and the address of this page in it."""

    code: str
    name: str
    path: str
    is_current: bool


def site(request: HttpRequest) -> dict[str, object]:
    """Tell templates whether payments are a demo, where links in mails point, and the languages.

    `offered_language` is the one that the browser prefers if that is not the page's own.
    """
    languages = _languages(request)
    return {
        "payments_demo": settings.PAYMENTS_DEMO,
        "base_url": settings.BASE_URL,
        "languages": languages,
        "offered_language": _offered(request, languages),
    }


def _languages(request: HttpRequest) -> list[Language]:
    current = translation.get_language() or settings.LANGUAGE_CODE
    path = _unprefixed(request, current)
    return [
        Language(
            code,
            name,
            path if code == settings.LANGUAGE_CODE else f"/{code}{path}",
            code == current,
        )
        for code, name in offered_languages()
    ]


def offered_languages() -> list[tuple[str, str]]:
    """Return code and name of the languages that pages can be read in."""
    return [
        (code, name)
        for code, name in settings.LANGUAGES
        if code == settings.LANGUAGE_CODE or _is_translated(code)
    ]


def _is_translated(code: str) -> bool:
    """Tell whether there is a translation: a language is offered from then on."""
    folders = (Path(folder) for folder in settings.LOCALE_PATHS)
    return any((folder / code / "LC_MESSAGES" / "django.mo").exists() for folder in folders)


def _unprefixed(request: HttpRequest, current: str) -> str:
    """Return the page's address in the default language; the start page for what is no page."""
    if request.resolver_match is None or request.method not in ("GET", "HEAD"):
        return "/"
    path = request.get_full_path()
    return path.removeprefix(f"/{current}") if current != settings.LANGUAGE_CODE else path


def _offered(request: HttpRequest, languages: list[Language]) -> Language | None:
    if "Accept-Language" not in request.headers:
        return None
    wanted = translation.get_language_from_request(request)
    return next((each for each in languages if each.code == wanted and not each.is_current), None)
