"""Create the demo's staff login, or bring it back to its password."""

import os
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

USERNAME = "staff"
PASSWORD_VARIABLE = "MARITIME_DEMO_STAFF_PASSWORD"  # noqa: S105 - the name of a variable


class Command(BaseCommand):
    help = f"Create or update the superuser `{USERNAME}`; {PASSWORD_VARIABLE} holds its password."

    def handle(self, *_args: Any, **_options: Any) -> None:
        password = os.environ.get(PASSWORD_VARIABLE)
        if not password:
            raise CommandError(f"{PASSWORD_VARIABLE} is not set.")
        user, _ = get_user_model().objects.update_or_create(
            username=USERNAME,
            defaults={"is_staff": True, "is_superuser": True, "is_active": True},
        )
        if not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
