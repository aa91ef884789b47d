"""The catalogues of translations in `locale/`: what the sources say, merged and compiled.

For developers: needs polib, and no other tool. docs/languages.md tells how it is used.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.utils.translation.template import templatize

APPS = ("maritime", "ferries", "bookings", "payments", "notifications")
# What travellers never see, or what is written in English only.
LEFT_OUT = frozenset(
    {"tests", "migrations", "admin", "management", "simulator", "demo", "embedded", "gtfs"}
)
# By function: where the context, the text and its plural stand among the arguments.
FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (None, 0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (None, 0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (0, 1, None)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (0, 1, 2)),
}
STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b({'|'.join(FUNCTIONS)})\(\s*({STRING}(?:\s*,\s*{STRING})*)", re.DOTALL)
PLACEHOLDER = re.compile(r"%%|%\(\w+\)[sd]|\{\w+\}")
HEADER = {
    "Project-Id-Version": "Maritime Reservation Platform",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
}
PLURAL_FORMS = {"fr": "nplurals=2; plural=(n > 1);"}
TWO_FORMS = "nplurals=2; plural=(n != 1);"


@dataclass(frozen=True, order=True)
class Text:
    """One text of the sources; no context is None, no plural is ""."""

    text: str
    context: str | None = None
    plural: str = ""

    @property
    def key(self) -> tuple[str | None, str]:
        """Return what names it in a catalogue."""
        return self.context, self.text


@dataclass
class Found:
    """The texts of the sources by their keys, and the files in which each stands."""

    texts: dict[tuple[str | None, str], Text] = field(default_factory=dict)
    files: dict[tuple[str | None, str], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, text: Text, file: str) -> None:
        """Note a text; one that is said with and without a plural keeps the plural."""
        known = self.texts.get(text.key)
        if known is None or (text.plural and not known.plural):
            self.texts[text.key] = text
        if file not in self.files[text.key]:
            self.files[text.key].append(file)


def extract(root: Path) -> Found:
    """Return every text that is marked for translation in the sources below a folder."""
    found = Found()
    for path in sorted(_python_files(root)):
        for text in python_texts(path.read_text(encoding="utf-8")):
            found.add(text, path.relative_to(root).as_posix())
    for path in sorted(_template_files(root)):
        for text in template_texts(path.read_text(encoding="utf-8")):
            found.add(text, path.relative_to(root).as_posix())
    return found


def python_texts(source: str) -> Iterator[Text]:
    """Return the texts that Python source marks; what is put together at run time is no text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = node.func
            name = getattr(function, "id", None) or getattr(function, "attr", "")
            if name in FUNCTIONS:
                yield from _text(name, [_string(argument) for argument in node.args])


def template_texts(source: str) -> Iterator[Text]:
    """Return the texts that a template marks, as the template will look them up."""
    for name, strings in CALL.findall(templatize(source)):
        yield from _text(name, [ast.literal_eval(each) for each in re.findall(STRING, strings)])


def merge(catalogue: polib.POFile, found: Found) -> None:
    """Bring a catalogue up to date: texts that are gone leave it, new ones come untranslated."""
    known: dict[tuple[str | None, str], polib.POEntry] = {
        (entry.msgctxt, entry.msgid): entry for entry in catalogue
    }
    catalogue.clear()
    for key in sorted(found.texts, key=lambda key: (found.files[key][0], key[1], key[0] or "")):
        text = found.texts[key]
        entry = known.get(key)
        if entry is None or bool(entry.msgid_plural) != bool(text.plural):
            entry = polib.POEntry(msgid=text.text, msgctxt=text.context)
        if text.plural:
            entry.msgid_plural = text.plural
            entry.msgstr_plural = entry.msgstr_plural or {0: "", 1: ""}
        entry.occurrences = [(file, "") for file in found.files[key]]
        entry.flags = ["python-format"] if "%(" in text.text else []
        catalogue.append(entry)


def placeholders(text: str) -> list[str]:
    """Return what a text lets its facts stand for, in a fixed order."""
    return sorted(PLACEHOLDER.findall(text))


def path_of(folder: Path, language: str) -> Path:
    """Return where the catalogue of a language lies."""
    return folder / language / "LC_MESSAGES" / "django.po"


def update(root: Path, language: str) -> polib.POFile:
    """Extract, merge and compile one language of `locale/`; return its catalogue."""
    path = path_of(root / "locale", language)
    catalogue = polib.pofile(str(path)) if path.exists() else polib.POFile()
    catalogue.wrapwidth = 100
    forms = PLURAL_FORMS.get(language, TWO_FORMS)
    catalogue.metadata = {**HEADER, "Language": language, "Plural-Forms": forms}
    merge(catalogue, extract(root))
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path))
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))
    return catalogue


def _python_files(root: Path) -> Iterator[Path]:
    for app in APPS:
        for path in (root / app).rglob("*.py"):
            if not LEFT_OUT & {part.removesuffix(".py") for part in path.relative_to(root).parts}:
                yield path


def _template_files(root: Path) -> Iterator[Path]:
    for path in (root / "templates").rglob("*.*"):
        if path.suffix in (".html", ".txt") and "admin" not in path.parts:
            yield path


def _string(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _text(name: str, strings: list[str | None]) -> Iterator[Text]:
    at_context, at_text, at_plural = FUNCTIONS[name]
    text = strings[at_text] if len(strings) > at_text else None
    if not text:
        return
    context = strings[at_context] if at_context is not None else None
    plural = strings[at_plural] if at_plural is not None else ""
    yield Text(text, context, plural or "")
