"""Reading from the API server, with the pod's own service account."""

import http.client
import json
import os
import ssl
import threading
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

Obj = dict[str, Any]
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TIMEOUT = 5.0  # seconds for one answer


class ApiUnavailableError(Exception):
    """No answer, or a refusal; the message says which."""


class Api:
    """One kept-open connection, for one thread at a time."""

    def __init__(self, host: str, port: int, token: Path, tls: ssl.SSLContext | None) -> None:
        self._where = (host, port)
        self._token = token
        self._tls = tls
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None

    @classmethod
    def in_cluster(cls) -> Self:
        """Read what Kubernetes gives every pod; raises KeyError or OSError outside one."""
        tls = ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt"))
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])
        return cls(host, port, _ACCOUNT / "token", tls)

    def get(self, path: str) -> Obj:
        """Read a document; raises ApiUnavailableError."""
        with self._lock:
            for attempt in (1, 2):
                try:
                    return self._get(path)
                except (OSError, http.client.HTTPException, ValueError) as error:
                    self.close()
                    # the server may have closed an idle connection: once more on a new one
                    if attempt == 2:
                        raise ApiUnavailableError(f"GET {path}: {error!r}") from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _get(self, path: str) -> Obj:
        connection = self._connection = self._connection or self._open()
        # the token's file is replaced before the token ends, so it is read each time
        headers = {"Authorization": f"Bearer {self._token.read_text().strip()}", "Accept": "application/json"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise ApiUnavailableError(f"GET {path}: {answer.status} {text[:200].decode(errors='replace')}")
        document: Obj = json.loads(text)
        return document

    def _open(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(*self._where, timeout=_TIMEOUT)
        return http.client.HTTPSConnection(*self._where, timeout=_TIMEOUT, context=self._tls)


def query(path: str, label_selector: str) -> str:
    """Add a label selector to a path."""
    return f"{path}?labelSelector={quote(label_selector)}" if label_selector else path
