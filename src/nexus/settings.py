"""All settings, in one file. Each environment variable is declared by an `env_*` call whose last words explain it;
`nexus doctor` prints them with their source and docs/configuration.md lists them (a test compares)."""

from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url

from nexus.ops.env import ConfigurationError, env, env_bool, env_int, env_list, env_str, generated_secret
from nexus.ops.proxies import Network, networks

PACKAGE = Path(__file__).resolve().parent

# --- Where things are kept -----------------------------------------------------------------------------------------

DATA_DIR = env(
    "NEXUS_DATA_DIR", Path("var").absolute(), "The folder of the SQLite file, attachments and generated secret.",
    parse=lambda raw: Path(raw).expanduser().absolute(), expected="a folder",
)  # fmt: skip
DEBUG = env_bool("NEXUS_DEBUG", False, "Developer mode: error pages with source code. Never where others can reach it.")
LOG_FORMAT = env_str(
    "LOG_FORMAT", "text", "How logs are written: for people or for machines.", choices=("text", "json")
)
LOG_LEVEL = env_str(
    "NEXUS_LOG_LEVEL", "INFO", "The least serious level that is logged.", choices=("DEBUG", "INFO", "WARNING", "ERROR")
)


def parse_database_url(raw: str) -> dict[str, Any]:
    """The Django database settings for a DATABASE_URL; ValueError says what is wrong with it."""
    scheme = raw.partition(":")[0]
    if scheme not in {"sqlite", "postgres", "postgresql", "mysql", "mariadb"} or "://" not in raw:
        raise ValueError("Known schemes: sqlite, postgresql, mysql, mariadb.")
    parsed = dict(dj_database_url.parse(raw.replace("mariadb://", "mysql://", 1) if scheme == "mariadb" else raw))
    if not parsed.get("NAME"):
        raise ValueError("It names no database: end it with /NAME.")
    return parsed


SERVING = env_bool("NEXUS_SERVING", False, "Set by `nexus serve` in its processes: keep database connections open.")
WORKERS = env_int(
    "NEXUS_WORKERS", 1, "Server processes of `nexus serve`; more than one needs REDIS_URL.", low=1, high=64
)
THREADS = env_int("NEXUS_THREADS", 8, "Threads of each server process that answer HTTP requests.", low=1, high=256)
STOP_SECONDS = env_int(
    "NEXUS_STOP_SECONDS",
    25,
    "Seconds that requests under way get when the server stops.",
    low=1,
    high=3600,
)
_database: dict[str, Any] = env(
    "DATABASE_URL",
    dict[str, Any](),
    "The database: sqlite:///FILE, postgresql://USER:PASSWORD@HOST:PORT/NAME, mysql://… or mariadb://….",
    parse=parse_database_url,
    expected="a database address such as postgresql://user:password@host:5432/nexus",
    secret=True,
)
EMBEDDED = not _database
if EMBEDDED:
    try:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"NEXUS_DATA_DIR={DATA_DIR}: cannot be made ({error.strerror}). Name a folder that may be written."
        ) from error
    _database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "nexus.sqlite3")}
_options: dict[str, Any] = _database.setdefault("OPTIONS", {})
match _database["ENGINE"]:
    case "django.db.backends.sqlite3":
        # IMMEDIATE: a transaction that reads first and then writes would otherwise fail instead of waiting.
        # FULL: an acknowledged write survives a power cut, not only a killed process.
        _options |= {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
            "PRAGMA secure_delete=ON; PRAGMA cache_size=-16000; PRAGMA mmap_size=134217728",
        }
        # The bridge has a fixed set of threads, so a fixed set of connections; opening one costs as much as a page.
        _database["CONN_MAX_AGE"] = 600 if SERVING else 0
        if not EMBEDDED and _database["NAME"] != ":memory:":
            _database["NAME"] = str(Path(_database["NAME"]).absolute())
    case "django.db.backends.postgresql":
        _database["CONN_MAX_AGE"] = 0
        _options.setdefault("connect_timeout", 5)
        if SERVING:
            # With a connection for every thread nobody waits for one while there is a database; when it is back it is found
            # by the next request: a pool that tries for long waits longer each time.
            _options["pool"] = {"min_size": 1, "max_size": THREADS + 6, "timeout": 5, "reconnect_timeout": 2}
    case "django.db.backends.mysql":
        # utf8mb4_bin: two texts are equal only when their characters are (case and accents count).
        _options |= {
            "charset": "utf8mb4",
            "collation": "utf8mb4_bin",
            "isolation_level": "read committed",
            "connect_timeout": 5,
            "init_command": "SET sql_mode='STRICT_TRANS_TABLES', innodb_lock_wait_timeout=20",
        }
        _database["CONN_MAX_AGE"] = 60 if SERVING else 0
        _database["TEST"] = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"}
# A connection that the database dropped in the meantime (it was restarted) is replaced, not handed to a request.
_database["CONN_HEALTH_CHECKS"] = SERVING and "sqlite3" not in _database["ENGINE"]
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env_str(
    "REDIS_URL", "", "Redis for everything between processes; needed with more than one server process.", secret=True
)

# --- Secrets and hosts ---------------------------------------------------------------------------------------------

if EMBEDDED:
    SECRET_KEY = generated_secret(
        "SECRET_KEY",
        DATA_DIR / "secret_key",
        "Signs sessions and tokens: 50 random characters, the same in every process.",
    )
else:
    SECRET_KEY = env_str(
        "SECRET_KEY", "", "Signs sessions and tokens: 50 random characters, the same in every process.", secret=True
    )
    if len(SECRET_KEY) < 32:
        raise ConfigurationError(
            "SECRET_KEY is missing or shorter than 32 characters, and DATABASE_URL is set. Several processes must share "
            'one key: set SECRET_KEY to the output of `python -c "import secrets; print(secrets.token_urlsafe(48))"`.'
        )
SECRET_KEY_FALLBACKS = env(
    "SECRET_KEY_FALLBACKS", list[str](), "Former values of SECRET_KEY, whose sessions and tokens still hold.",
    parse=lambda raw: [part.strip() for part in raw.split(",") if part.strip()], expected="keys separated by commas",
    secret=True,
)  # fmt: skip
ACCESS_TOKEN_MINUTES = env_int(
    "NEXUS_ACCESS_TOKEN_MINUTES", 10, "How long an access token of the API holds, in minutes.", low=1, high=24 * 60
)
REFRESH_TOKEN_DAYS = env_int(
    "NEXUS_REFRESH_TOKEN_DAYS",
    30,
    "How long a program stays signed in by its refresh tokens, in days.",
    low=1,
    high=366,
)


def parse_origins(raw: str) -> list[str]:
    """The origins in `raw`, or ["*"]; ValueError says which is none."""
    named = [part.strip() for part in raw.split(",") if part.strip()]
    for each in named:
        try:
            is_origin = each == "*" or parse_origin(each) == each
        except ValueError:
            is_origin = False
        if not is_origin or "*" in each.removeprefix("*"):
            raise ValueError(f"{each} is no origin.")
    if "*" in named and len(named) > 1:
        raise ValueError("* stands for all: name it alone, or leave it out.")
    return named


def parse_origin(raw: str) -> str:
    """The origin `raw` names, without a slash at its end; ValueError says what is wrong with it."""
    parts = urlsplit(raw.rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or "@" in parts.netloc:
        raise ValueError("It is no origin.")
    return f"{parts.scheme}://{parts.netloc}"


ALLOWED_HOSTS = env_list(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], "The host names people reach Nexus by, separated by commas."
)
if "*" in ALLOWED_HOSTS and not DEBUG:
    raise ConfigurationError(
        "ALLOWED_HOSTS=*: any site could pose as Nexus. Name the hosts, for example nexus.example.org."
    )
CSRF_TRUSTED_ORIGINS = env_list(
    "CSRF_TRUSTED_ORIGINS",
    [],
    "Origins forms may come from, with scheme (https://nexus.example.org), behind a TLS proxy.",
)
ADDRESS = env(
    "NEXUS_ADDRESS", "", "Where people reach Nexus, as scheme and host: for links that are printed or mailed.",
    parse=parse_origin, expected="scheme and host, such as https://nexus.example.org",
)  # fmt: skip
CORS_ALLOWED_ORIGINS = env(
    "NEXUS_CORS_ORIGINS", list[str](), "Origins whose pages may call the API and GraphQL by token; * for all.",
    parse=parse_origins, expected="origins such as https://app.example.org separated by commas, or *",
)  # fmt: skip
HTTPS = env_bool("NEXUS_HTTPS", False, "People reach Nexus by https: cookies are sent only there, and HSTS is on.")
TRUSTED_PROXIES = env(
    "NEXUS_TRUSTED_PROXIES", list[Network](), "Networks of proxies whose X-Forwarded-For and -Proto are believed.",
    parse=networks, expected="addresses or networks separated by commas, such as 10.0.0.0/8",
)  # fmt: skip

# --- Limits --------------------------------------------------------------------------------------------------------

MAX_UPLOAD_MB = env_int(
    "NEXUS_MAX_UPLOAD_MB", 50, "The largest single file kept as an attachment, in megabytes.", low=1, high=10_000
)
MAX_REQUEST_MB = env_int(
    "NEXUS_MAX_REQUEST_MB",
    200,
    "The largest body of one request, in megabytes.",
    low=3,
    high=10_000,
)
MAX_IMPORT_MB = env_int(
    "NEXUS_MAX_IMPORT_MB", 1024, "The most one import may hold once unpacked, in megabytes.", low=1, high=100_000
)
MAX_IMPORT_FILES = env_int("NEXUS_MAX_IMPORT_FILES", 100_000, "The most files one import may hold.", low=1)
MAX_IMPORT_SECONDS = env_int(
    "NEXUS_MAX_IMPORT_SECONDS", 1800, "The longest that reading one import's source may take, in seconds.", low=1
)
IMPORT_PORTS = env(
    "NEXUS_IMPORT_PORTS", ["443"], "The ports a Git repository may be imported from.",
    parse=lambda raw: [str(int(port)) for port in raw.split(",")], expected="port numbers separated by commas",
)  # fmt: skip
ALLOWED_ADDRESSES = env(
    "NEXUS_ALLOWED_ADDRESSES", list[str](), "Networks that imports and webhooks may reach besides the public internet.",
    parse=lambda raw: [str(ip_network(part.strip())) for part in raw.split(",")],
    expected="addresses or networks such as 10.1.0.0/16 separated by commas",
)  # fmt: skip
WEBHOOK_PORTS = env(
    "NEXUS_WEBHOOK_PORTS", ["443"], "The ports a webhook may be sent to.",
    parse=lambda raw: [str(int(port)) for port in raw.split(",")], expected="port numbers separated by commas",
)  # fmt: skip
WEBHOOK_DAYS = env_int(
    "NEXUS_WEBHOOK_DAYS", 5, "After how many days of failures in a row a webhook is switched off.", low=1, high=60
)
SHOW_ME_TEXTS = env_int(
    "NEXUS_SHOW_ME_TEXTS", 20, "Texts and files one client address may show itself a minute at /show-me.", low=0
)
SHOW_ME_ADDRESSES = env_int(
    "NEXUS_SHOW_ME_ADDRESSES", 5, "Git addresses one client address may show itself a minute at /show-me.", low=0
)
RATE_ANONYMOUS = env_int(
    "NEXUS_RATE_ANONYMOUS",
    600,
    "Requests to the API a minute from one network of somebody who is not signed in.",
    low=1,
)
RATE_SIGNED_IN = env_int("NEXUS_RATE_SIGNED_IN", 3000, "Requests to the API a minute of one account.", low=1)
SOCKETS = env_int("NEXUS_SOCKETS", 5000, "Open WebSockets of one server process.", low=1, high=100_000)
SOCKETS_PER_USER = env_int(
    "NEXUS_SOCKETS_PER_USER", 50, "Open WebSockets of one signed-in person in a server process.", low=1
)
SOCKETS_PER_ADDRESS = env_int(
    "NEXUS_SOCKETS_PER_ADDRESS", 200, "Open WebSockets of readers at one address who are not signed in.", low=1
)
SIGN_UP = env_str(
    "NEXUS_SIGN_UP",
    "open",
    "Who may make an account: anybody, or nobody (`nexus user create` still can).",
    choices=("open", "closed"),
)
GRAPHQL_INTROSPECTION = env_bool(
    "NEXUS_GRAPHQL_INTROSPECTION", True, "Whether /graphql describes its schema to whoever asks."
)
DELETED_HUB_DAYS = env_int(
    "NEXUS_DELETED_HUB_DAYS",
    30,
    "For how many days a deleted hub can be brought back; then it is purged.",
    low=0,
    high=3650,
)
ADDRESS_DAYS = env_int(
    "NEXUS_ADDRESS_DAYS",
    30,
    "For how many days it is kept from which network address something was done.",
    low=0,
    high=3650,
)
RESERVE_MB = env_int(
    "NEXUS_RESERVE_MB",
    100,
    "With less than so many megabytes free on its disk, Nexus takes no more texts and files.",
    low=0,
)
HUB_PAGES = env_int(
    "NEXUS_HUB_PAGES",
    100_000,
    "The most pages and files of one hub, unless an administrator set another number.",
    low=1,
)
HUB_MB = env_int(
    "NEXUS_HUB_MB", 10_000, "The most megabytes that all versions in one hub take, unless an administrator set another.",
    low=1,
)  # fmt: skip
HUBS_PER_PERSON = env_int(
    "NEXUS_HUBS_PER_PERSON", 50, "How many hubs one person may own, unless an administrator set another number.", low=0
)
PERSON_MB = env_int(
    "NEXUS_PERSON_MB", 50_000,
    "The most megabytes that the hubs of one person hold together, unless an administrator set another number.", low=0,
)  # fmt: skip
HUB_CREATION = env_str("NEXUS_HUB_CREATION", "everyone", "Who may create hubs.", choices=("everyone", "administrators"))

# --- Applications --------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "nexus.accounts.apps.AccountsConfig",
    "nexus.hubs.apps.HubsConfig",
    "nexus.pages.apps.PagesConfig",
    "nexus.knowledge.apps.KnowledgeConfig",
    "nexus.exchange.apps.ExchangeConfig",
    "nexus.search.apps.SearchConfig",
    "nexus.web.apps.WebConfig",
    "nexus.ops.apps.OpsConfig",
    *(["django_linear_migrations"] if find_spec("django_linear_migrations") else []),  # where developers work
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    *(["django_migration_linter"] if find_spec("django_migration_linter") else []),
]
MIDDLEWARE = [
    "nexus.ops.health.HealthMiddleware",
    "nexus.ops.requests.RequestMiddleware",
    "nexus.web.compression.PagesCompressed",
    "django.middleware.security.SecurityMiddleware",
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "nexus.web.middleware.SeenMiddleware",
    "nexus.web.middleware.ErrorMiddleware",
]
#: Called in this order after each commit that recorded activity, with the hub's id. The only calls upwards, so by name.
NEXUS_FOLLOWERS = ["nexus.knowledge.tasks.follow", "nexus.search.tasks.follow"]
#: Called in the transaction of a purge, with the hub's id and those of the pages it is about: each takes out what its
#: package keeps of them.
NEXUS_ERASERS = ["nexus.knowledge.erasing.erase", "nexus.search.erasing.erase", "nexus.exchange.erasing.erase"]
#: Called after a commit that changed what a person is called, with their id; by name, as above.
NEXUS_PERSON_FOLLOWERS = ["nexus.search.tasks.follow_person"]
#: What is asked before more people read a hub (its `get_ready` and `check_hub`); by name, as above.
NEXUS_GUARD = "nexus.pages.guard"
ROOT_URLCONF = "nexus.urls"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Accounts ------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "nexus.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "nexus.accounts.forms.SignupForm",
    "change_password": "nexus.accounts.forms.ChangePasswordForm",
}
#: Before what cannot be taken back, the password is asked for again, unless it was given in the last minutes.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
OIDC_ISSUER = env_str(
    "NEXUS_OIDC_ISSUER", "", "The OpenID Connect provider people may sign in with: the address that it calls itself by."
).rstrip("/")
OIDC_NAME = env_str("NEXUS_OIDC_NAME", "Single sign-on", "What that provider is called on the sign-in page.")
OIDC_CLIENT_ID = env_str("NEXUS_OIDC_CLIENT_ID", "", "What Nexus is called at that provider.")
OIDC_CLIENT_SECRET = env_str("NEXUS_OIDC_CLIENT_SECRET", "", "The secret Nexus shows to that provider.", secret=True)
GITHUB_CLIENT_ID = env_str("NEXUS_GITHUB_CLIENT_ID", "", "What Nexus is called at GitHub, for signing in with it.")
GITHUB_CLIENT_SECRET = env_str("NEXUS_GITHUB_CLIENT_SECRET", "", "The secret Nexus shows to GitHub.", secret=True)
SOCIALACCOUNT_ADAPTER = "nexus.accounts.elsewhere.SocialAdapter"
#: Whoever comes from elsewhere chooses a name here, and an address alone connects nobody to an account.
SOCIALACCOUNT_AUTO_SIGNUP = SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False


def providers(oidc: tuple[str, str, str, str], github: tuple[str, str]) -> dict[str, Any]:
    """allauth's providers: those of which everything is set. oidc: issuer, name, id, secret; github: id, secret."""
    found: dict[str, Any] = {}
    issuer, name, client_id, secret = oidc
    if issuer and client_id and secret:
        app = {"provider_id": "sso", "name": name, "client_id": client_id, "secret": secret}
        found["openid_connect"] = {
            "APPS": [app | {"settings": {"server_url": issuer}}],
            "OAUTH_PKCE_ENABLED": True,
        }
    if all(github):
        app = {"name": "GitHub", "client_id": github[0], "secret": github[1]}
        found["github"] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True, "SCOPE": ["user:email"]}
    return found


SOCIALACCOUNT_PROVIDERS = providers(
    (OIDC_ISSUER, OIDC_NAME, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET), (GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET)
)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"


def parse_email_url(raw: str) -> dict[str, Any]:
    """The Django mailer for smtp://USER:PASSWORD@HOST:PORT (smtps:// with TLS from the start, smtp+tls:// by STARTTLS)."""
    parts = urlsplit(raw)
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise ValueError("Known schemes: smtp, smtps, smtp+tls.")
    options = {
        "host": parts.hostname,
        "port": parts.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": parts.scheme == "smtps",
        "use_tls": parts.scheme == "smtp+tls",
        "timeout": 10,
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


MAILERS = {
    "default": env(
        "EMAIL_URL",
        {"BACKEND": "django.core.mail.backends.console.EmailBackend"},
        "Outgoing mail: smtp+tls://USER:PASSWORD@HOST:PORT; without it mail is printed to the log.",
        parse=parse_email_url,
        expected="an address such as smtp+tls://user:password@mail.example.org:587",
        secret=True,
    )
}
MAIL_IS_SET = "OPTIONS" in MAILERS["default"]
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "nexus@localhost", "The sender of outgoing mail.")

# --- The nexus command ----------------------------------------------------------------------------------------------

REMOTE = env_str(
    "NEXUS_REMOTE", "", "`nexus import`, `export` and `search` work at the Nexus at this address, not here."
)
TOKEN = env_str("NEXUS_TOKEN", "", "The token with which `nexus --remote` signs in there.", secret=True)

# --- Security ------------------------------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "https:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "frame-src": ["'self'"],  # the drawing room (web.views.sandbox)
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "nexus_session"
CSRF_COOKIE_NAME = "nexus_csrf"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = (
    2_600_000  # one page of 2 MB in a form, percent-encoded bytes counted by Django after decoding
)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 50

#: Pages of other origins call by a token that they hold, never by the cookies of whoever looks at them.
CORS_ALLOW_ALL_ORIGINS = CORS_ALLOWED_ORIGINS == ["*"]
CORS_ALLOW_CREDENTIALS = False
CORS_URLS_REGEX = r"^/(?:api/|graphql$)"
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = [
    "authorization", "content-type", "if-match", "if-none-match", "idempotency-key", "nexus-reviewed",
    "x-request-id",
]  # fmt: skip
CORS_EXPOSE_HEADERS = [
    "ETag", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "Allow",
    "Content-Disposition", "Deprecation", "Idempotency-Replayed", "Sunset", "WWW-Authenticate", "X-Request-ID",
]  # fmt: skip
CORS_PREFLIGHT_MAX_AGE = 3600

# --- The API -------------------------------------------------------------------------------------------------------

#: What each resource takes and gives is its own (api.rest.resource); here is what cannot be said there.
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "iso-8601",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Nexus",
    "DESCRIPTION": "Everything a person can do in the browser, for programs. Conventions: docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["nexus.api.rest.reference.shared"],
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}

# --- Caches, static files, language, logs --------------------------------------------------------------------------

#: It holds the counts of failed sign-ins: with Django's 300 entries, so many other names would wash one's count out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
STATIC_URL = "/static/"
#: None: static files are served out of the package. In an image they are collected: named by content, and compressed.
STATIC_ROOT = env(
    "NEXUS_STATIC_ROOT", None, "The folder `nexus manage collectstatic` filled; empty serves them from the package.",
    parse=lambda raw: Path(raw).absolute(), expected="a folder",
)  # fmt: skip
_static = "nexus.web.storage.CollectedFiles" if STATIC_ROOT else (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
)  # fmt: skip
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static},
}
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = DEBUG
#: Named by their content, by Vite or when they were collected: kept for ever.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/(?:built/assets/.+|.+\.[0-9a-f]{12}\.\w+)$"
LANGUAGE_CODE = "en"
#: Those that have translations: in another, Django's own words would stand among English ones.
LANGUAGES = [("en", "English")]
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
LOGGING_CONFIG = "nexus.ops.logs.configure"
LOGGING = {"level": LOG_LEVEL, "format": LOG_FORMAT}
SILENCED_SYSTEM_CHECKS: list[str] = []
CSRF_FAILURE_VIEW = "nexus.web.views.errors.csrf_failure"
