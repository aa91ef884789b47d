"""Log lines as JSON for machines that read them, each with the id of its request."""

import json
import logging
import re
from datetime import UTC, datetime

from maritime.lib import request_ids

# The token of a booking's pages (`references.access_token`): whoever has it may see and cancel all.
TOKEN = re.compile(r"[0-9a-f]{32}:[A-Za-z0-9_-]{20,}")


class TokenFilter(logging.Filter):
    """Takes access tokens out of messages: Django logs the address of every answer from 400 on."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if TOKEN.search(text):
            record.msg, record.args = TOKEN.sub("[token]", text), ()
        return True


class RequestIdFilter(logging.Filter):
    """Gives every record the id of the request or job that wrote it; "-" outside of both."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_ids.current() or "-"
        return True


class JSONFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, request id, message and, if any, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
