"""Secrets: fetched late, known to the masker before any event could show them, never written anywhere."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from runner.core.errors import InvalidInput, Mistake, Refused
from runner.playbook.plan import SecretSpec

# A shorter value would be found all over the logs, and hiding it would make them unreadable.
_SHORTEST = 4

Fetch = Callable[[SecretSpec], Awaitable[str]]


class Secrets(Mapping[str, str]):
    """Values by name; looking at one that was not fetched yet is an error of the engine."""

    def __init__(self, specs: Mapping[str, SecretSpec], fetch: Fetch) -> None:
        self._specs = specs
        self._fetch = fetch
        self._values: dict[str, str] = {}
        self._masks: dict[str, str] = {}

    @classmethod
    def check_local(cls, specs: Mapping[str, SecretSpec]) -> None:
        """Find out, before anything is written or touched, what `read_local` would complain of."""

        async def never(spec: SecretSpec) -> str:
            raise Refused(f"secrets.{spec.name} is not fetched by a check")

        cls(specs, never).read_local()

    def read_local(self) -> None:
        """Read those of the environment and of files.

        Raises:
            InvalidInput: some are not there, or too short to be hidden; all of them at once.

        """
        mistakes = []
        for spec in self._specs.values():
            if spec.source == "kubernetes":
                continue
            try:
                self._keep(spec.name, _read(spec))
            except (OSError, KeyError, Refused) as error:
                mistakes.append(Mistake(spec.where, f"secrets.{spec.name}: {_sentence(error)}"))
        if mistakes:
            raise InvalidInput(mistakes)

    async def fetch_used(self, text: str) -> None:
        """Fetch the secrets of the cluster whose names occur in a template."""
        for name, spec in self._specs.items():
            if name not in self._values and f"secrets.{name}" in text:
                self._keep(name, await self._fetch(spec))

    def mask(self, text: str) -> str:
        """The text with every form of every secret replaced by `***`."""
        for form in sorted(self._masks, key=len, reverse=True):
            text = text.replace(form, "***")
        return text

    def unrender(self, text: str) -> str:
        """The text with each secret put back as `{{ secrets.name }}`, for the journal."""
        for form in sorted(self._masks, key=len, reverse=True):
            text = text.replace(form, "{{ secrets." + self._masks[form] + " }}")
        return text

    def _keep(self, name: str, value: str) -> None:
        if len(value) < _SHORTEST:
            raise Refused(f"it has {len(value)} characters; fewer than {_SHORTEST} cannot be hidden in logs")
        self._values[name] = value
        plain = value.encode()
        forms = {value, base64.b64encode(plain).decode(), quote(value, safe=""), json.dumps(value)[1:-1]}
        self._masks.update(dict.fromkeys(forms, name))

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)


def _read(spec: SecretSpec) -> str:
    if spec.source == "env":
        return os.environ[spec.options["env"]]
    return Path(spec.options["file"]).expanduser().read_text(encoding="utf-8").strip()


def _sentence(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the environment has no variable {error.args[0]}"
    if isinstance(error, OSError):
        return f"cannot read {error.filename}: {error.strerror}"
    return str(error)
