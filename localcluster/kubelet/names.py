"""Names of images as Docker understands them."""

from __future__ import annotations


def normalise(image: str) -> str:
    """Write a name in full: `busybox` is `docker.io/library/busybox:latest`."""
    name, at, digest = image.partition("@")
    host, slash, rest = name.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, rest = "docker.io", name
    if host in ("docker.io", "index.docker.io"):
        host, rest = "docker.io", rest if "/" in rest else f"library/{rest}"
    if ":" not in rest.rpartition("/")[2] and not at:
        rest += ":latest"
    return f"{host}/{rest}{at}{digest}"


def default_policy(image: str) -> str:
    """Give the pull policy of a container that names none: Always for `latest`, else IfNotPresent."""
    return "Always" if normalise(image).endswith(":latest") else "IfNotPresent"
