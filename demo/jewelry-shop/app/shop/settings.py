"""Django's settings, all of them taken from the environment.

Time-outs are short on purpose: after a failover the old address may swallow packets, and a request that waits for it
is an outage that the database has long got over.
"""

from shop.environment import config, secret, sentinels

SECRET_KEY = secret("DJANGO_SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = config("ALLOWED_HOSTS").split(",")  # probes call pods by address; the Ingress is what checks host names
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "core.User"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "apps.core",
    "apps.inventory",
    "apps.sales",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "apps.core.outage.answer_outages_as_503",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

# scrypt costs 50 ms a login; Django's default (a million rounds of PBKDF2) half a second of a small node's core
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": config("DB_HOST"),
        "PORT": config("DB_PORT"),
        "NAME": config("DB_NAME"),
        "USER": config("DB_USER"),
        "PASSWORD": secret("DB_PASSWORD"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,  # a connection to a dead leader is replaced before the request uses it
        "OPTIONS": {
            "connect_timeout": 2,
            "target_session_attrs": "read-write",  # a demoted leader is refused, not written to
            "keepalives_idle": 2,
            "keepalives_interval": 1,
            "keepalives_count": 3,
            "tcp_user_timeout": 3000,
            "application_name": "shop",
        },
    },
}

_SENTINEL_CACHE = {
    "BACKEND": "apps.core.sentinel_cache.SentinelCache",
    "LOCATION": [f"{host}:{port}" for host, port in sentinels()],
    "KEY_PREFIX": "shop",
    "TIMEOUT": int(config("CACHE_SECONDS")),
}
CACHES = {
    "default": {
        **_SENTINEL_CACHE,
        "OPTIONS": {
            "master_name": config("SENTINEL_MASTER"),
            "password": secret("REDIS_PASSWORD"),
            "patience": 8.0,  # a failover takes 2-4 s; what still fails then is no failover
        },
    },
    "probe": {
        **_SENTINEL_CACHE,
        "OPTIONS": {
            "master_name": config("SENTINEL_MASTER"),
            "password": secret("REDIS_PASSWORD"),
            "patience": 0.3,  # a probe says what is, now; the little is for a connection that a failover closed
        },
    },
}

MEDIA_ROOT = config("MEDIA_ROOT")
MEDIA_URL = "/media/"
TOKEN_SECONDS = 8 * 3600  # a shop day

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": config("LOG_LEVEL")},
    "loggers": {"django.request": {"level": "ERROR"}},  # a 409 is an answer, not news
}
