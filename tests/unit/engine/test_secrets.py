"""Secrets: never shown in any form, put back into the journal by name."""

import asyncio
import base64

import pytest

from runner.core.errors import InvalidInput, Refused, Where
from runner.engine.secrets import Secrets
from runner.playbook.plan import SecretSpec

WHERE = Where("inv.yaml", 3)


def secrets(value="s3cret/&value", **more):
    """One secret of the cluster, fetched when its name occurs."""

    async def fetch(spec):
        return value

    specs = {"db": SecretSpec("db", "kubernetes", {"secret": "s", "key": "k"}, WHERE), **more}
    return Secrets(specs, fetch)


def test_it_is_hidden_plain_encoded_and_quoted():
    """A secret that an API echoes in base64 or in a URL is as secret as the plain one."""
    kept = secrets()
    asyncio.run(kept.fetch_used("{{ secrets.db }}"))
    forms = ["s3cret/&value", base64.b64encode(b"s3cret/&value").decode(), "s3cret%2F%26value"]

    assert [kept.mask(f"x {form} y") for form in forms] == ["x *** y"] * 3


def test_it_is_fetched_only_when_its_name_occurs():
    """A drill that needs no password never reads one."""
    kept = secrets()
    asyncio.run(kept.fetch_used("{{ vars.db }}"))

    with pytest.raises(KeyError):
        kept["db"]


def test_the_journal_has_its_name_and_never_its_value():
    """`recover` on another machine reads the secret again."""
    kept = secrets()
    asyncio.run(kept.fetch_used("secrets.db"))

    assert kept.unrender('{"password": "s3cret/&value"}') == '{"password": "{{ secrets.db }}"}'


def test_a_short_one_is_refused():
    """Three characters would be found all over the log."""
    with pytest.raises(Refused, match="3 characters"):
        asyncio.run(secrets("abc").fetch_used("secrets.db"))


def test_missing_ones_of_environment_and_files_are_told_together(tmp_path):
    """All that is wrong with an inventory is said at once, with its line."""
    kept = secrets(
        env=SecretSpec("env", "env", {"env": "NOT_SET_ANYWHERE"}, WHERE),
        file=SecretSpec("file", "file", {"file": str(tmp_path / "none")}, WHERE),
    )

    with pytest.raises(InvalidInput) as raised:
        kept.read_local()

    assert [str(one).partition(": ")[0] for one in raised.value.mistakes] == ["inv.yaml:3", "inv.yaml:3"]
