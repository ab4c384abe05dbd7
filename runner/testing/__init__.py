"""Fakes that behave, for tests of steps, in virtual time: a cluster, a context, and a small engine.

    cluster = FakeCluster()
    cluster.workload("Deployment", "web", 3)
    ctx = FakeContext(cluster)
    verdict, seen = run_step(KillPod(selector="app=web"), ctx)

`FakeCluster` keeps objects as an API server does (uids, versions, 404, 409), its workloads keep their replicas, and its
nodes run containers that end a moment after their pod is deleted. A test scripts `on_exec`, `log`, `nodes_away` and
`unreachable`.
"""

from runner.testing.cluster import FakeCluster
from runner.testing.context import FakeContext, perform, run_step
from runner.testing.objects import EPOCH, stamp

__all__ = ["EPOCH", "FakeCluster", "FakeContext", "perform", "run_step", "stamp"]
