"""The network of the cluster: links between pods, Services, NetworkPolicies.

Everything is spoken to the kernel in netlink by a few hundred lines of our own: no `ip`, no `nft`, and no library: the
one there is needs 13 MB and ten times as long for a pod. `agent.py` is what the kubelet starts.
"""
