"""The API server: store, rules and HTTP face of Kubernetes objects.

What belongs here is what an API server decides by itself. What reacts to objects is a controller, what runs them is
the kubelet. From the ground up: store, schema, resources; then defaults, validation, admission; then registry; then
verbs, watching, discovery, tables, relay; on top server, service, process.
"""
