"""Staff pages of the ferries app. Saving here clears cached answers through the receivers."""

from ferries.admin import allotments, fleet, network, sailings, tariffs

__all__ = ("allotments", "fleet", "network", "sailings", "tariffs")
