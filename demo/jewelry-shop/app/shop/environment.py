"""Where the settings come from: the environment that the ConfigMap and the Secret fill.

Imports nothing of Django, so that the migration step can read it before Django is needed.
"""

import os

CONFIG = {
    "SHOP_NAME": "Jewelry Shop",
    "TAX_PERCENT": "10",
    "DB_HOST": "127.0.0.1",
    "DB_PORT": "5432",
    "DB_NAME": "shop",
    "DB_USER": "app",
    "SENTINEL_HOSTS": "127.0.0.1:26379",
    "SENTINEL_MASTER": "mymaster",
    "CACHE_SECONDS": "300",
    "ALLOWED_HOSTS": "*",
    "LOG_LEVEL": "INFO",
    "MEDIA_ROOT": "/media",
}
"""Every key that the ConfigMap may set, with the value for a developer's machine."""

SECRETS = ("DJANGO_SECRET_KEY", "DB_PASSWORD", "REDIS_PASSWORD", "ADMIN_PASSWORD")
"""Keys of the Secret. They have no default: a shop without them must not start."""


class MissingSecretError(RuntimeError):
    """A key of the Secret is not in the environment: the message names it."""


def config(key: str) -> str:
    """Return the value of a ConfigMap key as this process has it."""
    return os.environ.get(key, CONFIG[key])


def secret(key: str) -> str:
    """Return a key of the Secret.

    Raises:
        MissingSecretError: it is not set.

    """
    try:
        return os.environ[key]
    except KeyError:
        raise MissingSecretError(f"{key} is not set; the Secret of the shop must hold {', '.join(SECRETS)}") from None


def sentinels() -> list[tuple[str, int]]:
    """Return host and port of each Sentinel, in the order of SENTINEL_HOSTS (`host:port,host:port`)."""
    pairs = [entry.strip().rpartition(":") for entry in config("SENTINEL_HOSTS").split(",")]
    return [(host, int(port)) for host, _, port in pairs]
