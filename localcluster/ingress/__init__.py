"""The ingress controller: a real nginx, and what keeps its configuration up to date.

`routes` reads Ingresses, Services and EndpointSlices into a plan, `configuration` writes the plan as nginx.conf,
`nginx` runs the program, `watcher` puts them together, `account` makes a client out of the pod's service account.

Supported: hosts (also `*.example.org`), the path types Exact, Prefix and ImplementationSpecific, default backends, and
the annotations in `routes.ANNOTATIONS`; others are named in the log and have no effect. Not supported: TLS (the
machine's ingress port is plain http), backends that are not Services, Services of type ExternalName (503).
"""
