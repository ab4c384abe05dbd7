"""Binds claims to volumes, and gives volumes back when their claim is gone."""

from decimal import Decimal
from pathlib import Path

from localcluster.apiserver import quantity
from localcluster.client import ApiError, Obj
from localcluster.controllers import local_path
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.kinds import key_of
from localcluster.controllers.placement import matches_terms
from localcluster.controllers.scheduler.claims import CLASS, PV, PVC, SELECTED_NODE, waits_for_consumer
from localcluster.selectors import from_label_selector

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_COMPLETED, _BY_CONTROLLER = "pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller"


class VolumeBinder(Controller):
    """Works on claims: a ready-made volume first, else a new one from the class's provisioner."""

    name = "persistentvolume-controller"

    def __init__(self, cluster: Cluster, volumes: Path) -> None:
        super().__init__(cluster)
        self._volumes = volumes
        self.follow_self(PVC)
        self.follow(PV, self._claims_of)
        self.follow(CLASS, lambda _: [key_of(one) for one in cluster.items(PVC) if _phase(one) == "Pending"])
        cluster.informer("nodes")

    async def sync(self, namespace: str, name: str) -> None:
        """Bind one claim, or say why it waits."""
        claim = self.cluster.get(PVC, namespace, name)
        if claim is None or "deletionTimestamp" in claim["metadata"]:
            return
        if "storageClassName" not in claim["spec"] and not claim["spec"].get("volumeName"):
            claim = await self._default_class(claim)
        if claim["spec"].get("volumeName"):
            await self._finish(claim, claim["spec"]["volumeName"])
        elif (volume := self._reserved(claim) or self._fitting(claim)) is not None:
            await self._bind(claim, volume)
        else:
            await self._provision(claim)

    async def _default_class(self, claim: Obj) -> Obj:
        for one in self.cluster.items(CLASS):
            if (one["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true":
                return await self.cluster.patch(PVC, claim, {"spec": {"storageClassName": one["metadata"]["name"]}})
        return claim

    async def _bind(self, claim: Obj, volume: Obj) -> None:
        reference = _reference(claim)
        if (volume["spec"].get("claimRef") or {}).get("uid") != claim["metadata"]["uid"]:
            patch = {
                "spec": {"claimRef": reference},
                "metadata": {"resourceVersion": volume["metadata"]["resourceVersion"]},
            }
            volume = await self.cluster.patch(PV, volume, patch)
        marks = {_COMPLETED: "yes", _BY_CONTROLLER: "yes"}
        patch = {"metadata": {"annotations": marks}, "spec": {"volumeName": volume["metadata"]["name"]}}
        claim = await self.cluster.patch(PVC, claim, patch)
        await self._finish(claim, volume["metadata"]["name"])

    async def _finish(self, claim: Obj, name: str) -> None:
        """Bring both phases to Bound."""
        volume = self.cluster.get(PV, None, name)
        if volume is None:
            if _phase(claim) == "Bound":
                message = f"Bound claim has lost its PersistentVolume {name}. Data on the volume is lost!"
                self.tell(claim, "Warning", "ClaimLost", message)
                await self.cluster.set_status(PVC, claim, {**claim["status"], "phase": "Lost"})
            return
        owner = volume["spec"].get("claimRef")
        if owner is None or not owner.get("uid"):
            await self._bind(claim, volume)
            return
        if owner["uid"] != claim["metadata"]["uid"]:
            message = f'volume "{name}" already bound to a different claim.'
            self.tell(claim, "Warning", "FailedBinding", message)
            return
        if _phase(volume) != "Bound":
            await self.cluster.set_status(PV, volume, {"phase": "Bound"})
        status = {
            "phase": "Bound",
            "accessModes": volume["spec"]["accessModes"],
            "capacity": volume["spec"]["capacity"],
        }
        if _phase(claim) != "Bound":
            await self.cluster.set_status(PVC, claim, status)

    def _reserved(self, claim: Obj) -> Obj | None:
        """A volume that names this claim already."""
        wanted = key_of(claim)
        for volume in self.cluster.items(PV):
            owner = volume["spec"].get("claimRef") or {}
            same = (owner.get("namespace"), owner.get("name")) == wanted
            if same and owner.get("uid", claim["metadata"]["uid"]) == claim["metadata"]["uid"]:
                return volume
        return None

    def _fitting(self, claim: Obj) -> Obj | None:
        node = (claim["metadata"].get("annotations") or {}).get(SELECTED_NODE)
        if node is None and waits_for_consumer(self.cluster, claim):
            return None
        place = self.cluster.get("nodes", None, node) if node else None
        free = [one for one in self.cluster.items(PV) if _is_free(one) and _fits(claim, one, place)]
        return min(free, key=_capacity, default=None)

    async def _provision(self, claim: Obj) -> None:
        name = claim["spec"].get("storageClassName")
        found = self.cluster.get(CLASS, None, name) if name else None
        if found is None:
            why = "no persistent volumes available for this claim and no storage class is set"
            missing = f'storageclass.storage.k8s.io "{name}" not found'
            reason = "ProvisioningFailed" if name else "FailedBinding"
            await self._pending(claim, "Warning" if name else "Normal", reason, missing if name else why)
            return
        selected = (claim["metadata"].get("annotations") or {}).get(SELECTED_NODE)
        if waits_for_consumer(self.cluster, claim) and not selected:
            message = "waiting for first consumer to be created before binding"
            await self._pending(claim, "Normal", "WaitForFirstConsumer", message)
        elif found["provisioner"] != local_path.PROVISIONER:
            message = f'no provisioner "{found["provisioner"]}" in this cluster: it has {local_path.PROVISIONER} only'
            await self._pending(claim, "Warning", "ProvisioningFailed", message)
        else:
            await self._create(claim, found, self.cluster.get("nodes", None, selected) if selected else None)

    async def _create(self, claim: Obj, storage_class: Obj, node: Obj | None) -> None:
        wanted = local_path.volume(claim, storage_class, node, self._volumes, _reference(claim))
        try:
            local_path.make_folder(wanted)
            volume = await self.cluster.create(PV, wanted)
        except (ApiError, OSError) as error:
            if isinstance(error, OSError) or error.reason != "AlreadyExists":
                self.tell(claim, "Warning", "ProvisioningFailed", str(error))
                raise
            return
        message = f"Successfully provisioned volume {volume['metadata']['name']}"
        self.cluster.events.record(claim, "Normal", "ProvisioningSucceeded", message, component=local_path.PROVISIONER)
        await self._bind(claim, volume)

    async def _pending(self, claim: Obj, kind: str, reason: str, message: str) -> None:
        self.tell(claim, kind, reason, message)
        if _phase(claim) != "Pending":
            await self.cluster.set_status(PVC, claim, {**(claim.get("status") or {}), "phase": "Pending"})

    def _claims_of(self, volume: Obj) -> list[tuple[str, str]]:
        owner = volume["spec"].get("claimRef")
        if owner:
            return [(owner["namespace"], owner["name"])]
        return [key_of(one) for one in self.cluster.items(PVC) if _phase(one) != "Bound"]


def _phase(obj: Obj) -> str:
    return str((obj.get("status") or {}).get("phase") or "")


def _reference(claim: Obj) -> Obj:
    meta = claim["metadata"]
    found = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": meta["namespace"], "name": meta["name"]}
    return found | {"uid": meta["uid"]}


def _capacity(volume: Obj) -> Decimal:
    return quantity.parse(str(volume["spec"]["capacity"]["storage"]))


def _is_free(volume: Obj) -> bool:
    going = "deletionTimestamp" in volume["metadata"]
    return not volume["spec"].get("claimRef") and not going and _phase(volume) in ("", "Pending", "Available")


def _fits(claim: Obj, volume: Obj, node: Obj | None) -> bool:
    spec = claim["spec"]
    if (spec.get("storageClassName") or "") != (volume["spec"].get("storageClassName") or ""):
        return False
    if not set(spec.get("accessModes") or ()) <= set(volume["spec"].get("accessModes") or ()):
        return False
    if not from_label_selector(spec.get("selector") or {}).matches(volume["metadata"].get("labels")):
        return False
    terms = ((volume["spec"].get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms")
    if terms is not None and node is not None and not matches_terms(terms, node):
        return False
    return _capacity(volume) >= quantity.parse(
        str(((spec.get("resources") or {}).get("requests") or {}).get("storage", "0"))
    )
