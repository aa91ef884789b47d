"""The mail reader keeps what arrives, shows it, and believes nothing that a mail says."""

import http.client
import smtplib
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from maritime.ops.embedded import processes, run
from maritime.ops.embedded.processes import DataFolder
from maritime.ops.embedded.supervisor import answers

HOSTILE = "<script>alert(1)</script>"


@dataclass(frozen=True)
class Catcher:
    smtp_port: int
    http_port: int
    folder: Path

    def receive(self, mail: EmailMessage) -> str:
        """Send the mail by SMTP and return the id under which it is kept."""
        before = set(self.folder.glob("*.eml"))
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=5) as client:
            client.send_message(mail)
        (path,) = set(self.folder.glob("*.eml")) - before
        return path.stem

    def get(self, path: str, *, host: str = "127.0.0.1", method: str = "GET") -> "Answer":
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=5)
        connection.request(method, path, headers={"Host": f"{host}:{self.http_port}"})
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.headers), response.read())
        connection.close()
        return answer


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


@pytest.fixture(scope="module")
def catcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catcher]:
    folder = DataFolder(tmp_path_factory.mktemp("catcher"))
    smtp_port, http_port = free_ports()
    arguments = ["--smtp-port", str(smtp_port), "--http-port", str(http_port)]
    arguments += ["--directory", str(folder.root / "mail")]
    child = processes.spawn(
        "mail-catcher",
        [sys.executable, "-m", "maritime.ops.embedded.mailcatcher", *arguments],
        folder=folder,
        env={},
        cwd=run.PROJECT,
    )
    processes.wait_until(answers(http_port, "/health"), child=child, timeout_seconds=20)
    yield Catcher(smtp_port, http_port, folder.root / "mail")
    processes.stop(child)


def free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def ticket_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Maritime <tickets@maritime.example>"
    mail["To"] = f'"{HOSTILE}" <ada@example.org>'
    mail["Subject"] = f"Πειραιάς {HOSTILE}"
    mail.set_content(f"Good morning {HOSTILE}\n")
    mail.add_alternative(
        '<html><head><title>t</title></head><body><img src="cid:qr@maritime">'
        '<a href="http://127.0.0.1:8000/">Booking</a></body></html>',
        subtype="html",
    )
    html = mail.get_payload()[1]
    html.add_related(b"picture", "image", "png", cid="<qr@maritime>")
    mail.add_attachment(b"%PDF-1.7", "application", "pdf", filename='a "ticket" ä.pdf')
    mail.add_attachment(b"<b>", "text", "html", filename="page.html")
    return mail


def test_lists_and_shows_a_mail_with_everything_escaped(catcher: Catcher) -> None:
    mail_id = catcher.receive(ticket_mail())

    index, page = catcher.get("/"), catcher.get(f"/mail/{mail_id}")

    for answer in (index, page):
        assert answer.status == 200
        assert "Πειραιάς &lt;script&gt;" in answer.text
        assert HOSTILE not in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert f"href='/mail/{mail_id}'" in index.text
    assert "Good morning &lt;script&gt;" in page.text
    assert f"src='/mail/{mail_id}/html' sandbox='allow-popups" in page.text


def test_html_is_sandboxed_with_inline_pictures_and_links_to_new_tabs(catcher: Catcher) -> None:
    mail_id = catcher.receive(ticket_mail())

    answer = catcher.get(f"/mail/{mail_id}/html")

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "<head><base target='_blank'>" in answer.text
    assert f'<img src="/mail/{mail_id}/0">' in answer.text
    assert catcher.get(f"/mail/{mail_id}/0").content == b"picture"


def test_attachments_are_downloads_of_harmless_types(catcher: Catcher) -> None:
    mail_id = catcher.receive(ticket_mail())

    ticket, page = catcher.get(f"/mail/{mail_id}/1"), catcher.get(f"/mail/{mail_id}/2")

    assert ticket.content == b"%PDF-1.7"
    assert ticket.headers["Content-Type"] == "application/pdf"
    assert (
        ticket.headers["Content-Disposition"]
        == "attachment; filename*=UTF-8''a%20%22ticket%22%20%C3%A4.pdf"
    )
    assert page.content == b"<b>"
    assert page.headers["Content-Type"] == "application/octet-stream"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/mail/../../etc/passwd", 404),
        ("/mail/..%2f..%2fetc%2fpasswd", 404),
        ("/mail/20260101T000000000000-00000000", 404),
        ("/nothing", 404),
    ],
)
def test_serves_nothing_but_mails(catcher: Catcher, path: str, status: int) -> None:
    assert catcher.get(path).status == status


def test_refuses_other_host_names_and_other_methods(catcher: Catcher) -> None:
    assert catcher.get("/", host="evil.example").status == 421
    assert catcher.get("/", method="POST").status == 501


def test_shows_a_mail_that_breaks_the_rules(catcher: Catcher) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=5) as client:
        client.sendmail(
            "a@example.org",
            ["b@example.org"],
            b"Subject: =?utf-8?b?broken\r\nContent-Type: text/plain; charset=none\r\n\r\n\xff\xfe",
        )
    mail_id = max(path.stem for path in catcher.folder.glob("*.eml"))

    assert catcher.get("/").status == 200
    assert catcher.get(f"/mail/{mail_id}").status == 200
