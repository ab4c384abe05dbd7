"""`manage.py show_config`: which values the shop in this container runs with, as JSON."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from apps.core.configuration import running_configuration


class Command(BaseCommand):
    """Print the running configuration."""

    help = __doc__
    requires_system_checks = ()

    def handle(self, *_: Any, **__: Any) -> None:
        """Print one JSON object; secrets are hashes."""
        self.stdout.write(json.dumps(running_configuration(), indent=2, sort_keys=True))
