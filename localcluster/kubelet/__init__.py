"""The kubelet of all virtual nodes: it turns Pod objects into containers and writes back what became of them.

Small pages with one idea each: `pod_worker.py` leads the life of one pod, `container_worker.py` that of one container,
`status.py` says how it looks from outside. It knows the API server through `localcluster.client`, and what runs the
containers through `localcluster.sandbox.runtime`; nothing else of the cluster.
"""
