"""Typed readers of environment variables that django-environ does not have."""

import os
from typing import Any
from urllib.parse import unquote

import environ


def text(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file named by `NAME_FILE` (container secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    return os.environ.get(name, default)


def items(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without blanks."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def flag(name: str, *, default: bool = False) -> bool:
    """Return a variable as a truth value: 1, true, yes and on are true."""
    return text(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """Return a variable as a whole number."""
    return int(text(name, str(default)))


def database(name: str, default: str) -> dict[str, Any]:
    """Return a database URL as Django's dictionary.

    A Unix socket folder is written percent-encoded in the place of the host:
    `postgres://user@%2Frun%2Fpostgresql/name`.
    """
    config = environ.Env.db_url_config(text(name, default))
    config["HOST"] = unquote(config["HOST"])
    return dict(config)


def mail(name: str, default: str) -> dict[str, Any]:
    """Return a mail URL as Django's EMAIL_* settings."""
    return dict(environ.Env.email_url_config(text(name, default)))
