"""Metrics of a career: pure functions of plain numbers, registered by name.

`evaluate` computes all of them, `METRICS` holds their definitions, `in_core` says which works make a number.
"""

from citetrack.metrics import age, hirsch, totals  # importing a module registers its metrics
from citetrack.metrics.evaluation import evaluate, in_core
from citetrack.metrics.interval import Figure, between, shown, unknown
from citetrack.metrics.registry import METRICS, Metric

__all__ = ["METRICS", "Figure", "Metric", "age", "between", "evaluate", "hirsch", "in_core", "shown", "totals", "unknown"]
