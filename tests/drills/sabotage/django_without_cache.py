"""Read Django's Deployment as JSON, write a pod of it that looks for the Sentinels on itself; no probe tells on it."""

import json
import sys

found = json.load(sys.stdin)
spec = found["spec"]["template"]["spec"]
names = [f"redis-sentinel-{number}.redis-sentinel.jewelry-shop.svc.cluster.local" for number in range(3)]
spec["hostAliases"] = [{"ip": "127.0.0.1", "hostnames": names}]
for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
    spec["containers"][0].pop(probe)
# without the label `app` no Service sends it visitors
metadata = {"name": "django-without-cache", "namespace": "jewelry-shop", "labels": {"component": "django"}}
json.dump({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}, sys.stdout)
