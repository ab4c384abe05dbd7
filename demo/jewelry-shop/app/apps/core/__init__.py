"""Tenants, branches, tills and people, and what the whole shop stands on: health, cache, tasks, the JSON layer."""
