"""Follows every link of the site with Django's test client, and says what leads nowhere."""

import re
from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from django.contrib.staticfiles import finders

# Scripts ask for what some attributes name.
ADDRESSES = {"href", "src", "action", "data-ports", "data-days", "content"}
FINE = {200, 302}
# A form that is sent without its fields may ask for them.
FINE_FOR_FORMS = {*FINE, 422}
# Of pages that differ by their question only so many are read; the others must only be there.
READ_OF_EACH = {"/search/": 3, "/book/": 2}
SITE = "http://testserver"


class Page(HTMLParser):
    """The ids of a page, and the addresses that it names."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.named, self.forms = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if values.get("id"):
            self.ids.append(values["id"])
        for name in ADDRESSES & values.keys():
            if name == "content" and not str(values[name]).startswith(("/", "http")):
                continue
            if tag != "form":
                self.named.append(values[name] or "")
            elif values.get("method", "get").lower() == "get":
                self.forms.append(values[name] or "")


@dataclass
class Crawl:
    """What was found: ids by page, and what is wrong with which link on which page."""

    client: object
    base_url: str
    ids: dict = field(default_factory=dict)
    faults: list = field(default_factory=list)
    outside: set = field(default_factory=set)
    fragments: list = field(default_factory=list)
    assets: set = field(default_factory=set)

    def __post_init__(self):
        self._seen, self._read = set(), {}
        self._queue = deque()

    def start(self, *addresses):
        for address in addresses:
            self._note("/start", address)
        while self._queue:
            self._visit(*self._queue.popleft())
        for page, path, fragment in self.fragments:
            if path in self.ids and fragment not in self.ids[path]:
                self.faults.append(f"{page}: nothing has the id of {path}#{fragment}")
        return self

    def _note(self, page, address, fine=FINE):
        whole, fragment = urldefrag(urljoin(f"{SITE}{page}", address.replace(self.base_url, SITE)))
        parts = urlsplit(whole)
        if parts.scheme in {"data", "mailto"}:
            return
        if f"{parts.scheme}://{parts.netloc}" != SITE:
            self.outside.add(whole)
            return
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if fragment:
            self.fragments.append((page, path, unquote(fragment)))
        if path not in self._seen:
            self._seen.add(path)
            self._queue.append((page, path, fine))

    def _visit(self, page, path, fine):
        if path.startswith("/static/"):
            self._look_up(page, path)
            return
        answer = self.client.get(path)
        if answer.status_code not in fine:
            self.faults.append(f"{page}: {path} answers {answer.status_code}")
        elif answer.status_code == 302:
            self._note(path, answer["Location"])
        elif answer["Content-Type"].startswith("text/html"):
            text = answer.content.decode()
            # A part that a script puts into a page names addresses from there.
            if text.startswith("<!doctype"):
                self._read_page(path, text)

    def _read_page(self, path, text):
        found = Page(text)
        self.ids[path] = set(found.ids)
        for each in {one for one in found.ids if found.ids.count(one) > 1}:
            self.faults.append(f"{path}: the id {each} is there twice")
        kind = next((each for each in READ_OF_EACH if each in path.partition("?")[0]), None)
        if kind:
            key = path.partition("?")[0]
            self._read[key] = self._read.get(key, 0) + 1
            if self._read[key] > READ_OF_EACH[kind]:
                return
        for address in found.named:
            self._note(path, address)
        for address in found.forms:
            self._note(path, address, FINE_FOR_FORMS)

    def _look_up(self, page, path):
        file = finders.find(unquote(path.removeprefix("/static/")))
        if file is None:
            self.faults.append(f"{page}: there is no file {path}")
            return
        self.assets.add(path)
        if path.endswith(".css"):
            for address in re.findall(r'url\("?([^")]+)"?\)', Path(file).read_text()):
                self._note(path, address)
