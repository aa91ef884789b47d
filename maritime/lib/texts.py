"""Django's translations for the rules, which may know nothing else of Django.

A sentence is in the language that is active when it is made; docs/languages.md has the rest.
"""

from django.utils.translation import gettext, gettext_noop, ngettext, pgettext

__all__ = ("gettext", "gettext_noop", "ngettext", "pgettext")
