"""Registers the operations app: durable jobs, health, start-up checks."""

from importlib import import_module

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """The operations floor."""

    name = "maritime.ops"
    label = "ops"
    verbose_name = "Operations"

    def ready(self) -> None:
        """Register the system checks and this floor's gauges."""
        import_module("maritime.ops.checks")
        import_module("maritime.ops.redis_checks")
        gauges = import_module("maritime.ops.gauges").gauges
        import_module("maritime.ops.metrics").register_gauges(gauges)
