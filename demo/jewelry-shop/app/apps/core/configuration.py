"""Which values this process runs with: plain for the ConfigMap's keys, a hash for the Secret's."""

from hashlib import sha256
from os import environ

from shop.environment import CONFIG, SECRETS, config, secret


def running_configuration() -> dict[str, dict[str, str]]:
    """Return `config` (key -> value), `secrets` (key -> SHA-256 of the value) and `from_environment` (key -> yes|no).

    A key that is not in the environment shows its default, and `no`.
    """
    return {
        "config": {key: config(key) for key in CONFIG},
        "secrets": {key: sha256(secret(key).encode()).hexdigest() for key in SECRETS},
        "from_environment": {key: "yes" if key in environ else "no" for key in (*CONFIG, *SECRETS)},
    }
