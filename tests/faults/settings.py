"""The product's settings, as in production but over plain HTTP, with the naive variants beside it."""

from maritime.settings import *  # noqa: F403

ROOT_URLCONF = "tests.faults.urls"
# Files under their own names, so that nothing has to be collected first.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
