"""Settings of the book's server, all from the environment; `docs/reference/settings.md` lists them.

Nothing here is a secret: without `INTERLOCK_SECRET_KEY` a key is made once and kept beside the
embedded book, and a server on PostgreSQL refuses to start without one.
"""

from __future__ import annotations

from pathlib import Path

from interlock.files.digest import digest_of_folder
from interlock.site.environment import Environment

env = Environment()

DATABASES = {"default": env.database()}
EMBEDDED = DATABASES["default"]["ENGINE"].endswith("sqlite3")
WEB = Path(__file__).parents[1] / "web"
HOME = Path(DATABASES["default"]["NAME"]).resolve().parent if EMBEDDED else Path.cwd()

DEBUG = env.flag("INTERLOCK_DEBUG", default=False)
DEMO = env.flag("INTERLOCK_DEMO", default=False)
SECRET_KEY = env.secret_key(HOME, embedded=EMBEDDED)
ALLOWED_HOSTS = env.words("INTERLOCK_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
HTTPS = env.flag("INTERLOCK_HTTPS", default=False)
REGIMES = env.regimes()
LAB_RESULTS = env.text("INTERLOCK_LAB_RESULTS")
HOLIDAYS = env.holidays()
LISTS = env.folder("INTERLOCK_LISTS", "list files (.yaml, .csv)")
# A demo plays what is past by now.
LATE_DAYS = env.number("INTERLOCK_LATE_DAYS", default=3650 if DEMO else 0, least=0)
KEEP_YEARS = env.number("INTERLOCK_KEEP_YEARS", default=5)  # 15 CFR 762.6
SEAL_KEY = Path(env.text("INTERLOCK_SEAL_KEY", default=str(HOME / "interlock-seal.key")))
WEBHOOKS_LOCAL = env.flag("INTERLOCK_WEBHOOKS_LOCAL", default=DEMO)
UPLOAD_LIMIT_MB = env.number("INTERLOCK_UPLOAD_LIMIT_MB", default=256)
UNPACKED_LIMIT_MB = env.number("INTERLOCK_UNPACKED_LIMIT_MB", default=1024)
BODY_LIMIT_KB = env.number("INTERLOCK_BODY_LIMIT_KB", default=1024)
BREACHED = env.file("INTERLOCK_BREACHED", "SHA-1 hashes of passwords, sorted, one a line")
REQUIRE_MFA = env.flag("INTERLOCK_REQUIRE_MFA", default=not DEMO)
SESSION_IDLE_MINUTES = env.number("INTERLOCK_SESSION_IDLE_MINUTES", default=60)
REQUESTS_PER_MINUTE = env.number("INTERLOCK_REQUESTS_PER_MINUTE", default=6000, least=0)
FAILURES_PER_MINUTE = env.number("INTERLOCK_FAILURES_PER_MINUTE", default=20, least=0)
CHECKS_PER_MINUTE = env.number("INTERLOCK_CHECKS_PER_MINUTE", default=20, least=0)
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("INTERLOCK_PROXIES", default=0, least=0)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "interlock.book",
    "interlock.letters",
    "django.contrib.staticfiles",
    "interlock.web",
]
MIDDLEWARE = [
    "interlock.site.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "interlock.site.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "interlock.site.middleware.ApiProblems",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "interlock.site.middleware.PageLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "interlock.site.middleware.SessionEnds",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "interlock.site.urls"
WSGI_APPLICATION = "interlock.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "interlock.web.shell.shell",
            ]
        },
    }
]

AUTH_USER_MODEL = "book.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "interlock.site.accounts.WordsOfHere"},
    {"NAME": "interlock.site.accounts.Breached"},
]
ACCOUNT_ADAPTER = "interlock.site.accounts.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# The defaults of allauth, written out: guesses per address and per account.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "reset_password_from_key": "20/m/ip",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
PASSWORD_RESET_TIMEOUT = 24 * 3600
MFA_ADAPTER = "interlock.site.accounts.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Interlock"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # the book sends no mail

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:  # such a name binds a cookie to this host and to HTTPS
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^api/"]  # middleware.ApiProblems refuses there instead
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT_MB * 2**20

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [WEB / "locale"]
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = True, "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
# The address of every file of the pages holds the digest of them all, so a browser may keep it.
STATIC_URL = f"/static/{digest_of_folder(WEB / 'static')[:12]}/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/[0-9a-f]{12}/"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING_CONFIG = None  # interlock.site.logs sets up structured logs
