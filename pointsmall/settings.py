"""Every setting of the mall, read from the environment and typed, in one file (H1, H6).

``MALL_ENV`` is ``development``, ``test`` or ``production``. It must be set; only if no server is given does
``pointsmall/bootstrap.py`` set it to development. In production each variable listed in ``REQUIRED_IN_PRODUCTION`` must
be set, and the keys must be good: otherwise the mall refuses to start and says what is wrong. Settings that contradict
each other are reported by the system checks in ``pointsmall/checks.py``.
"""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, validate

from core import pem
from pointsmall import keys
from pointsmall.unfold import UNFOLD  # noqa: F401 - a setting

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

if not env.str("MALL_ENV", ""):
    raise ImproperlyConfigured(
        "MALL_ENV is not set, though DATABASE_URL or REDIS_URL is. Set MALL_ENV=production for a mall that serves "
        "members, MALL_ENV=development for one of your own, which shows its errors and takes test payments."
    )
MALL_ENV = env.str("MALL_ENV", validate=validate.OneOf(["development", "test", "production"]))
PRODUCTION = MALL_ENV == "production"
DEBUG = env.bool("DEBUG", MALL_ENV == "development")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG is on in production, which shows settings and code to whoever meets an error.")

REQUIRED_IN_PRODUCTION = {
    "SECRET_KEY": "signs sessions and links; 50 random characters",
    "FIELD_KEYS": "encrypts personal data; comma-separated Fernet keys, the first one writes",
    "ALLOWED_HOSTS": "comma-separated host names that the mall answers to",
    "SITE_URL": "the address members use, for example https://mall.example.com",
    "DATABASE_URL": "postgresql://user:password@host:port/name",
    "REDIS_URL": "redis://host:port/0",
}
if PRODUCTION and (missing := [name for name in REQUIRED_IN_PRODUCTION if not env.str(name, "")]):
    help_lines = "\n".join(f"  {name}: {REQUIRED_IN_PRODUCTION[name]}" for name in missing)
    raise ImproperlyConfigured(f"Set these environment variables to run in production:\n{help_lines}")

# Secrets. The defaults are for development and tests only; production without its own was refused above.
SECRET_KEY = env.str("SECRET_KEY", keys.DEVELOPMENT_SECRET_KEY)
FIELD_KEYS = env.list("FIELD_KEYS", [keys.DEVELOPMENT_FIELD_KEY])
if PRODUCTION and (refused := keys.refusals(SECRET_KEY, FIELD_KEYS)):
    help_lines = "\n".join(f"  {name} {why}" for name, why in refused.items())
    raise ImproperlyConfigured(f"These keys cannot serve in production:\n{help_lines}")

# The shop
SITE_NAME = env.str("SITE_NAME", "拾光")
PORT = env.int("PORT", 8000)
SITE_URL = env.str("SITE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
LOOK = env.str("LOOK", "fresh", validate=validate.OneOf(["fresh", "fashion", "business"]))
POINTS_EXPIRY_MONTHS = env.int("POINTS_EXPIRY_MONTHS", 12)  # end of the month that many months later; 0 = never
PAYMENT_PROVIDERS = env.list("PAYMENT_PROVIDERS", [] if PRODUCTION else ["sandbox"])
if PRODUCTION and "sandbox" in PAYMENT_PROVIDERS:
    raise ImproperlyConfigured("PAYMENT_PROVIDERS has 'sandbox', which takes orders for nothing: remove it.")
PAYMENT_FORM_ORIGINS = env.list("PAYMENT_FORM_ORIGINS", [])  # where "pay" may lead, as https://pay.example.com
SANDBOX_SECRET = env.str("SANDBOX_SECRET", "" if PRODUCTION else "sandbox-development-only")


def _key(name):
    """A key or certificate: its text, or the path of a file that holds it."""
    try:
        return pem.text_of(env.str(name, ""))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no path looks like that"
        raise ImproperlyConfigured(f"{name} is neither a key nor a readable file: {why}.") from error


def _plain(name, default=""):
    """A number, a secret or an address without blanks copied along with it."""
    return env.str(name, default).strip("\ufeff\xa0 \t\r\n\u200b")


# What each payment provider needs: docs/payments.md. `check` reports an enabled provider that is incomplete.
WECHAT_PAY = {
    "merchant": _plain("WECHAT_PAY_MERCHANT"),
    "app_id": _plain("WECHAT_PAY_APP_ID"),
    "app_secret": _plain("WECHAT_PAY_APP_SECRET"),  # of the official account: paying inside WeChat
    "serial": _plain("WECHAT_PAY_SERIAL"),
    "private_key": _key("WECHAT_PAY_PRIVATE_KEY"),
    "v3_key": _plain("WECHAT_PAY_V3_KEY"),
    "public_key": _key("WECHAT_PAY_PUBLIC_KEY"),  # with its id; without both, platform certificates are fetched
    "public_key_id": _plain("WECHAT_PAY_PUBLIC_KEY_ID"),
    "api": _plain("WECHAT_PAY_API", "https://api.mch.weixin.qq.com").rstrip("/"),
    "login": _plain("WECHAT_LOGIN", "https://open.weixin.qq.com").rstrip("/"),
    "login_api": _plain("WECHAT_LOGIN_API", "https://api.weixin.qq.com").rstrip("/"),
}
ALIPAY = {
    "app_id": _plain("ALIPAY_APP_ID"),
    "seller_id": _plain("ALIPAY_SELLER_ID"),
    "private_key": _key("ALIPAY_PRIVATE_KEY"),
    "public_key": _key("ALIPAY_PUBLIC_KEY"),  # Alipay's, not the application's
    "gateway": _plain("ALIPAY_GATEWAY", "https://openapi.alipay.com/gateway.do"),
}
UNIONPAY = {
    "merchant": _plain("UNIONPAY_MERCHANT"),
    "private_key": _key("UNIONPAY_PRIVATE_KEY"),
    "certificate": _key("UNIONPAY_CERTIFICATE"),
    "root_certificate": _key("UNIONPAY_ROOT_CERTIFICATE"),
    "middle_certificate": _key("UNIONPAY_MIDDLE_CERTIFICATE"),
    "gateway": _plain("UNIONPAY_GATEWAY", "https://gateway.95516.com").rstrip("/"),
    "files": _plain("UNIONPAY_FILES", "https://filedownload.95516.com").rstrip("/"),
}
# Where parcels are (F8). Without customer and key the pages show the number with the carrier's public page; with a salt
# Kuaidi100 reports changes by itself.
KUAIDI100_CUSTOMER = env.str("KUAIDI100_CUSTOMER", "")
KUAIDI100_KEY = env.str("KUAIDI100_KEY", "")
KUAIDI100_SALT = env.str("KUAIDI100_SALT", "")
KUAIDI100_URL = env.str("KUAIDI100_URL", "https://poll.kuaidi100.com").rstrip("/")
SMS_SENDER = env.str("SMS_SENDER", "console", validate=validate.OneOf(["console"]))

# Web
ROOT_URLCONF = "pointsmall.urls"
WSGI_APPLICATION = "pointsmall.wsgi.application"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["*"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
METRICS_TOKEN = env.str(
    "METRICS_TOKEN", ""
)  # what a scraper sends as its bearer; without one /metrics is closed in production
CSRF_FAILURE_VIEW = "pointsmall.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
_host = "__Host-" if PRODUCTION else ""  # browsers take such a name from this very host and over HTTPS alone
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_host}sessionid", f"{_host}csrftoken"
LANGUAGE_COOKIE_NAME, DEVICE_COOKIE_NAME = f"{_host}django_language", f"{_host}device"
SESSION_ENGINE = "core.sessions"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "style-src": [SELF, "'unsafe-inline'"],  # unfold and progress bars set style attributes
        "script-src": [SELF],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF, *PAYMENT_FORM_ORIGINS],  # a redirect after a POST counts as well
    },
}

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "easy_thumbnails",
    "lucide",
    "ninja",
    "pointsmall",
    "analytics",
    "activities",
    "orders",
    "catalog",
    "points",
    "accounts",
    "core",
]

MIDDLEWARE = [
    "orders.placing.middleware.CheckoutDoorMiddleware",  # first: a refusal in a rush costs nearly nothing
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pointsmall.middleware.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "pointsmall.middleware.ChosenLanguageMiddleware",
    "pointsmall.middleware.SoundAddressMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pointsmall.middleware.NothingKeptMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "pointsmall.middleware.RequestIdMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "core.visitor.DeviceMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["core.templatetags.mall", "django.templatetags.i18n", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pointsmall.context.mall",
            ],
        },
    }
]

# Database
LOCK_TIMEOUT_MS = env.int("LOCK_TIMEOUT_MS", 3000)  # the longest wait for a row lock
DATABASES = {"default": env.dj_db_url("DATABASE_URL")}
_options = DATABASES["default"].setdefault("OPTIONS", {})
_options["options"] = f"{_options.get('options', '')} -c lock_timeout={LOCK_TIMEOUT_MS}".strip()
_options.setdefault("prepare_threshold", 5)  # Django's own default is None: then psycopg prepares nothing, even if told
DATABASES["default"].update(
    CONN_MAX_AGE=env.int("CONN_MAX_AGE", 300),
    CONN_HEALTH_CHECKS=True,
    ATOMIC_REQUESTS=False,  # each service opens its own short transaction
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache and background work
OUTBOX_KEPT_DAYS = env.int("OUTBOX_KEPT_DAYS", 30)  # messages that were handled; those that were not are kept
REDIS_URL = env.str("REDIS_URL")
CACHE_PATIENCE_S = 0.5  # for a server that hangs: core.cache
CACHES = {
    "default": {
        "BACKEND": "core.cache.Cache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "mall",
        "OPTIONS": {
            "REDIS_CLIENT_CLASS": "core.cache.Client",
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": CACHE_PATIENCE_S,
            "SOCKET_TIMEOUT": CACHE_PATIENCE_S,
        },
    }
}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_CONSUMER = "pointsmall.worker:Consumer"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for as long as it takes
# A task that cannot be sent at once is kept (core.background), so that nobody waits for retries.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": CACHE_PATIENCE_S,
    "socket_timeout": CACHE_PATIENCE_S,
    "max_retries": 0,
}
CELERY_TASK_ALWAYS_EAGER = MALL_ENV == "test"

# Members
AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # usernames are unique without regard to case, by a constraint on lower()
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# Argon2 is slow on purpose; tests sign in all the time and would only wait.
HASHER = "MD5PasswordHasher" if MALL_ENV == "test" else "Argon2PasswordHasher"
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{HASHER}"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "admin:index"  # after /admin/login/; members go home: accounts.adapter
LOGOUT_REDIRECT_URL = ACCOUNT_SIGNUP_REDIRECT_URL = "home"
LOGIN_URL = "account_login"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 1 if PRODUCTION else 0)  # whose X-Forwarded-For counts
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    key: f"accounts.forms.{form}"
    for key, form in {
        "change_password": "ChangePasswordForm",
        "login": "SignInForm",
        "reauthenticate": "ReauthenticateForm",
        "set_password": "SetPasswordForm",
    }.items()
}
ACCOUNT_LOGIN_METHODS = {"username", "email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username", "password1*"]  # one of the two: accounts.forms.SignUpForm
ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # of those who came by e-mail: accounts.stages
# Codes are the mall's own (accounts.codes); these two keep allauth's pages for links in e-mails closed.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = False  # accounts.services.ways tells what was changed, by SMS and in the inbox as well
ACCOUNT_RATE_LIMITS = False  # LIMITS below
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # how long a proof is fresh: accounts.proof
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
LIMITS = {  # (times, seconds), short spans first: accounts.limits (A3, A9)
    "codes_to": [(1, 60), (10, 86_400)],  # codes to one number or e-mail address
    "codes_from": [(30, 3600)],  # codes asked for from one network address
    "guesses_of": [(5, 3600)],  # guesses at one code
    "guesses_at": [(10, 600), (30, 86_400)],  # wrong guesses at all codes of one number, e-mail address or app
    "guesses_from": [(30, 3600), (150, 86_400)],  # wrong guesses from one network address
    "passwords_of": [(5, 300), (100, 86_400)],  # wrong passwords of one member
    "passwords_from": [(10, 60), (500, 86_400)],
    "names_from": [(20, 3600), (100, 86_400)],  # usernames that somebody wants, and learns whether they are taken
    "posts_from": [(30, 60)],  # forms that cost a password's hash or a message
}
if MALL_ENV == "development":  # one person and many browsers on one machine; guesses are counted as in production
    LIMITS |= {
        "codes_to": [(1, 5), (200, 86_400)],
        "codes_from": [(1000, 3600)],
        "passwords_of": [(20, 300)],
        "passwords_from": [(100, 60)],
        "names_from": [(200, 3600)],
        "posts_from": [(300, 60)],
    }
SMS_COUNTRIES = env.list("SMS_COUNTRIES", ["CN"])  # whose mobile numbers may get codes: ISO 3166, as CN,HK,MO
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_FORMS = {
    "activate_totp": "accounts.forms.AppFirstCodeForm",
    "authenticate": "accounts.forms.AppCodeForm",
    "reauthenticate": "accounts.forms.AppCodeAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if PRODUCTION else 'dummy'}.EmailBackend"
)  # elsewhere than in production /dev/outbox/ shows what was sent
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "mall@localhost")
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)  # STARTTLS
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", False)  # TLS from the first byte on, as on port 465
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 5)  # seconds; somebody waits for codes

# Language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "unfold"]
TIME_ZONE = env.str("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True

# Files
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_URL = "media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(BASE_DIR / "media")))
PRIVATE_ROOT = Path(env.str("PRIVATE_ROOT", str(BASE_DIR / "var" / "private")))  # no web server may serve it
STORAGES = {
    "default": {"BACKEND": "core.storage.WholeFileStorage"},
    "private": {"BACKEND": "core.storage.WholeFileStorage", "OPTIONS": {"location": PRIVATE_ROOT}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Pictures: square thumbnails beside the picture, ``<name>.<alias>.webp``, made once when a picture is saved (E8)
THUMBNAIL_ALIASES = {
    "catalog.ProductImage.image": {
        alias: {"size": (edge, edge), "crop": True, "quality": 82}
        for alias, edge in {"row": 160, "card": 360, "card2x": 720, "detail": 800}.items()
    }
}
THUMBNAIL_NAMER = "easy_thumbnails.namers.alias"
THUMBNAIL_EXTENSION = "webp"
THUMBNAIL_DEFAULT_STORAGE_ALIAS = "default"

WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION

# Logs: one JSON line an event in production, readable lines elsewhere; never an address of a person (H6, H7)
from pointsmall.logs import LOGGING  # noqa: E402, F401 - a setting

DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
