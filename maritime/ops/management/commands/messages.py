"""Bring the translations in `locale/` up to date with the sources, and compile them."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from maritime.ops import catalogues


class Command(BaseCommand):
    """Extracts from the sources, so it reads nothing of the database."""

    help = "Extract marked texts, merge them into locale/*/django.po and compile django.mo."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for language, _name in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            catalogue = catalogues.update(settings.BASE_DIR, language)
            missing = len(catalogue.untranslated_entries())
            self.stdout.write(f"{language}: {len(catalogue)} texts, {missing} to translate")
