"""A registry with one namespace, for tests."""

from localcluster.apiserver.bootstrap import bootstrap
from localcluster.apiserver.deletion import DeleteOptions
from localcluster.apiserver.registry import Options, Registry
from localcluster.apiserver.resources import BY_KEY


class Cluster:
    def __init__(self):
        self.registry = Registry()
        bootstrap(self.registry, "the CA", endpoint="10.96.0.1", port=443)
        self.create("namespaces", {"metadata": {"name": "shop"}}, namespace=None)

    def create(self, resource, obj, namespace="shop", **options):
        return self.registry.create(BY_KEY[resource], namespace, obj, Options(**options)).copy()

    def get(self, resource, name, namespace="shop"):
        return self.registry.get(BY_KEY[resource], namespace, name).copy()

    def update(self, resource, obj, subresource=""):
        meta = obj["metadata"]
        where = (BY_KEY[resource], meta.get("namespace"), meta["name"])
        return self.registry.update(*where, obj, Options(), subresource).copy()

    def patch(self, resource, name, patch, content_type="application/merge-patch+json", subresource=""):
        change = (patch, content_type)
        return self.registry.patch(BY_KEY[resource], "shop", name, change, Options(), subresource).copy()

    def delete(self, resource, name, namespace="shop", **options):
        return self.registry.delete(BY_KEY[resource], namespace, name, DeleteOptions(**options))

    def names(self, resource, labels="", fields=""):
        scope = self.registry.scope(BY_KEY[resource], "shop", labels, fields)
        return [one.key[1] for one in self.registry.list(scope)[0]]

    def watch(self, resource, version=None, labels="", fields=""):
        return self.registry.watch(self.registry.scope(BY_KEY[resource], "shop", labels, fields), version)


def pod(name="web", *, labels=None, node=None, **resources):
    container = {"name": "main", "image": "shop/web:1"} | ({"resources": resources} if resources else {})
    spec = {"containers": [container]} | ({"nodeName": node} if node else {})
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec}


def deployment(name="web"):
    template = {"metadata": {"labels": {"app": name}}, "spec": pod()["spec"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }
