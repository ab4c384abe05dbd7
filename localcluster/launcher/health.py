"""Asks whether a cluster's API server answers."""

from __future__ import annotations

import http.client
import ssl
import time
from urllib.parse import urlsplit

from .process import ProcessName

_PAUSE = 0.02


def answers(api: str, seconds: float) -> bool:
    """Tell whether the API server answers an HTTP request within so long; any status below 500 is an answer.

    The certificate is not looked at: nothing secret is sent, and the authority may not be written yet.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    where = urlsplit(api)
    connection = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=seconds, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait(api: str, supervisor: ProcessName, seconds: float) -> bool:
    """Wait until the API server answers; False when the time is over or the cluster has ended."""
    end = time.monotonic() + seconds
    while supervisor.alive():
        left = end - time.monotonic()
        if left <= 0:
            return False
        if answers(api, min(left, 5.0)):
            return True
        time.sleep(_PAUSE)
    return False
