"""A bought booking, kept: half of all stories begin with one, and buying it takes a quarter second."""

import copy
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core import mail
from django.db import connection

from bookings.models import Booking
from ferries.models import Sailing
from payments.tests.money.clockwork import APPS
from payments.tests.money.play import Play

SCHEMA = "kept_story"


@dataclass(frozen=True)
class Kept:
    """What a story was outside of its tables, and which tables it had rows in."""

    tables: tuple[str, ...]
    books: dict[str, Any]
    mails: tuple[Any, ...]
    booking_id: int
    sailing_id: int
    intents: tuple[str, ...]


_kept: dict[str, Kept] = {}


def save(play: Play, name: str) -> None:
    """Keep everything of a story that has just begun."""
    if play.workers.mute:
        return
    assert play.booking is not None
    assert play.sailing is not None
    _kept[name] = Kept(
        tables=_save_tables(name),
        books=play.provider.books.saved(),
        mails=tuple(mail.outbox),
        booking_id=play.booking.pk,
        sailing_id=play.sailing.pk,
        intents=tuple(play.intents),
    )


def load(play: Play, name: str) -> bool:
    """Begin a story as another one began; False when none was kept, or this one has begun."""
    kept = _kept.get(name)
    if kept is None or play.workers.mute or play.sailing is not None or Sailing.objects.exists():
        return False
    copies = " ".join(
        f'INSERT INTO "{table}" SELECT * FROM "{SCHEMA}"."{table}~{name}";' for table in kept.tables
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"DO $$ BEGIN {copies} END $$")
        cursor.execute("SET session_replication_role = DEFAULT")
    play.provider.books.load(copy.deepcopy(kept.books))
    mail.outbox.extend(kept.mails)
    play.booking = Booking.objects.get(pk=kept.booking_id)
    play.sailing = Sailing.objects.get(pk=kept.sailing_id)
    play.intents = list(kept.intents)
    return True


def _save_tables(name: str) -> tuple[str, ...]:
    tables = []
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{SCHEMA}"')
        for model in apps.get_models():
            table = model._meta.db_table
            if model._meta.app_label in APPS and model.objects.exists():
                cursor.execute(f'DROP TABLE IF EXISTS "{SCHEMA}"."{table}~{name}"')
                cursor.execute(f'CREATE TABLE "{SCHEMA}"."{table}~{name}" AS TABLE "{table}"')
                tables.append(table)
    return tuple(tables)
