"""The views that are no rows: login, the running configuration, tasks, photos, the page of the shop."""

from typing import Any

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from shop.environment import config

from apps.core.configuration import running_configuration
from apps.core.json_view import Answer, Call, Refusal, json_view
from apps.core.models import Tenant
from apps.core.resources import USERS
from apps.core.tokens import log_in, user_of
from apps.inventory.models import InventoryItem

TASKS = ("add", "echo")
LARGEST_PHOTO = 2 * 1024 * 1024  # bytes
ON_THE_PAGE = 24


@json_view("POST", login=False)
def login(call: Call) -> Answer:
    """Return a token for a name and a password, or 401."""
    known = log_in(str(call.need("username")), str(call.need("password")))
    if known is None:
        raise Refusal(401, "name or password is wrong")
    user, token = known
    return 200, {"token": token, "user": USERS.show(user)}


@json_view("GET")
def configuration(call: Call) -> Answer:
    """Return what this process runs with, to the platform's staff."""
    if not call.user.is_superuser:
        raise Refusal(403, "only the platform's staff may see this")
    return 200, running_configuration()


@json_view("POST")
def send_task(call: Call) -> Answer:
    """Send a task to the workers: `{"task": "add", "args": [2, 3]}`; the answer has its id."""
    from apps.core import tasks

    name = call.need("task")
    if name not in TASKS:
        raise Refusal(422, f"task: {name} is none of {', '.join(TASKS)}")
    sent = getattr(tasks, name).delay(*call.body.get("args", []))
    return 202, {"id": sent.id}


@json_view("GET")
def task_result(_: Call, task_id: str) -> Answer:
    """Return state and, when it is done, result of a task."""
    from shop.celery import app

    found = app.AsyncResult(task_id)
    state = found.state
    return 200, {"id": task_id, "state": state, "result": found.result if state == "SUCCESS" else None}


@json_view("GET", login=False)
def heartbeat(_: Call) -> Answer:
    """Return when a worker last did what beat sent: Unix seconds, or null."""
    return 200, {"heartbeat": cache.get("heartbeat")}


def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take (PUT, raw bytes) or show (GET) the picture of an item; it lies on the media volume."""
    if request.method == "PUT":
        return take_photo(request, pk)
    item = InventoryItem.objects.filter(pk=pk).first()
    if item is None or not item.photo or not default_storage.exists(item.photo):
        raise Http404
    return FileResponse(default_storage.open(item.photo))


def take_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Store the body as the item's picture; only for people of its tenant, 2 MiB at most."""
    user = user_of(request)
    item = InventoryItem.objects.filter(pk=pk).first()
    if user is None or item is None or not (user.is_superuser or user.tenant_id == item.tenant_id):
        return JsonResponse({"error": "no such item of yours"}, status=404 if user else 401)
    if len(request.body) > LARGEST_PHOTO:
        return JsonResponse({"error": f"larger than {LARGEST_PHOTO} bytes"}, status=413)
    item.photo = default_storage.save(f"items/{item.pk}", ContentFile(request.body))
    item.save(update_fields=["photo"])
    return JsonResponse({"photo": item.photo}, status=201)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show what is for sale."""
    items = InventoryItem.objects.filter(quantity__gt=0, tenant__status=Tenant.Status.ACTIVE)
    shown: dict[str, Any] = {
        "name": config("SHOP_NAME"),
        "items": items.select_related("category", "tenant")[:ON_THE_PAGE],
        "count": items.count(),
    }
    return render(request, "shop.html", shown)
