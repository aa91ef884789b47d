"""The bench as an app: its tables exist in the bench's database only."""

from django.apps import AppConfig


class BenchConfig(AppConfig):
    """Without migrations; `migrate --run-syncdb` makes the tables."""

    name = "bench"
    default_auto_field = "django.db.models.BigAutoField"
