"""The network of the cluster: links between pods, Services, NetworkPolicies.

Everything is spoken to the kernel in netlink by a few hundred lines of our own: no `ip`, no `nft`, and no library, since
the ones there are need more memory than the rest of the kubelet. `agent.py` is what the kubelet starts.
"""
