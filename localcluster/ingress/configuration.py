"""Writes a plan as nginx.conf."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from localcluster.ingress.routes import Location, Plan

# A connection within one machine is there in a millisecond or never: after a second (ingress-nginx: five) the next
# address is tried. Upstream connections are not kept: a request on one that the pod is just closing would be lost.
_HTTP = """\
daemon off;
worker_processes 2;
worker_shutdown_timeout 240s;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  access_log {log};
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server_tokens off;
  server_names_hash_bucket_size 256;
  client_max_body_size 1m;
  keepalive_timeout 75s;
  proxy_http_version 1.1;
  proxy_connect_timeout 1s;
  proxy_send_timeout 60s;
  proxy_read_timeout 60s;
  proxy_buffering off;
  proxy_next_upstream error timeout;
  proxy_next_upstream_tries 3;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" close; }}
  proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header X-Request-ID $request_id;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Port $server_port;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Scheme $scheme;
  proxy_set_header Proxy "";
"""


def write(plan: Plan, folder: Path, port: int, health_port: int, log: str) -> str:
    """Give the whole file. `folder` is for nginx's own files, `log` where requests are logged (or `off`)."""
    lines = [_HTTP.format(folder=folder, log=log)]
    lines += _upstreams(plan)
    lines.append(
        f"  server {{ listen {health_port}; location = /healthz {{ return 200; }} location / {{ return 404; }} }}"
    )
    lines += _server(plan.hosts.get("", {}).values(), f"{port} default_server", "_")
    for host in sorted(plan.hosts.keys() - {""}):
        lines += _server(plan.hosts[host].values(), str(port), host)
    return "\n".join([*lines, "}", ""])


def _upstreams(plan: Plan) -> Iterator[str]:
    backends = {one.backend: one.addresses for paths in plan.hosts.values() for one in paths.values() if one.addresses}
    for name, addresses in sorted(backends.items()):
        # max_fails=0: who has an endpoint is asked; whether it lives is for probes to say
        servers = " ".join(f"server {address} max_fails=0;" for address in addresses)
        yield f"  upstream {name} {{ {servers} }}"


def _server(locations: Iterable[Location], listen: str, name: str) -> Iterator[str]:
    yield f"  server {{ listen {listen}; server_name {name};"
    matches: dict[str, Location] = {}
    for location in sorted(locations, key=lambda one: one.kind):  # Exact comes before Prefix, and keeps what it has
        for match in _matches(location):
            matches.setdefault(match, location)
    for match, location in matches.items():
        yield f"    location {match} {{ {_body(location)} }}"
    if _quoted("/") not in matches:
        yield "    location / { return 404; }"
    yield "  }"


def _matches(location: Location) -> list[str]:
    path = location.path
    if location.kind == "Exact":
        return [f"= {_quoted(path)}"]
    if location.kind == "Prefix" and path.rstrip("/"):
        # /shop covers /shop and /shop/..., and not /shopping
        bare = path.rstrip("/")
        return [f"= {_quoted(bare)}", _quoted(f"{bare}/")]
    return [_quoted(path)]


def _body(location: Location) -> str:
    if not location.addresses:
        return "return 503;"
    settings = "".join(f"{name} {value}; " for name, value in location.settings)
    return f"{settings}proxy_pass http://{location.backend};"


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
