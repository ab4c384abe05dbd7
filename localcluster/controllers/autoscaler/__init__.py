"""HorizontalPodAutoscaler v2: `usage` measures, `proposal` reckons a size, `behavior` tames it, `autoscaling` acts."""

from localcluster.controllers.autoscaler.autoscaling import Autoscaler

__all__ = ["Autoscaler"]
