"""One attempt to open a TCP connection from inside a container: the script that tries, and what its words mean."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from runner.core.target import CommandResult


class Tried(NamedTuple):
    """What came of an attempt."""

    outcome: str
    """open, refused, timeout, unresolved, unreachable; unknown when nothing could be tried."""
    detail: str


# python3 says exactly what happened; nc (of busybox, or OpenBSD's) says it in words that differ, so both are read.
# A small busybox, such as Debian's, has an nc without -z and -v: told to run `true`, it ends once it is connected.
_PYTHON = """
import socket, sys
host, port, limit = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
try:
    where = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
except OSError as error:
    sys.exit(f"unresolved {error.strerror}")
try:
    socket.create_connection(where, limit).close()
    print("open", where[0])
except ConnectionRefusedError:
    sys.exit(f"refused {where[0]}")
except TimeoutError:
    sys.exit(f"timeout {where[0]}")
except OSError as error:
    sys.exit(f"unreachable {where[0]} {error.strerror}")
"""
SCRIPT = f"""
if command -v python3 >/dev/null 2>&1; then exec python3 -c '{_PYTHON}' "$1" "$2" "$3"
elif command -v nc >/dev/null 2>&1; then
    said=$(nc -z -v -w "$3" "$1" "$2" </dev/null 2>&1); code=$?
    case $said in *"invalid option"*|*"unrecognized option"*)
        said=$(nc -w "$3" "$1" "$2" -e true </dev/null 2>&1); code=$?
    esac
    echo "$said" >&2; [ $code = 0 ] && echo open; exit $code
else echo "unknown neither python3 nor nc in this image" >&2; exit 127
fi
"""
"""For `sh -c`, with host, port and seconds as $1, $2, $3."""

_WORDS = (
    ("open", r"^open\b|\bopen$|succeeded"),
    ("unresolved", r"^unresolved|bad address|getaddrinfo|name or service|could not resolve|lookup failure"),
    ("refused", r"^refused|connection refused"),
    ("timeout", r"^timeout|timed out|operation now in progress"),
    ("unreachable", r"^unreachable|no route to host|network is unreachable|host is unreachable"),
)


def outcome(done: CommandResult) -> Tried:
    """What the script's output means."""
    text = f"{done.stdout}\n{done.stderr}".strip()
    said = text.splitlines()[-1][:200] if text else f"code {done.code}, no output"
    if done.code == 0:
        return Tried("open", said.removeprefix("open").strip())
    for word, pattern in _WORDS[1:]:
        if re.search(pattern, text, re.IGNORECASE | re.MULTILINE):
            return Tried(word, said.removeprefix(word).strip())
    if done.code in (124, 143):  # of `timeout`, which some images wrap around it
        return Tried("timeout", said)
    return Tried("unknown", said)


def address(value: Any) -> Any:
    """Check `host:port`."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._-]+:\d{1,5}", value) and int(value.split(":")[1]) < 65536:
        return value
    raise ValueError(f"{value!r} is no host:port")
