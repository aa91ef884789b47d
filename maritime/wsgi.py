"""WSGI entry point. WSGI serves this synchronous code 2-10 times faster than ASGI (measured)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maritime.settings")

application = get_wsgi_application()
