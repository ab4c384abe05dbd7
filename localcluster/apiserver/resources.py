"""The table of kinds that this server serves."""

from dataclasses import dataclass

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind in one version; `stored` names the resource that holds the objects, when it is another one."""

    group: str
    version: str
    kind: str
    plural: str
    short: tuple[str, ...] = ()
    namespaced: bool = True
    subresources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    stored: str = ""
    verbs: tuple[str, ...] = ALL_VERBS
    type_name: str = ""

    @property
    def full_name(self) -> str:
        """`deployments.apps`; core resources have no dot."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def key(self) -> str:
        """The name under which the store keeps the objects."""
        return self.stored or self.full_name

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def schema(self) -> str:
        """The type's name in the Python client."""
        return self.type_name or f"{self.version.capitalize()}{self.kind}"

    @property
    def singular(self) -> str:
        """The kind in lower case."""
        return self.kind.lower()

    @property
    def has_status(self) -> bool:
        """Whether status is written through its own path only."""
        return "status" in self.subresources


_ALL = ("all",)
_STATUS = ("status",)
_SCALE = ("scale", "status")
_POD = ("attach", "binding", "eviction", "exec", "log", "portforward", "status")
_RBAC = "rbac.authorization.k8s.io"
_CREATE = ("create",)

RESOURCES: tuple[Resource, ...] = (
    Resource("", "v1", "ConfigMap", "configmaps", ("cm",)),
    Resource("", "v1", "Endpoints", "endpoints", ("ep",)),
    Resource("", "v1", "Event", "events", ("ev",), type_name="CoreV1Event"),
    Resource("", "v1", "LimitRange", "limitranges", ("limits",)),
    Resource(
        "",
        "v1",
        "Namespace",
        "namespaces",
        ("ns",),
        namespaced=False,
        subresources=("finalize", "status"),
        verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
    ),
    Resource("", "v1", "Node", "nodes", ("no",), namespaced=False, subresources=("proxy", "status")),
    Resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", ("pvc",), subresources=_STATUS),
    Resource("", "v1", "PersistentVolume", "persistentvolumes", ("pv",), namespaced=False, subresources=_STATUS),
    Resource("", "v1", "Pod", "pods", ("po",), subresources=_POD, categories=_ALL),
    Resource("", "v1", "ResourceQuota", "resourcequotas", ("quota",), subresources=_STATUS),
    Resource("", "v1", "Secret", "secrets"),
    Resource("", "v1", "ServiceAccount", "serviceaccounts", ("sa",), subresources=("token",)),
    Resource("", "v1", "Service", "services", ("svc",), subresources=_STATUS, categories=_ALL),
    Resource(
        "apiregistration.k8s.io",
        "v1",
        "APIService",
        "apiservices",
        namespaced=False,
        subresources=_STATUS,
        categories=("api-extensions",),
    ),
    Resource("apps", "v1", "ControllerRevision", "controllerrevisions"),
    Resource("apps", "v1", "DaemonSet", "daemonsets", ("ds",), subresources=_STATUS, categories=_ALL),
    Resource("apps", "v1", "Deployment", "deployments", ("deploy",), subresources=_SCALE, categories=_ALL),
    Resource("apps", "v1", "ReplicaSet", "replicasets", ("rs",), subresources=_SCALE, categories=_ALL),
    Resource("apps", "v1", "StatefulSet", "statefulsets", ("sts",), subresources=_SCALE, categories=_ALL),
    Resource("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False, verbs=_CREATE),
    Resource(
        "authorization.k8s.io",
        "v1",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreviews",
        namespaced=False,
        verbs=_CREATE,
    ),
    Resource(
        "autoscaling",
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        ("hpa",),
        subresources=_STATUS,
        categories=_ALL,
    ),
    Resource(
        "autoscaling",
        "v1",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        ("hpa",),
        subresources=_STATUS,
        categories=_ALL,
    ),
    Resource("batch", "v1", "Job", "jobs", subresources=_STATUS, categories=_ALL),
    Resource("coordination.k8s.io", "v1", "Lease", "leases"),
    Resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    Resource("events.k8s.io", "v1", "Event", "events", ("ev",), stored="events", type_name="EventsV1Event"),
    Resource("networking.k8s.io", "v1", "IngressClass", "ingressclasses", namespaced=False),
    Resource("networking.k8s.io", "v1", "Ingress", "ingresses", ("ing",), subresources=_STATUS),
    Resource("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ("netpol",)),
    Resource("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", ("pdb",), subresources=_STATUS),
    Resource(_RBAC, "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False),
    Resource(_RBAC, "v1", "ClusterRole", "clusterroles", namespaced=False),
    Resource(_RBAC, "v1", "RoleBinding", "rolebindings"),
    Resource(_RBAC, "v1", "Role", "roles"),
    Resource("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", ("pc",), namespaced=False),
    Resource("storage.k8s.io", "v1", "StorageClass", "storageclasses", ("sc",), namespaced=False),
)

BY_PATH = {(one.group, one.version, one.plural): one for one in RESOURCES}
# the first version of a group in the table is the preferred and the stored one
BY_KEY = {one.full_name: one for one in reversed(RESOURCES) if not one.stored}
BY_KIND = {(one.api_version, one.kind): one for one in RESOURCES}
