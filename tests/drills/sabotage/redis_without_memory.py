"""Read the StatefulSet of Redis as JSON, write it so that each start empties the volume and nothing is kept."""

import json
import sys

START = """\
rm -rf /data/* /tmp/start && cp -r /opt/redis /tmp/start
sed -i 's/^appendonly yes/appendonly no\\nsave ""/' /tmp/start/start_redis.py
exec python3 -S -E /tmp/start/start_redis.py
"""

found = json.load(sys.stdin)
found["spec"]["template"]["spec"]["containers"][0]["command"] = ["sh", "-c", START]
found.pop("status", None)
json.dump(found, sys.stdout)
