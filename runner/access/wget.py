"""An HTTP request from inside a pod, by the `wget` that BusyBox images have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.access.not_served import NotServed
from runner.access.web import WebAnswer, WebRequest, as_json

if TYPE_CHECKING:
    from runner.core.context import StepContext

_STATUS = re.compile(r"HTTP/[\d.]+ (\d{3})")
# What wget itself does not end in time is ended by us; starting a program in a pod takes its time too.
_MARGIN = 5.0


async def fetch_in_pod(
    ctx: StepContext, pod: str, request: WebRequest, *, namespace: str | None, timeout: float
) -> WebAnswer:
    """Ask from inside the pod. wget gives no body for a status of 400 and above, and follows redirects.

    Raises:
        NotServed: no connection, no answer in time, or there is no wget in the pod.
        Unreachable: the API does not answer.

    """
    start = ctx.now()
    argv = _argv(request, timeout)
    try:
        done = await ctx.cluster.exec(pod, argv, namespace=namespace, timeout=timeout + _MARGIN)
    except TimeoutError:
        raise NotServed(f"{pod}: wget gave no answer within {timeout + _MARGIN:g} s") from None
    seconds = round(ctx.now() - start, 4)
    found = _STATUS.findall(done.stderr)
    if not found:
        why = done.stderr.strip().splitlines()
        raise NotServed(f"{pod}: {why[-1] if why else f'wget ended with {done.code} and said nothing'}")
    return WebAnswer(
        url=request.url,
        pod=pod,
        status=int(found[-1]),
        text=done.stdout,
        headers=_headers(done.stderr),
        data=as_json(done.stdout),
        seconds=seconds,
    )


def _argv(request: WebRequest, timeout: float) -> list[str]:
    body, headers = request.encoded()
    argv = ["wget", "-S", "-O", "-", "-T", str(max(1, round(timeout)))]
    for name, value in headers.items():
        argv += ["--header", f"{name}: {value}"]
    if request.method == "POST":
        argv += ["--post-data", (body or b"").decode()]
    return [*argv, request.url]


def _headers(stderr: str) -> dict[str, str]:
    """`-S` prints each answer's head, indented; the last answer counts."""
    found: dict[str, str] = {}
    for line in stderr.splitlines():
        name, colon, value = line.strip().partition(": ")
        if _STATUS.search(line):
            found = {}
        elif colon and line.startswith("  ") and " " not in name:
            found[name.lower()] = value.strip()
    return found
