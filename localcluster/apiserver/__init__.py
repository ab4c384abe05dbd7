"""The API server: store, rules and HTTP face of Kubernetes objects.

What belongs here is what an API server decides by itself. What reacts to objects is a controller, what runs them is the kubelet.
Down to up: store, schema, resources < defaults, validation, admission < registry < http, discovery, tables, relay < __main__.
"""
