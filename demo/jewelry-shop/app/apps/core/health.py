"""What the probes ask: does it run, is it ready, has it started."""

from collections.abc import Callable
from time import perf_counter
from typing import Any
from uuid import uuid4

from django.core.cache import caches
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

_seen: dict[str, bool] = {"schema": False}  # once the schema was right it stays right: a process never unmigrates


class UnhealthyError(Exception):
    """A check answered, but not what it should: the message says what."""


def health(_: HttpRequest) -> JsonResponse:
    """Answer at once: the process takes requests."""
    return JsonResponse({"status": "ok"})


def ready(_: HttpRequest) -> JsonResponse:
    """Answer 200 when database and cache work, else 503; either way with what was checked."""
    return answer({"database": look(query_database), "cache": look(use_cache)})


def startup(_: HttpRequest) -> JsonResponse:
    """Answer 200 once every migration of this version is in the database."""
    return answer({"schema": look(compare_schema)})


def answer(checks: dict[str, dict[str, Any]]) -> JsonResponse:
    """Return the checks with the status they add up to."""
    well = all(check["result"] == "ok" for check in checks.values())
    return JsonResponse({"status": "ok" if well else "failing", "checks": checks}, status=200 if well else 503)


def look(check: Callable[[], None]) -> dict[str, Any]:
    """Run one check; return its result, its duration in ms and, if it failed, why."""
    began = perf_counter()
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever it is, the probe must say it and not be it
        return {"result": "failing", "ms": elapsed_ms(began), "error": f"{type(error).__name__}: {first_line(error)}"}
    return {"result": "ok", "ms": elapsed_ms(began)}


def elapsed_ms(began: float) -> float:
    """Return milliseconds since `began`."""
    return round((perf_counter() - began) * 1000, 2)


def first_line(error: Exception) -> str:
    """Return the first line of a message, which in PostgreSQL's case is the one that matters."""
    return (str(error).strip().splitlines() or [""])[0][:200]


def query_database() -> None:
    """Ask the database whether it would take a write."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            (replica,) = cursor.fetchone()
    except Exception:
        connection.close()
        raise
    if replica:
        connection.close()
        raise UnhealthyError("the database reached is a replica")


def use_cache() -> None:
    """Write a value nobody else writes and read it back."""
    token = uuid4().hex
    caches["probe"].set("health", token, 30)
    if caches["probe"].get("health") is None:
        raise UnhealthyError("what was just written is gone")


def compare_schema() -> None:
    """Compare the migrations on disk with those in the database."""
    if _seen["schema"]:
        return
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise UnhealthyError(f"{len(missing)} migrations are not applied")
    _seen["schema"] = True
