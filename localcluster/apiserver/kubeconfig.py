"""Write a kubeconfig file."""

import os
from base64 import b64encode
from pathlib import Path

_TEXT = """\
apiVersion: v1
kind: Config
clusters:
- name: {name}
  cluster:
    server: {server}
    certificate-authority-data: {authority}
users:
- name: {name}
  user:
    token: {token}
contexts:
- name: {name}
  context: {{cluster: {name}, user: {name}}}
current-context: {name}
"""


def write(path: Path, *, name: str, server: str, authority: Path, token: str) -> None:
    """Write the file at once and for its owner only; `name` is that of cluster, user and context."""
    encoded = b64encode(authority.read_bytes()).decode()
    text = _TEXT.format(name=name, server=server, authority=encoded, token=token)
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.rename(path)
