"""List, make, show, change and delete the rows of one model as JSON, each tenant's people seeing their own only."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.urls import URLPattern, path

from apps.core.json_view import Answer, Call, Refusal, json_view
from apps.core.models import User

PAGE = 50
LONGEST_PAGE = 500


def plain(value: Any) -> Any:
    """Return a value as JSON has it: decimals as text, so that no cent is lost."""
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


@dataclass(frozen=True)
class Resource:
    """One kind of row."""

    model: type[models.Model]
    shown: tuple[str, ...]
    """Fields in the answer; a foreign key is shown as the id."""
    settable: tuple[str, ...]
    """Fields that a body may set."""
    search: tuple[str, ...] = ()
    """Fields that `?search=` looks in."""
    tenant_path: str = "tenant"
    """How a query finds the tenant of a row."""
    prepare: Callable[[models.Model, Call], None] | None = None
    """Called before a row is saved, for what is more than copying a field."""

    def show(self, row: models.Model) -> dict[str, Any]:
        """Return a row as plain data."""
        return {"id": row.pk} | {name: plain(getattr(row, self.column(name))) for name in self.shown}

    def column(self, name: str) -> str:
        """Return the attribute that holds a field's plain value."""
        return str(self.model._meta.get_field(name).attname)  # noqa: SLF001 - Django's documented Meta API

    def visible(self, user: User) -> QuerySet[Any]:
        """Return the rows this user may see: all for the platform's staff, else those of the tenant."""
        rows = self.model._default_manager.all()  # noqa: SLF001 - the same
        return rows if user.is_superuser else rows.filter(**{self.tenant_path: user.tenant_id})

    def find(self, call: Call) -> QuerySet[Any]:
        """Return the rows that `?search=` and `?FIELD=` ask for."""
        rows = self.visible(call.user)
        words = call.query.get("search", "").split()
        for word in words:
            rows = rows.filter(Q(*[(f"{name}__icontains", word) for name in self.search], _connector=Q.OR))
        wanted = {self.column(name): call.query[name] for name in self.shown if name in call.query}
        try:
            return rows.filter(**wanted)
        except ValueError as error:
            raise Refusal(422, str(error)) from error

    def fill(self, row: models.Model, call: Call) -> models.Model:
        """Copy the body into a row, check it and save it."""
        unknown = set(call.body) - set(self.settable) - {"idempotency_key"}
        if unknown:
            raise Refusal(422, f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(self.settable)}")
        for name in self.settable:
            if name in call.body and hasattr(row, self.column_or(name)):
                setattr(row, self.column_or(name), call.body[name])
        if self.prepare:
            self.prepare(row, call)
        row.full_clean()
        with transaction.atomic():
            row.save()
            if not self.visible(call.user).filter(pk=row.pk).exists():
                raise Refusal(403, "this belongs to another tenant")
        row.refresh_from_db()
        return row

    def column_or(self, name: str) -> str:
        """Return the column of a field, or the name itself when the model has no such field."""
        fields = {field.name for field in self.model._meta.get_fields()}  # noqa: SLF001 - the same
        return self.column(name) if name in fields else name

    def page(self, call: Call) -> Answer:
        """Return a page of rows: `?limit=` (at most 500) and `?offset=`."""
        rows = self.find(call)
        try:
            limit, offset = int(call.query.get("limit", PAGE)), int(call.query.get("offset", 0))
        except ValueError as error:
            raise Refusal(422, "limit and offset are numbers") from error
        shown = [self.show(row) for row in rows[max(0, offset) : max(0, offset) + min(max(0, limit), LONGEST_PAGE)]]
        return 200, {"count": rows.count(), "results": shown}

    def make(self, call: Call) -> Answer:
        """Make a row."""
        return 201, self.show(self.fill(self.model(), call))

    def urls(self, name: str, make: Callable[[Call], Answer] | None = None) -> list[URLPattern]:
        """Return `NAME/` and `NAME/ID/`; `make` replaces what a POST does."""
        create = make or self.make

        @json_view("GET", "POST")
        def many(call: Call) -> Answer:
            return create(call) if call.method == "POST" else self.page(call)

        @json_view("GET", "PATCH", "DELETE")
        def one(call: Call, pk: int) -> Answer:
            row = self.visible(call.user).get(pk=pk)
            if call.method == "DELETE":
                row.delete()
                return 204, None
            if call.method == "PATCH":
                if make:
                    raise Refusal(405, f"{name} are not changed once made")
                row = self.fill(row, call)
            return 200, self.show(row)

        return [path(f"{name}/", many), path(f"{name}/<int:pk>/", one)]
