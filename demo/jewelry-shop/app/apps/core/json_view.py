"""Make a view out of a function that takes a call and returns plain data."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.core.models import User
from apps.core.tokens import user_of


class Refusal(Exception):
    """An answer that is not a success: status, and what the caller should know."""

    def __init__(self, status: int, error: str, **details: Any) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **details}


@dataclass(frozen=True)
class Call:
    """What a view needs to know of a request."""

    method: str
    query: dict[str, str]
    body: dict[str, Any]
    user: User
    idempotency_key: str | None

    def need(self, key: str) -> Any:
        """Return a field of the body, or refuse with 422 naming it."""
        if key not in self.body:
            raise Refusal(422, f"{key}: required")
        return self.body[key]


Answer = tuple[int, Any]
Handler = Callable[..., Answer]


def json_view(*methods: str, login: bool = True) -> Callable[[Handler], Callable[..., HttpResponse]]:
    """Decorate a function `(call, **url) -> (status, data)`; refusals and bad data become JSON answers."""

    def decorate(handler: Handler) -> Callable[..., HttpResponse]:
        @wraps(handler)
        def view(request: HttpRequest, **url: Any) -> HttpResponse:
            try:
                status, data = handler(make_call(request, methods, login=login), **url)
            except Refusal as refusal:
                return JsonResponse(refusal.body, status=refusal.status)
            except ObjectDoesNotExist as error:
                return JsonResponse({"error": str(error)}, status=404)
            except ValidationError as error:
                return JsonResponse({"error": "; ".join(complaints(error))}, status=422)
            except IntegrityError as error:
                return JsonResponse({"error": str(error).strip().splitlines()[0]}, status=409)
            return HttpResponse(status=204) if status == 204 else JsonResponse(data, status=status)

        return view

    return decorate


def make_call(request: HttpRequest, methods: tuple[str, ...], *, login: bool) -> Call:
    """Return the call, or refuse: 405 wrong method, 400 no JSON object, 401 nobody logged in."""
    if request.method not in methods:
        raise Refusal(405, f"{request.method} is not possible here; possible: {', '.join(methods)}")
    user = user_of(request) if login else User()
    if user is None:
        raise Refusal(401, "log in at /api/login/ and send `Authorization: Bearer TOKEN`")
    body = parse(request.body)
    key = request.headers.get("Idempotency-Key") or body.get("idempotency_key")
    return Call(request.method or "", request.GET.dict(), body, user, str(key) if key else None)


def parse(raw: bytes) -> dict[str, Any]:
    """Return the body as an object; an empty body is an empty object."""
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError as error:
        raise Refusal(400, f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refusal(400, "the body must be a JSON object")
    return body


def complaints(error: ValidationError) -> list[str]:
    """Return `field: what is wrong` for each mistake."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()]
