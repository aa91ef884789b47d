"""All settings, read from the environment; README.md has the table. Sections in fixed order."""

from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.core.management.utils import get_random_secret_key

from maritime import env
from maritime.lib import redis_urls

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Mode and identity -------------------------------------------------------------------

DEBUG = env.flag("DEBUG")
# An empty environment gets a throw-away key, so that tools can import the settings;
# `check --deploy` refuses it (see maritime/ops/checks.py).
SECRET_KEY_IS_TEMPORARY = not env.text("SECRET_KEY")
SECRET_KEY = env.text("SECRET_KEY") or get_random_secret_key()
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")
# Links in mails and tickets start with this; never with the Host header of a request.
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ROOT_URLCONF = "maritime.urls"
WSGI_APPLICATION = "maritime.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications ------------------------------------------------------------------------

INSTALLED_APPS = [
    "notifications",
    "payments",
    "bookings",
    "ferries",
    "maritime.ops",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_celery_results",
    "django_countries",
    "drf_spectacular",
    "rest_framework",
]

MIDDLEWARE = [
    "maritime.ops.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "maritime.languages.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "maritime.context.site",
            ],
        },
    },
]

# --- Database ----------------------------------------------------------------------------

DATABASES = {
    "default": {
        **env.database("DATABASE_URL", "postgres://maritime@localhost:5432/maritime"),
        # One pool per process: a hard cap on connections, and 2-3 times faster than
        # connecting for every request (measured). It excludes CONN_MAX_AGE.
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            # A pool has more connections than its process has threads: only a dead database makes
            # one wait, and then Stripe shall hear of it soon.
            "pool": {
                "min_size": 1,
                "max_size": env.number("DATABASE_POOL_SIZE", 8),
                "timeout": env.number("DATABASE_POOL_TIMEOUT_MILLISECONDS", 2000) / 1000,
            },
            "connect_timeout": 2,
            # Parameters travel apart from the statement, so that the server keeps the plans of what
            # is repeated: planning what a hold reads takes longer than running it (measured).
            "server_side_binding": True,
            "prepare_threshold": 5,
            # A waiter gives up before the web server does, and nobody waits for ever.
            "options": "-c lock_timeout=3000 -c statement_timeout=30000",
        },
    }
}

# --- Cache -------------------------------------------------------------------------------

REDIS_URL = env.text("REDIS_URL", "redis://localhost:6399/0")
# A cache that answers slowly is worse than none: 0.2 s, no retry, errors count as misses.
CACHE_TIMEOUT_SECONDS = env.number("CACHE_TIMEOUT_MILLISECONDS", 200) / 1000
_redis = redis_urls.cache_settings(REDIS_URL, timeout_seconds=CACHE_TIMEOUT_SECONDS)
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": _redis["LOCATION"],
        "KEY_PREFIX": "maritime",
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "IGNORE_EXCEPTIONS": True,
            "LOG_IGNORED_EXCEPTIONS": True,
            **_redis["OPTIONS"],
        },
    }
}
SEARCH_CACHE_SECONDS = env.number("SEARCH_CACHE_SECONDS", 300)
AVAILABILITY_CACHE_SECONDS = env.number("AVAILABILITY_CACHE_SECONDS", 60)

# --- Asynchronous work -------------------------------------------------------------------

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "redis://localhost:6398/1")
CELERY_RESULT_BACKEND = env.text("CELERY_RESULT_BACKEND", "django-db")
# Storing each result makes workers 9 times slower (measured): only tasks that ask for it do.
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXTENDED = False
CELERY_RESULT_EXPIRES = 24 * 3600
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_TIME_LIMIT = 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Order that must hold: soft limit < hard limit < visibility timeout, or a task runs twice.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 1.0,
    "socket_connect_timeout": 0.5,
    # Behind Sentinel: the name under which the Sentinels know the broker.
    **redis_urls.broker_options(
        CELERY_BROKER_URL, master=env.text("CELERY_BROKER_MASTER", "maritime-broker")
    ),
}
CELERY_TASK_PUBLISH_RETRY = False
# Renewed while a job runs, so it tells how soon the work of a dead worker is taken up.
JOB_LEASE_SECONDS = env.number("JOB_LEASE_SECONDS", 25)
JOB_REPUBLISH_SECONDS = 20

# --- Mail --------------------------------------------------------------------------------

globals().update(env.mail("EMAIL_URL", "smtp://localhost:1025"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Maritime <tickets@maritime.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Who is told of disputes, failed refunds, dead letters and other tasks for staff.
STAFF_EMAILS = env.items("STAFF_EMAILS")

# --- Payments (names fixed; see docs/payments.md) ----------------------------------------

STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY")
STRIPE_WEBHOOK_SECRETS = env.items("STRIPE_WEBHOOK_SECRETS") or env.items("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE = env.text("STRIPE_API_BASE")
STRIPE_JS_URL = env.text("STRIPE_JS_URL", "https://js.stripe.com/v3/")
# Ids (pmc_...) of method configurations of Stripe's dashboard: what a traveller may pay with, and
# what is left of it when no bank may take days any more. Empty: the dashboard's default.
STRIPE_METHOD_CONFIGURATION = env.text("STRIPE_METHOD_CONFIGURATION")
STRIPE_INSTANT_METHOD_CONFIGURATION = env.text("STRIPE_INSTANT_METHOD_CONFIGURATION")
PAYMENT_ASYNC_CLOSE_HOURS = env.number("PAYMENT_ASYNC_CLOSE_HOURS", 96)
# For so long places are kept while a bank works on a payment; never beyond the close of check-in.
PAYMENT_ASYNC_HOLD_HOURS = env.number("PAYMENT_ASYNC_HOLD_HOURS", 72)
# Refused requests to the webhook address, an address and minute; signed ones are never counted.
WEBHOOK_REFUSALS_PER_MINUTE = env.number("WEBHOOK_REFUSALS_PER_MINUTE", 60)
# The demo gateway moves no money; it needs the absence of keys and an explicit wish.
PAYMENTS_DEMO = not STRIPE_SECRET_KEY and (DEBUG or env.flag("PAYMENTS_DEMO"))
# How often and how late the demo gateway tells its news, to see what that changes: nothing.
DEMO_EVENT_COPIES = env.number("DEMO_EVENT_COPIES", 1)
DEMO_EVENT_DELAY_SECONDS = env.number("DEMO_EVENT_DELAY_SECONDS", 0)
# Staff refunds above this sum (whole units of the booking's currency) need a second person; 0: none.
REFUND_APPROVAL_ABOVE = env.number("REFUND_APPROVAL_ABOVE", 500)

# --- Reservation rules -------------------------------------------------------------------

# What the list of persons on board asks is erased so long after the arrival.
PERSONS_LIST_KEPT_HOURS = env.number("PERSONS_LIST_KEPT_HOURS", 24)
HOLD_MINUTES = env.number("HOLD_MINUTES", 15)
TICKET_SIGNING_KEY = env.text("TICKET_SIGNING_KEY")
SIMULATOR_URL = env.text("SIMULATOR_URL", "http://127.0.0.1:8900")
# A search waits so long for operators' systems, then shows who has not answered.
SEARCH_DEADLINE_SECONDS = float(env.text("SEARCH_DEADLINE_SECONDS", "2.5"))
# Where operators' systems may be (docs/operators.md); a developer's own machine is no secret to them.
OPERATOR_ALLOW_HTTP = env.flag("OPERATOR_ALLOW_HTTP", default=DEBUG)
OPERATOR_ALLOWED_PRIVATE_HOSTS = env.items(
    "OPERATOR_ALLOWED_PRIVATE_HOSTS", "127.0.0.1,localhost" if DEBUG else ""
)
OPERATOR_ALLOWED_PORTS = env.items("OPERATOR_ALLOWED_PORTS", "443,8443")
# No row lock may wait for an operator's network; tests that wrap themselves in a transaction say no.
FORBID_CALLS_IN_TRANSACTION = True

# --- Accounts and security ---------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_IPWARE_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0)
AXES_VERBOSE = False
LOGIN_URL = "admin:login"

SECURE_SSL_REDIRECT = not DEBUG and env.flag("SECURE_SSL_REDIRECT", default=True)
# The load balancer speaks plain HTTP to us inside: health checks and webhooks must not bounce.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^api/v1/webhooks/stripe$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.number("TRUSTED_PROXY_COUNT", 0) else None
)
SECURE_HSTS_SECONDS = 0 if DEBUG else env.number("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SECURE_HSTS_PRELOAD = not DEBUG
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
APPEND_SLASH = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# --- API ---------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "maritime.lib.openapi.ProblemSchema",
    "DEFAULT_THROTTLE_RATES": {
        "lookup": env.text("THROTTLE_LOOKUP", "30/min"),
        "hold": env.text("THROTTLE_HOLD", "60/min"),
    },
    "NUM_PROXIES": env.number("TRUSTED_PROXY_COUNT", 0),
    "EXCEPTION_HANDLER": "maritime.lib.api.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Maritime Reservation Platform",
    "DESCRIPTION": "Ferries of several operators: search, hold, pay, change, cancel.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]+",
    "TAGS": [
        {"name": "sailings", "description": "Ports, sailings, offers"},
        {"name": "bookings", "description": "From a price to a ticket, a change or a refund"},
        {"name": "staff", "description": "With a staff session and its CSRF token"},
        {"name": "demo", "description": "Only where PAYMENTS_DEMO is on"},
        {"name": "webhooks", "description": "What payment providers call"},
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "bookingToken": {"type": "http", "scheme": "bearer"},
            "staffSession": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        }
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "maritime.api_docs.complete",
    ],
}

# --- Language, time, files ---------------------------------------------------------------

# English pages have no prefix, the others /de/ and so on (maritime/urls.py).
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("el", "Ελληνικά"),
    ("nb", "Norsk bokmål"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- Figures -----------------------------------------------------------------------------

# Prometheus sends it as a bearer token; without one /metrics does not exist.
METRICS_TOKEN = env.text("METRICS_TOKEN")

# --- Logs --------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {request_id} {name} {message}", "style": "{"},
        "json": {"()": "maritime.lib.logs.JSONFormatter"},
    },
    "filters": {
        "request_id": {"()": "maritime.lib.logs.RequestIdFilter"},
        "tokens": {"()": "maritime.lib.logs.TokenFilter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id", "tokens"],
            "formatter": "json" if env.text("LOG_FORMAT", "plain") == "json" else "plain",
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"httpx": {"level": "WARNING"}, "axes": {"level": "WARNING"}},
}
