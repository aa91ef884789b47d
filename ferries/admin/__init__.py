"""Staff pages of the ferries app. Saving here clears cached answers through the receivers."""

from ferries.admin import fleet, network, sailings, tariffs

__all__ = ("fleet", "network", "sailings", "tariffs")
