"""The addresses that are fixed in every cluster."""

NODE = "169.254.1.1"
"""The machine as pods see it: their gateway, and the sender of the kubelet's probes."""
API = "10.96.0.1"
DNS = "10.96.0.10"
INGRESS = "10.96.0.80"
"""ClusterIP that the ingress controller's Service asks for; the listener on the machine's 127.0.0.1 leads to it."""
INGRESS_PORT = 80
SERVICES = "10.96.0.0/16"
PODS = "10.244.0.0/16"
LOCAL = frozenset({NODE, API, DNS})
"""What the cluster itself answers on, in its own network namespace."""
