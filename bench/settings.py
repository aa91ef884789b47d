"""The product's settings with the bare views beside its own."""

from maritime.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
