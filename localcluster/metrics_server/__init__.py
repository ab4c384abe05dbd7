"""What metrics-server is in other clusters: it asks every node what its pods use, and serves metrics.k8s.io.

Threads and the standard library only: it stays below 30 MB. `scraper` asks, `rates` keeps and reckons, `documents`
writes the answers, `server` serves them, `api` talks to the API server.
"""
