"""What several commands read from their arguments."""

from uuid import UUID

from django.core.management.base import CommandError

from ferries.models import Sailing


def sailing_of(text: str) -> Sailing:
    """Return the sailing of a public id or primary key, with operator and ship; CommandError."""
    sailings = Sailing.objects.select_related("operator", "configuration__vessel")
    try:
        key = (
            {"pk": int(text)} if text.isdecimal() and len(text) < 19 else {"public_id": UUID(text)}
        )
    except ValueError as error:
        raise CommandError(f"{text} is no id of a sailing.") from error
    found = sailings.filter(**key).first()
    if found is None:
        raise CommandError(f"There is no sailing {text}.")
    return found
