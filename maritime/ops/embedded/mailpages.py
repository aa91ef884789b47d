"""The pages of the mail reader: stored mails in, HTML out. Everything that comes from a mail is escaped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from html import escape
from pathlib import Path

LIST_LENGTH = 200
MAIL_ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")
# What a browser may take at its word; everything else is downloaded as bytes.
HARMLESS_TYPES = {"application/pdf", "text/calendar", "image/png", "image/jpeg", "image/gif"}
STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #14232f; background: #fff; }
a { color: #0b5cad; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid #cbd5dc; }
dt { font-weight: 600; }
dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; background: #f2f5f7; }
iframe { width: 100%; height: 50rem; border: 1px solid #cbd5dc; }
"""
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
{body}
</body>
</html>
"""


@dataclass(frozen=True)
class Attachment:
    filename: str
    content_type: str
    content: bytes


def mail_list(folder: Path) -> str:
    """Return the page with the newest mails first."""
    files = sorted(folder.glob("*.eml"), reverse=True)
    rows = "\n".join(_row(path) for path in files[:LIST_LENGTH])
    table = (
        "<table><thead><tr><th scope=col>Subject<th scope=col>To<th scope=col>Received"
        f"<tbody>{rows}</table>"
    )
    body = (
        "<h1>Mail sent by the demo</h1>"
        "<p>No mail leaves this computer. <a href='/'>Look again</a></p>"
        f"{table if files else '<p>No mail yet.</p>'}"
    )
    return PAGE.format(title="Mail sent by the demo", body=body)


def mail_page(path: Path) -> str:
    """Return the page of one mail: headers, attachments, the HTML in a sandbox, the text."""
    mail = read_mail(path)
    details = "".join(
        f"<dt>{name}<dd>{escape(str(mail.get(name, '')))}"
        for name in ("From", "To", "Reply-To", "Date")
        if mail.get(name)
    )
    links = "".join(
        f"<li><a href='/mail/{path.stem}/{number}' download>{escape(each.filename)}</a> "
        f"({len(each.content) / 1024:.0f} kB)"
        for number, each in enumerate(attachments(mail))
    )
    text = body_text(mail, "plain")
    subject = escape(str(mail.get("Subject", "(no subject)")))
    frame = (
        f"<h2>HTML</h2><iframe title='The mail as HTML' src='/mail/{path.stem}/html' "
        "sandbox='allow-popups allow-popups-to-escape-sandbox'></iframe>"
    )
    body = (
        f"<p><a href='/'>All mail</a></p><h1>{subject}</h1><dl>{details}</dl>"
        f"{f'<h2>Attachments</h2><ul>{links}</ul>' if links else ''}"
        f"{frame if body_text(mail, 'html') else ''}"
        f"{f'<h2>Text</h2><pre>{escape(text)}</pre>' if text else ''}"
        f"<p><a href='/mail/{path.stem}/source' download='{path.name}'>Download the mail</a></p>"
    )
    return PAGE.format(title=subject, body=body)


def mail_html(path: Path) -> str:
    """Return the mail's own HTML, its links opening new tabs and its inline pictures found here."""
    mail = read_mail(path)
    html = body_text(mail, "html")
    for number, part in enumerate(_attached_parts(mail)):
        content_id = str(part.get("Content-ID", "")).strip().strip("<>")
        if content_id:
            html = html.replace(f"cid:{content_id}", f"/mail/{path.stem}/{number}")
    base = "<base target='_blank'>"
    with_base, found = re.subn(r"(<head[^>]*>)", rf"\1{base}", html, count=1, flags=re.IGNORECASE)
    return with_base if found else base + html


def read_mail(path: Path) -> EmailMessage:
    """Parse a stored mail with the modern policy: headers come decoded."""
    with path.open("rb") as file:
        return BytesParser(EmailMessage, policy=policy.default).parse(file)


def body_text(mail: EmailMessage, kind: str) -> str:
    """Return the body of the kind ("plain", "html"), empty when the mail has none."""
    part = mail.get_body(preferencelist=(kind,))
    payload = part.get_payload(decode=True) if part else None
    if not part or not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:  # a charset that nobody has heard of
        return payload.decode(errors="replace")


def attachments(mail: EmailMessage) -> list[Attachment]:
    """Return what is neither the text nor the HTML body, inline pictures included."""
    return [_attachment(part) for part in _attached_parts(mail)]


def _attached_parts(mail: EmailMessage) -> list[EmailMessage]:
    bodies = [mail.get_body(preferencelist=(kind,)) for kind in ("plain", "html")]
    return [
        part
        for part in mail.walk()
        if isinstance(part, EmailMessage)
        and not part.is_multipart()
        and not any(part is body for body in bodies)
    ]


def _attachment(part: EmailMessage) -> Attachment:
    content_type = part.get_content_type()
    payload = part.get_payload(decode=True)
    return Attachment(
        filename=part.get_filename() or "attachment",
        content_type=content_type if content_type in HARMLESS_TYPES else "application/octet-stream",
        content=payload if isinstance(payload, bytes) else b"",
    )


def _row(path: Path) -> str:
    with path.open("rb") as file:
        mail = BytesHeaderParser(EmailMessage, policy=policy.default).parse(file)
    subject, to = (escape(str(mail.get(name, ""))) for name in ("Subject", "To"))
    moment = path.stem
    received = f"{moment[:4]}-{moment[4:6]}-{moment[6:8]} {moment[9:11]}:{moment[11:13]} UTC"
    return f"<tr><td><a href='/mail/{moment}'>{subject or '(no subject)'}</a><td>{to}<td>{received}"
