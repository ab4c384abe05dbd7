"""The command line: argv to wiring to exit code; the only folder that knows every other.

`e2e-run PLAYBOOK…` is `play.py`; `e2e-run WORD` is `WORD.py`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from runner import __version__

COMMANDS = {
    "cluster": "the embedded cluster: up, down, status",
    "init": "write a playbook and an inventory that run",
    "recover": "mend what a killed run has left broken",
    "report": "write the reports of a stored run again",
    "schema": "the JSON schema of playbooks, for editors",
    "steps": "the manual of the step kinds",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code and never shows a traceback for what a person did."""
    args = list(sys.argv[1:] if argv is None else argv)
    if args[:1] == ["--version"]:
        print(f"e2e-run {__version__}")
        return 0
    word = args[0] if args and args[0] in COMMANDS else ""
    module = importlib.import_module(f"runner.cli.{word or 'play'}")
    return _guarded(module.main, args[1:] if word else args)


def _guarded(command: object, args: list[str]) -> int:
    from runner.core.errors import RunnerError

    assert callable(command)
    try:
        return int(command(args))
    except RunnerError as error:
        print(f"e2e-run: {error}" if error.exit_code != 2 else str(error), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("e2e-run: interrupted before anything was touched", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`); there is nobody left to tell.
        return 141
