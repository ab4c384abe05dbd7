"""The rows of this application that the API serves."""

from django.contrib.auth.password_validation import validate_password
from django.db import models

from apps.core.json_view import Call, Refusal
from apps.core.models import Branch, Tenant, Terminal, User
from apps.core.resource import Resource


def only_staff(_: models.Model, call: Call) -> None:
    """Refuse everybody but the platform's own staff."""
    if not call.user.is_superuser:
        raise Refusal(403, "only the platform's staff may do this")


def hash_password(row: models.Model, call: Call) -> None:
    """Give a user the password of the body; a new user must have one, and nobody but staff makes staff."""
    assert isinstance(row, User)
    if row.tenant_id is None:
        only_staff(row, call)
    if row.pk is None:
        call.need("password")
    if "password" in call.body:
        validate_password(str(call.body["password"]), row)
        row.set_password(str(call.body["password"]))


TENANTS = Resource(
    model=Tenant,
    shown=("company_name", "slug", "status", "created_at"),
    settable=("company_name", "slug", "status"),
    search=("company_name", "slug"),
    tenant_path="pk",
    prepare=only_staff,
)
BRANCHES = Resource(
    model=Branch,
    shown=("tenant", "name", "address"),
    settable=("tenant", "name", "address"),
    search=("name", "address"),
)
TERMINALS = Resource(
    model=Terminal,
    shown=("branch", "name"),
    settable=("branch", "name"),
    search=("name",),
    tenant_path="branch__tenant",
)
USERS = Resource(
    model=User,
    shown=("username", "first_name", "last_name", "email", "tenant", "is_active"),
    settable=("username", "first_name", "last_name", "email", "tenant", "is_active", "password"),
    search=("username", "first_name", "last_name", "email"),
    prepare=hash_password,
)
