"""A Kubernetes-compatible cluster for one machine, made of Python and real processes."""
