"""Conditions of a status: one a type, whose transition time moves only when its status does."""

from localcluster.client import Obj
from localcluster.controllers import clock


def find(status: Obj, kind: str) -> Obj | None:
    """Give the condition of a type."""
    return next((one for one in status.get("conditions") or () if one["type"] == kind), None)


def is_true(status: Obj, kind: str) -> bool:
    """Say whether the condition is there and True."""
    found = find(status, kind)
    return found is not None and found["status"] == "True"


def put(conditions: list[Obj], kind: str, status: str, reason: str, message: str, *, updated: bool = False) -> None:
    """Set a condition in place; `updated` keeps lastUpdateTime too, as Deployments have it."""
    old = next((one for one in conditions if one["type"] == kind), None)
    if old is not None and (old["status"], old.get("reason"), old.get("message")) == (status, reason, message):
        return
    moment = clock.stamp()
    new = {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": moment}
    if old is not None and old["status"] == status:
        new["lastTransitionTime"] = old.get("lastTransitionTime", moment)
    if updated:
        new["lastUpdateTime"] = moment
    if old is None:
        conditions.append(new)
    else:
        conditions[conditions.index(old)] = new


def drop(conditions: list[Obj], kind: str) -> None:
    """Take a condition away in place."""
    conditions[:] = [one for one in conditions if one["type"] != kind]
