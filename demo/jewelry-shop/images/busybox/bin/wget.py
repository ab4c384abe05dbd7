"""wget: fetch an http URL, as BusyBox's does (-q, -S, -O FILE, -T SECONDS, --spider, --header, --post-data).

Called by `wget` beside it for everything but the plainest fetch. It imports little, so that it starts in milliseconds.
"""

from __future__ import annotations

import _socket  # the module socket around it costs more than a request
import os
import sys

USAGE = "usage: wget [-qS] [-O FILE|-] [-T SECONDS] [--spider] [--header 'NAME: VALUE'] [--post-data TEXT] URL"
LONGEST_WAY = 5  # redirects
ALONE = {"-q", "-S", "--spider"}
WITH_VALUE = {"-O", "-T", "--header", "--post-data", "--timeout"}

if 0:  # for readers and type checkers: the module typing costs 5 ms
    Options = dict[str, str]
    Answer = tuple[str, list[str], bytes]


class FailedError(Exception):
    """The message for standard error."""


def split(url: str) -> tuple[str, int, str]:
    """Return host, port and path of an http URL."""
    if url.startswith("https://"):
        raise FailedError("https is not supported by this wget")
    place, _, path = url.removeprefix("http://").partition("/")
    host, colon, port = place.rpartition(":")
    return (host, int(port), "/" + path) if colon else (place, 80, "/" + path)


def fetch(url: str, options: Options, headers: list[str]) -> Answer:
    """Return status line, headers and body of one request."""
    host, port, path = split(url)
    body = options.get("--post-data", "").encode()
    method = "POST" if "--post-data" in options else "HEAD" if "--spider" in options else "GET"
    lines = [f"{method} {path} HTTP/1.0", f"Host: {host}" + (f":{port}" if port != 80 else ""), "User-Agent: Wget"]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    text = "\r\n".join([*lines, *headers, "Connection: close", "", ""]).encode()
    return answer(host, port, text + body, float(options.get("-T", 900)))


def connect(host: str, port: int, seconds: float) -> _socket.socket:
    """Return a connection to the first address that takes one."""
    problem = OSError("no address")
    for family, kind, protocol, _, address in _socket.getaddrinfo(host, port, 0, _socket.SOCK_STREAM):
        link = _socket.socket(family, kind, protocol)
        link.settimeout(seconds)
        try:
            link.connect(address)
        except OSError as error:
            link.close()
            problem = error
        else:
            return link
    raise problem


def answer(host: str, port: int, request: bytes, seconds: float) -> Answer:
    """Send a request and read to the end."""
    link = None
    try:
        link = connect(host, port, seconds)
        link.sendall(request)
        data = b"".join(iter(lambda: link.recv(65536), b""))
    except _socket.gaierror:
        raise FailedError(f"bad address '{host}'") from None
    except TimeoutError:
        raise FailedError("download timed out") from None
    except OSError as error:
        raise FailedError(f"can't connect to remote host ({host}): {error.strerror or error}") from None
    finally:
        if link:
            link.close()
    head, gap, body = data.partition(b"\r\n\r\n")
    if not gap:
        raise FailedError("no answer that is HTTP")
    status, *headers = head.decode("latin-1").split("\r\n")
    return status, headers, body


def follow(url: str, options: Options, headers: list[str]) -> bytes:
    """Fetch, going where redirects point."""
    for _ in range(LONGEST_WAY):
        status, answered, body = fetch(url, options, headers)
        if "-S" in options:
            print("\n".join(f"  {line}" for line in [status, *answered]), file=sys.stderr)
        code = int(status.split()[1])
        place = [line.partition(":")[2].strip() for line in answered if line.lower().startswith("location:")]
        if code not in {301, 302, 303, 307, 308} or not place:
            break
        host, port, _ = split(url)
        url = place[0] if "://" in place[0] else f"http://{host}:{port}{place[0]}"
    else:
        raise FailedError("too many redirections")
    if code >= 300:
        raise FailedError(f"server returned error: {status}")
    return body


def save(body: bytes, url: str, options: Options) -> None:
    """Write the body where -O says."""
    if "--spider" in options:
        return
    name = options.get("-O") or url.rstrip("/").rpartition("/")[2] or "index.html"
    if name == "-":
        while body:
            body = body[os.write(1, body) :]
        return
    with open(name, "wb") as target:  # noqa: PTH123 - pathlib costs more than the whole request
        target.write(body)


def parse(words: list[str]) -> tuple[Options, list[str], str]:
    """Return options (the last of each), headers and the one URL; `-qO-` and `-q -O -` are the same.

    Raises:
        ValueError: what is wrong.

    """
    options, headers, urls, words = {}, [], [], list(words)
    while words:
        word = words.pop(0)
        if word[:1] != "-" or word == "-":
            urls.append(word)
            continue
        name, equals, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
        if name in ALONE:
            words[:0] = ["-" + value] if value else []
        elif name in WITH_VALUE:
            value = value if value or equals else words.pop(0) if words else ""
            headers += [value] if name == "--header" else []
        else:
            raise ValueError(f"unrecognized option '{word}'")
        options[name.replace("--timeout", "-T")] = value
    if len(urls) != 1:
        raise ValueError("one URL is needed")
    return options, headers, urls[0]


def main(words: list[str]) -> int:
    """Return the exit code."""
    try:
        options, headers, url = parse(words)
    except ValueError as error:
        print(f"wget: {error}\n{USAGE}", file=sys.stderr)
        return 1
    try:
        save(follow(url, options, headers), url, options)
    except (FailedError, ValueError, OSError) as error:
        print(f"wget: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
