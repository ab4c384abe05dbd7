"""What the shop answers while its database or cache is away: 503 and when to come back."""

import logging
from collections.abc import Callable

import redis
from django.db import Error, IntegrityError, InterfaceError, InternalError, OperationalError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse

AWAY = (OperationalError, InterfaceError, InternalError, redis.ConnectionError, redis.TimeoutError)
RETRY_AFTER_SECONDS = 1

log = logging.getLogger(__name__)


def answer_outages_as_503(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware; the work is done by its `process_exception`, which sees what views raise."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    middleware.process_exception = outage_response  # type: ignore[attr-defined]  # Django looks for the attribute
    return middleware


def outage_response(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """Return 503 for an outage and None for anything else.

    The connection is dropped: InternalError is, among others, a write on a leader that has just become a replica.
    """
    if isinstance(error, IntegrityError) or not isinstance(error, AWAY):
        return None
    if isinstance(error, Error):
        connections["default"].close()
    log.warning("%s %s: %s", request.method, request.path, " ".join(str(error).split()))
    answer = JsonResponse({"error": "database or cache is away", "detail": type(error).__name__}, status=503)
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer
