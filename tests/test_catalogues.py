"""Every text that travellers read is translated, whole and current: bin/messages was run."""

import re

import polib
import pytest
from django.conf import settings

from maritime.ops import catalogues
from maritime.ops.catalogues import Text

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
TAG = re.compile(r"</?\w+")


@pytest.fixture(scope="module")
def found():
    return catalogues.extract(settings.BASE_DIR)


@pytest.fixture(params=LANGUAGES)
def catalogue(request):
    return polib.pofile(str(catalogues.path_of(settings.LOCALE_PATHS[0], request.param)))


def forms(entry):
    """Return each text of an entry with what it is in the language."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    plurals = entry.msgstr_plural
    return [(entry.msgid, plurals[0]), *((entry.msgid_plural, plurals[i]) for i in plurals if i)]


def test_the_sources_hold_what_the_pages_and_mails_are_made_of(found) -> None:
    assert len(found.texts) > 800
    assert (None, "Where does the ferry take you?") in found.texts
    assert (None, "This ship carries no vehicles.") in found.texts
    assert ("vehicle in a sentence", "car") in found.texts


def test_a_catalogue_has_every_text_of_the_sources_and_no_other(found, catalogue) -> None:
    entries = {(entry.msgctxt, entry.msgid): entry.msgid_plural for entry in catalogue}

    assert entries == {key: text.plural for key, text in found.texts.items()}


def test_every_text_is_translated_and_none_is_a_guess(catalogue) -> None:
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue if not all(text for _, text in forms(entry))] == []


def test_translations_keep_placeholders_and_tags(catalogue) -> None:
    for entry in catalogue:
        for source, text in forms(entry):
            assert catalogues.placeholders(text) == catalogues.placeholders(source), source
            assert sorted(TAG.findall(text)) == sorted(TAG.findall(source)), source


def test_translations_end_as_their_texts_do(catalogue) -> None:
    """A blank at an end joins two parts of a sentence, and a quotation mark would end an attribute."""
    for entry in catalogue:
        for source, text in forms(entry):
            assert (text[:1].isspace(), text[-1:].isspace()) == (
                source[:1].isspace(),
                source[-1:].isspace(),
            ), source
            assert '"' in source or '"' not in text, source


def test_the_compiled_catalogue_is_that_of_its_source(catalogue) -> None:
    compiled = polib.mofile(catalogue.fpath.removesuffix(".po") + ".mo")

    said = {(entry.msgctxt, entry.msgid): forms(entry) for entry in compiled}
    assert said == {(entry.msgctxt, entry.msgid): forms(entry) for entry in catalogue}
    assert compiled.metadata["Plural-Forms"] == catalogue.metadata["Plural-Forms"]


def test_python_texts_are_found_wherever_they_stand() -> None:
    source = """
from django.utils.translation import gettext as _
a = _("one " "sentence") % {}
b = ngettext("%(n)d hour", "%(n)d hours", n)
c = pgettext_lazy("on a ticket", "From")
d = texts.gettext_noop("stored")
e = gettext(kept)
"""

    assert sorted(catalogues.python_texts(source)) == [
        Text("%(n)d hour", None, "%(n)d hours"),
        Text("From", "on a ticket"),
        Text("one sentence"),
        Text("stored"),
    ]


def test_template_texts_are_found_as_the_template_looks_them_up() -> None:
    source = """{% load i18n %}
{% translate "5 %" %} {% include "x.html" with caption=_("Price") %}
{% blocktranslate trimmed with n=a.b %}
  {{ n }} "quoted"
{% endblocktranslate %}
{% blocktranslate count n=c %}one{% plural %}{{ n }}{% endblocktranslate %}
{% translate "to" context "ports" %}"""

    assert set(catalogues.template_texts(source)) == {
        Text("5 %%"), Text("Price"), Text('%(n)s "quoted"'), Text("one", None, "%(n)s"),
        Text("to", "ports"),
    }  # fmt: skip


def test_merging_keeps_translations_and_drops_what_is_gone() -> None:
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="kept", msgstr="behalten"))
    catalogue.append(polib.POEntry(msgid="gone", msgstr="weg"))
    found = catalogues.Found()
    found.add(Text("kept"), "a.py")
    found.add(Text("new", None, "news"), "b.html")

    catalogues.merge(catalogue, found)

    assert [(entry.msgid, entry.msgstr) for entry in catalogue] == [
        ("kept", "behalten"),
        ("new", ""),
    ]
    assert catalogue.find("new").msgstr_plural == {0: "", 1: ""}
