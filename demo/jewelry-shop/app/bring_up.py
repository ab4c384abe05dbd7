"""Bring the database up to this version's schema, whoever of several pods comes first.

Waits for a writable database, takes an advisory lock, and starts Django only when a migration is missing: a pod that
finds everything done costs a tenth of a second. Run as `python bring_up.py`; MIGRATE_SECONDS (120) limits the wait.
"""

import importlib.util
import os
import sys
import time
from pathlib import Path

import psycopg
from shop.environment import config, secret

LOCK = 34_14  # any number that every pod knows
PAUSE_SECONDS = 0.25


def connect() -> psycopg.Connection[tuple[str, str]]:
    """Open a connection that can write.

    Raises:
        psycopg.OperationalError: nobody answers, or only a replica does.

    """
    return psycopg.connect(
        host=config("DB_HOST"),
        port=config("DB_PORT"),
        dbname=config("DB_NAME"),
        user=config("DB_USER"),
        password=secret("DB_PASSWORD"),
        connect_timeout=2,
        target_session_attrs="read-write",
        autocommit=True,
    )


def wait_for_database(seconds: float) -> psycopg.Connection[tuple[str, str]]:
    """Return a connection as soon as there is one; after `seconds` the last error is raised."""
    deadline = time.monotonic() + seconds
    said = ""
    while True:
        try:
            return connect()
        except psycopg.OperationalError as error:
            if time.monotonic() >= deadline:
                raise
            said = say_once(f"waiting for {config('DB_HOST')}: {' '.join(str(error).split())}", said)
            time.sleep(PAUSE_SECONDS)


def say_once(text: str, said: str) -> str:
    """Print a line unless it was the last one; return it."""
    if text != said:
        print(text, flush=True)
    return text


def folder(app: str) -> Path:
    """Return the folder of an application without importing it."""
    top, *rest = app.split(".")
    found = importlib.util.find_spec(top)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(app)
    return Path(found.submodule_search_locations[0], *rest)


def on_disk() -> set[tuple[str, str]]:
    """Return (application, migration) for every migration that this version has."""
    from shop.settings import INSTALLED_APPS

    return {
        (app.rpartition(".")[2], file.stem)
        for app in INSTALLED_APPS
        for file in (folder(app) / "migrations").glob("[0-9]*.py")
    }


def in_database(link: psycopg.Connection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return (application, migration) for every migration that was applied."""
    try:
        return set(link.execute("SELECT app, name FROM django_migrations").fetchall())
    except psycopg.errors.UndefinedTable:
        return set()


def migrate() -> None:
    """Apply what is missing, then make what a new shop needs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=1, skip_checks=True)
    call_command("open_shop")


def main() -> int:
    """Do it; returns the exit code."""
    with wait_for_database(float(os.environ.get("MIGRATE_SECONDS", "120"))) as link:
        link.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        missing = on_disk() - in_database(link)
        print(f"{len(missing)} migrations to apply", flush=True)
        if missing:
            migrate()
    return 0


if __name__ == "__main__":
    sys.exit(main())
