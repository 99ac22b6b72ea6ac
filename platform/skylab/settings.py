"""All settings, in sections, read from the environment. docs/operator.md has a heading for each variable."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from skylab.env import BadSetting, database, env, env_bool, env_int, env_list, networks

# --- Core -------------------------------------------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env("SKYLAB_DATA", str(BASE_DIR / "var"))).resolve()
DEBUG = env_bool("DEBUG", False)
# LOCAL is `make run`: one machine, loopback only, demo users, the best jail that the kernel has.
# Without it we are in production, and what is unsafe fails closed.
LOCAL = env_bool("SKYLAB_LOCAL", False)


def _run_dir() -> Path:
    """Return the folder of our unix sockets: in DATA_DIR, or a short one, as a socket's path holds 107 bytes."""
    path = DATA_DIR / "run"
    if len(str(path)) <= 80:
        return path
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"skylab-{os.getuid()}-{digest}"


RUN_DIR = _run_dir()


def _secret_key() -> str:
    key = env("SECRET_KEY")
    if key:
        return key
    if not LOCAL:
        raise BadSetting("SECRET_KEY is not set. Set it (or SECRET_KEY_FILE) to 50 random characters.")
    path = DATA_DIR / "secret_key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        # Written under another name first: two processes that start together must agree on one key.
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text().strip()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if LOCAL or DEBUG else "")
BASE_URL = env("BASE_URL", "http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", BASE_URL)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "skylab.accounts",
    "skylab.pages",
    "skylab.search",
    "skylab.lti",
    "skylab.api",
    "courses",
    "courses.gradebook",
    "labs",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "skylab.static.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "skylab.accounts.middleware.PersonMiddleware",
    "skylab.errors.RefusalMiddleware",
]

ROOT_URLCONF = "skylab.urls"
ASGI_APPLICATION = "skylab.asgi.application"
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
                "csp.context_processors.nonce",
            ],
        },
    }
]
LANGUAGE_CODE = "en"
# Those that our own texts are translated into: half a page in another language is worse than none.
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True

# --- Database and cache -----------------------------------------------------------------------------------------

DATABASES = {"default": database(env("DATABASE_URL", f"sqlite:///{DATA_DIR / 'skylab.sqlite3'}"))}
# Connections stay with the threads of a web process (skylab/seats.py), of which there are few.
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env("REDIS_URL", f"unix://{RUN_DIR / 'valkey.sock'}")
CACHES = {
    "default": {
        "BACKEND": "skylab.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "skylab",
    }
}

# --- Accounts and security --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "skylab.accounts.hashers.Argon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env("ACCOUNT_EMAIL_VERIFICATION", "none" if LOCAL else "mandatory")
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_ADAPTER = "skylab.accounts.adapter.AccountAdapter"
EMAIL_BACKEND = (
    "django.core.mail.backends.console.EmailBackend" if LOCAL else "django.core.mail.backends.smtp.EmailBackend"
)
EMAIL_HOST = env("EMAIL_HOST", "localhost")
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", False)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "Skylab <skylab@localhost>")

HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "skylab-session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "skylab-csrf"
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("TRUST_PROXY", False) else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src-elem": [SELF, NONCE],
        "style-src-attr": [NONE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# --- Work in the background -------------------------------------------------------------------------------------

CELERY_BROKER_URL = (
    f"redis+socket://{REDIS_URL.removeprefix('unix://')}?virtual_host=0"
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_TASK_IGNORE_RESULT = True  # what happened is in the database
CELERY_TASK_ACKS_LATE = True  # with the next line: a worker takes no more than it has hands for
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 55
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A message is a bell, and the row is the queue: the broker forgets one that was taken, and needs no word of what
    # became of it. (To acknowledge on a connection that was lost ends a worker for good: kombu 5.7.)
    "ack_emulation": False,
    "socket_timeout": 30,
    "socket_connect_timeout": 2,
    "health_check_interval": 10,
    "retry_on_timeout": True,
}

# --- Sandboxes --------------------------------------------------------------------------------------------------

SANDBOX_PROVIDER = env("SANDBOX_PROVIDER", "emulated")
SANDBOX_ENDPOINT = env("SANDBOX_ENDPOINT", "http://127.0.0.1:4566")  # what learners' tools are told
# What our own worker and site use, where they reach the sandbox host by another name than learners do.
SANDBOX_INTERNAL_ENDPOINT = env("SANDBOX_INTERNAL_ENDPOINT", SANDBOX_ENDPOINT)
SANDBOX_BIND = env("SANDBOX_BIND", "127.0.0.1:4566")
SANDBOX_CONTROL = env("SANDBOX_CONTROL", str(RUN_DIR / "sandbox.sock"))
# No jail, no labs: only a laptop may run with less than the full one.
SANDBOX_JAIL = env("SANDBOX_JAIL", "best" if LOCAL else "required")
# Every access key of every sandbox is derived from this one (labs/sandboxes/keys.py).
SANDBOX_KEY = hmac.digest((env("SANDBOX_KEY") or SECRET_KEY).encode(), b"skylab sandbox keys 1", "sha256")
LAB_IDLE_MINUTES = env_int("LAB_IDLE_MINUTES", 60)
LAB_MAX_OPEN_PER_USER = env_int("LAB_MAX_OPEN_PER_USER", 2)
# What labs ask and cannot know: who may read another's lab, and who has more time in one.
LAB_READERS = "courses.classes.who.may_read"
LAB_MORE_TIME = "courses.classes.more_time.lab_time"

# --- Content ----------------------------------------------------------------------------------------------------

COURSE_CATALOG = Path(env("COURSE_CATALOG", str(BASE_DIR / "courses" / "catalog")))
LAB_CATALOG = Path(env("LAB_CATALOG", str(BASE_DIR / "labs" / "catalog")))

# Who issues certificates and badges, the key they are signed with (PEM; empty: one is made in DATA_DIR), and fonts for
# names that our own has no letters for.
BADGE_ISSUER = env("BADGE_ISSUER", "Skylab")
BADGE_KEY = env("BADGE_KEY")
# What we sign towards platforms of LTI, and the key that is to follow (PEM; empty: made in DATA_DIR).
LTI_KEY = env("LTI_KEY")
LTI_KEY_NEXT = env("LTI_KEY_NEXT")
CERTIFICATE_FONTS = env_list("CERTIFICATE_FONTS")

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Compressing takes longer than all the rest of a first start, and gains nothing over loopback.
    "staticfiles": {"BACKEND": "skylab.storage.HashedFiles" if LOCAL else "skylab.storage.CompressedHashedFiles"},
}

# --- Logs -------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "INFO")},
    "loggers": {"django.server": {"level": "WARNING"}, "httpx": {"level": "WARNING"}, "botocore": {"level": "WARNING"}},
}

# --- The API ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["skylab.api.access.Allowed"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "skylab.api.access.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["skylab.api.access.Throttle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "skylab.errors.problem",
}
# Networks that webhooks may be sent to though they are not public (and without TLS): 10.1.2.0/24, …
WEBHOOK_ALLOW = networks("WEBHOOK_ALLOW", env_list("WEBHOOK_ALLOW"))
SPECTACULAR_SETTINGS = {
    "TITLE": "Skylab",
    "VERSION": "1",
    "DESCRIPTION": "Courses, labs, exams and their results. See docs/api.md for tokens, paging, refusals and webhooks.",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {},
    "TAGS": [],
}
