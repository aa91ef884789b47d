"""The product's settings with the bare views beside its own."""

from maritime.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
INSTALLED_APPS += ["bench"]  # noqa: F405
# Files under their own names, so that nothing has to be collected first.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = STATICFILES_DIRS[0]  # noqa: F405
STATICFILES_DIRS = []
