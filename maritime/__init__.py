"""The project package.

Importing the Celery app here binds every `shared_task` to it, in the web processes too; without
it `.delay()` would talk to a default broker.
"""

from maritime.celery import app as celery_app

__all__ = ("celery_app",)
