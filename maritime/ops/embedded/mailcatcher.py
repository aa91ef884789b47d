"""A mail server that keeps every mail instead of delivering it, and a page to read them.

`python -m maritime.ops.embedded.mailcatcher --smtp-port N --http-port M --directory D`; both ports
answer on loopback only. A visitor of the demo finds e-tickets here without a mail account.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from maritime.ops.embedded import mailpages

LOOPBACK = "127.0.0.1"
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# A mail is written by strangers as much as by us: no script, no form, nothing from the network.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


class Keeper:
    """Write each mail to a file of its own; the name sorts by arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        data = content.encode() if isinstance(content, str) else content or b""
        # The arrival of a mail at the catcher is not the product's time, hence no lib.clock.
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
        half = self.folder / f"{name}.new"
        half.write_bytes(data)
        half.rename(self.folder / f"{name}.eml")  # a reader never sees half a mail
        return "250 Kept"


class Reader(BaseHTTPRequestHandler):
    """Answer GET and HEAD; there is nothing to change here."""

    folder: Path
    server_version = "mailcatcher"
    sys_version = ""

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in {LOOPBACK, "localhost"}:  # a web page elsewhere that renamed itself to us
            return self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        match self.path.strip("/").split("/"):
            case [""]:
                return self._page(mailpages.mail_list(self.folder))
            case ["health"]:
                return self._send(b"ok\n", "text/plain")
            case ["style.css"]:
                return self._send(mailpages.STYLE.encode(), "text/css")
            case ["mail", mail_id, *rest] if path := self._file_of(mail_id):
                return self._mail(path, rest)
        return self.send_error(HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # noqa: N815 - the base class's name

    def _mail(self, path: Path, rest: list[str]) -> None:
        match rest:
            case []:
                return self._page(mailpages.mail_page(path))
            case ["html"]:
                html = mailpages.mail_html(path).encode(errors="replace")
                return self._send(html, "text/html; charset=utf-8", policy=MAIL_POLICY)
            case ["source"]:
                return self._download(path.name, "message/rfc822", path.read_bytes())
            case [number] if number.isdecimal():
                found = mailpages.attachments(mailpages.read_mail(path))
                if int(number) < len(found):
                    each = found[int(number)]
                    return self._download(each.filename, each.content_type, each.content)
        return self.send_error(HTTPStatus.NOT_FOUND)

    def _file_of(self, mail_id: str) -> Path | None:
        path = self.folder / f"{mail_id}.eml"
        return path if mailpages.MAIL_ID.fullmatch(mail_id) and path.is_file() else None

    def _page(self, html: str) -> None:
        self._send(html.encode(errors="replace"), "text/html; charset=utf-8")

    def _download(self, filename: str, content_type: str, content: bytes) -> None:
        disposition = f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
        self._send(content, content_type, disposition=disposition)

    def _send(
        self, content: bytes, content_type: str, *, policy: str = PAGE_POLICY, disposition: str = ""
    ) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        if disposition:
            self.send_header("Content-Disposition", disposition)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Stay silent: addresses of mails are not worth a log line each."""


def main(argv: list[str]) -> None:
    """Receive and show mail until killed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    options = parser.parse_args(argv)
    options.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.umask(0o077)  # mails hold names and tickets
    Reader.folder = options.directory
    pages = ThreadingHTTPServer((LOOPBACK, options.http_port), Reader)
    Controller(Keeper(options.directory), hostname=LOOPBACK, port=options.smtp_port).start()
    pages.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
