"""The scheduler: which node a pod goes to. `filters` rule nodes out, `scores` choose among the rest, `binding` acts."""

from localcluster.controllers.scheduler.binding import Scheduler

__all__ = ["Scheduler"]
