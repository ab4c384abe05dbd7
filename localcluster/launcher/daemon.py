"""Turns a forked child of the command line into a cluster that outlives it."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import NoReturn

from . import isolation, state, supervisor
from .errors import LauncherError
from .process import ProcessName, named

_GO = b"go"


def start(settings: supervisor.Settings, make_record: Callable[[ProcessName], state.Record], lock: int) -> None:
    """Start the supervisor in namespaces of its own; its record is written before it does anything.

    `lock` is the descriptor of the cluster's lock, which is held until the record is written, whoever is killed.

    Raises:
        LauncherError: the machine refused.

    """
    told, tell = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if not child:
        os.close(told)
        _become_parent(settings, make_record, lock, tell)
    os.close(tell)
    with os.fdopen(told, encoding="utf-8") as report:
        answer = report.read()
    os.waitpid(child, 0)
    if answer != "ok":
        raise LauncherError(answer or "the supervisor was killed while it started")


def _become_parent(
    settings: supervisor.Settings, make_record: Callable[[ProcessName], state.Record], lock: int, tell: int
) -> NoReturn:
    """Enter the namespaces, fork pid 1, write its record, let it go on, end."""
    try:
        os.setsid()
        wait, go = os.pipe2(os.O_CLOEXEC)
        isolation.isolate()
        pid = os.fork()
        if not pid:
            os.close(go)
            os.close(lock)
            _become_supervisor(settings, wait, tell)
        name = named(pid)
        assert name is not None  # not reaped, hence there
        state.write(make_record(name))
        os.write(go, _GO)
    except BaseException as error:  # noqa: BLE001 - a forked child must not return into its parent's code
        os.write(tell, _sentence(error).encode())
    os._exit(0)


def _become_supervisor(settings: supervisor.Settings, wait: int, tell: int) -> NoReturn:
    code = 1
    try:
        if os.read(wait, len(_GO)) != _GO:  # whoever would have known of us is dead
            os._exit(1)
        os.close(wait)
        supervisor.prepare(settings)
        os.write(tell, b"ok")
        os.close(tell)
        tell = -1
        code = supervisor.Supervisor(settings).run()
    except BaseException as error:  # noqa: BLE001 - pid 1 ends here, and all with it
        if tell >= 0:
            os.write(tell, _sentence(error).encode())
        else:
            print(time.time(), file=sys.stderr)
            traceback.print_exc()
    finally:
        os._exit(code)


def _sentence(error: BaseException) -> str:
    if isinstance(error, LauncherError):
        return str(error)
    return f"the cluster's namespaces could not be set up: {error!r}"
