"""Who is calling: a signed token that login hands out and that needs no table."""

from django.conf import settings
from django.contrib.auth import authenticate
from django.core import signing
from django.http import HttpRequest

from apps.core.models import User

_SALT = "shop.token"


def log_in(username: str, password: str) -> tuple[User, str] | None:
    """Return the user and a token valid for TOKEN_SECONDS, or None when name or password is wrong."""
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        return None
    return user, signing.dumps(user.pk, salt=_SALT)


def user_of(request: HttpRequest) -> User | None:
    """Return the active user named by `Authorization: Bearer TOKEN`, or None."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in {"bearer", "token"}:
        return None
    try:
        pk = signing.loads(token.strip(), salt=_SALT, max_age=settings.TOKEN_SECONDS)
    except signing.BadSignature:
        return None
    return User.objects.select_related("tenant").filter(pk=pk, is_active=True).first()
