"""Settings. Everything that differs between installations comes from the environment."""

import logging
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy

from evcnet import database, logs, var_dir
from evcnet.map_tiles import tile_hosts
from evcnet.secret import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

MODE = env.str("EVCNET_MODE", default="development")
if MODE not in ("development", "production"):
    raise environ.ImproperlyConfigured(f"EVCNET_MODE={MODE} means nothing: say development or production.")
PRODUCTION = MODE == "production"
VAR_DIR = var_dir.var()

DEBUG = env.bool("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise environ.ImproperlyConfigured("DEBUG shows secrets to visitors: take it out of the environment in production.")
SECRET_KEY = secret_key(env)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # former ones: what they signed still holds
# HTTPS is ended by a proxy in front; behind `make run` there is none.
HTTPS = env.bool("HTTPS", default=PRODUCTION)
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATABASES = database.all_settings(env)
if "replica" in DATABASES:
    DATABASE_ROUTERS = ["evcnet.replica.Router"]

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its default one would put its own site in place of ours
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "evcnet.apps.FrameConfig",
    "evcnet.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "import_export",
    "django_filters",
    "django_countries",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_structlog",
    "evcnet.accounts.apps.AccountsConfig",
    "customers",
    "tariffs",
    "chargegroups",
    "chargepoints",
    "changes",
    "roaming",
    "gateway",
    "socialcharging",
]
if database.has_devtools():
    INSTALLED_APPS += ["devtools"]

MIDDLEWARE = [
    "evcnet.middleware.limit_request_size",
    "django.middleware.security.SecurityMiddleware",
    "evcnet.middleware.no_key_in_referrer",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "evcnet.middleware.AllowedHosts",
    "evcnet.keyed_requests.KeyedRequests",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "evcnet.logs.RequestLog",
    "evcnet.middleware.note_position_of_writes",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "evcnet.middleware.never_cache_pages_of_logins",
    "evcnet.middleware.provider_time_zone",
    "evcnet.accounts.unsent_forms.answered",
    "evcnet.accounts.unsent_forms.signed_out",
    "evcnet.accounts.audit.refusals",
    "evcnet.accounts.second_factor.SecondFactorMiddleware",
    "evcnet.accounts.reauthentication.ReauthenticationMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "evcnet.site.search.recent.note_opened_rows",
]

ROOT_URLCONF = "evcnet.urls"
WSGI_APPLICATION = "evcnet.wsgi.application"
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
            ],
        },
    },
]

AUTH_USER_MODEL = "customers.StaffMember"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail addresses are unique whatever their case: a constraint on lower(email)
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if BREACHED_PASSWORDS := env.str("BREACHED_PASSWORDS", default=""):
    AUTH_PASSWORD_VALIDATORS += [
        {"NAME": "evcnet.accounts.passwords.BreachedPasswordValidator", "OPTIONS": {"path": BREACHED_PASSWORDS}}
    ]

# Signing in. Who guesses is stopped by evcnet/accounts/attempts.py.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
DEVICES_COOKIE_NAME = "__Host-devices" if HTTPS else "devices"
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
ACCOUNT_ADAPTER = "evcnet.accounts.adapter.SignIn"
ACCOUNT_FORMS = {
    "reset_password": "evcnet.accounts.forgotten_password.ForgottenForm",
    "change_password": "evcnet.accounts.forms.OwnPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is proved by the invitation that was sent to it
ACCOUNT_EMAIL_SUBJECT_PREFIX = "evcnet: "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# Wrong passwords and codes are counted by attempts.py, which knows the owner's devices; passkeys can't be guessed.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None, "reauthenticate": None, "change_password": None}
MFA_RATE_LIMITS = {"webauthn_login": None}
CSRF_FAILURE_VIEW = "evcnet.accounts.unsent_forms.csrf_failure"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
MFA_ADAPTER = "evcnet.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "evcnet"
MFA_TOTP_TOLERANCE = 1  # half-minutes by which the clock of a phone may be off, either way
MFA_FORMS = {
    "authenticate": "evcnet.accounts.forms.CodeForm",
    "reauthenticate": "evcnet.accounts.forms.CodeAgainForm",
    "activate_totp": "evcnet.accounts.forms.AppForm",
    "add_webauthn": "evcnet.accounts.forms.PasskeyForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # browsers themselves make passkeys over plain HTTP for localhost alone
PASSWORD_RESET_TIMEOUT = 2 * 3600
OPERATORS_NEED_SECOND_FACTOR = env.bool("OPERATORS_NEED_SECOND_FACTOR", default=PRODUCTION)
CACHES = {"default": {"BACKEND": "evcnet.accounts.counters.Counters", "LOCATION": "evcnet_cache"}}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True
FORMAT_MODULE_PATH = "evcnet.formats"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "uploads"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "evcnet.assets.Assets"},
}
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a tariff of a hundred elements is one form
LARGEST_REQUEST = 12_000_000  # bytes; a tariff of a hundred elements is far below
LARGEST_UPLOAD = 220_000_000  # bytes; the import pages take files of 200 MB

EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    globals().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = 20  # seconds: a mail server that hangs holds up a worker no longer, not even one that is to end
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="evcnet@localhost")

# Maps: without tiles their ground is plain
MAP_TILES_URL = env.str("MAP_TILES_URL", default="")
MAP_ATTRIBUTION = env.str("MAP_ATTRIBUTION", default="")
try:
    MAP_TILE_HOSTS = tile_hosts(MAP_TILES_URL)
except ValueError as wrong:
    raise environ.ImproperlyConfigured(str(wrong)) from None

# Headers and cookies
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # asked by the proxy itself
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"  # by that name browsers take it from this host alone
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "connect-src": [SELF],
        "img-src": [SELF, "data:", *MAP_TILE_HOSTS],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {"camera": [], "geolocation": [], "microphone": [], "payment": [], "usb": []}

# Roaming partners. Their addresses come from outside, so those of the portal's own network are not called.
PUBLIC_URL = env.str("PUBLIC_URL", default="")
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {
    "PATH_CONVERTER_OVERRIDES": {"ocpi_version": {"type": "string", "enum": ["2.2.1", "2.3.0"]}},
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "COMPONENT_SPLIT_REQUEST": True,
}
OCPI_ALLOW_PRIVATE = env.bool("OCPI_ALLOW_PRIVATE", default=False)

DECISION_LOG_WRITER = env.bool("DECISION_LOG", default=True)
"""Does each process write what it decided about cards into the decision log?"""

PROCRASTINATE_IMPORT_PATHS = [
    "chargegroups.recount",
    "chargepoints.admin.replay_job",
    "socialcharging.mailing",
    "roaming.ocpi.tasks",
    "customers.notices",
    "evcnet.importexport.export_jobs",
    "evcnet.importexport.jobs",
    "evcnet.accounts.forgotten_password",
    "evcnet.importexport.storages",
]
IMPORT_EXPORT_USE_TRANSACTIONS = True

LOGGING = logs.configured(as_json=PRODUCTION, level=env.str("LOG_LEVEL", default="INFO" if PRODUCTION else "WARNING"))
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO  # Django warns of them already

UNFOLD = {
    "SITE_TITLE": "evcnet",
    "SITE_HEADER": "evcnet",
    "SITE_SUBHEADER": "who may charge where, and at what price",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "evcnet.site.home.page.home",
    "STYLES": [
        "evcnet.site.menu.stylesheet",
        lambda request: static("evcnet/pieces.css"),
        lambda request: static("evcnet/changes.css"),
        lambda request: static("evcnet/box.css"),
        lambda request: static("evcnet/print.css"),
    ],
    "SCRIPTS": ["evcnet.site.menu.script"],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("evcnet/mark.svg")}],
    "COLORS": {
        # Teal with a contrast of 4.5 and more: 600 on white and under white text, 500 on the dark page.
        "primary": {
            "50": "oklch(98.4% .014 180.7)",
            "100": "oklch(95.3% .051 180.8)",
            "200": "oklch(91% .096 180.4)",
            "300": "oklch(85.5% .138 181.1)",
            "400": "oklch(77.7% .152 181.9)",
            "500": "oklch(74% .115 184.7)",
            "600": "oklch(45% .082 186)",
            "700": "oklch(40% .072 187)",
            "800": "oklch(35% .062 188)",
            "900": "oklch(30% .05 189)",
            "950": "oklch(22% .04 192)",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "evcnet.site.menu.navigation"},
}
