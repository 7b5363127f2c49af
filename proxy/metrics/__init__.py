"""Metrics for Prometheus: what the historian counts as calls come into the history.

All workers' calls pass here, so that they are one however many workers there are, and the hot path
does nothing. Counted is behind the commit. A restart of the historian begins at zero, as counters of
every process do; `rate()` and `increase()` know that. What only a worker knows (open calls,
breakers) it says in its status; see `driftgate.dashboards.exposition`.

Model names, contracts and keywords are written by strangers: how many of them become labels is
bounded (`values`), and how many series one metric may have (`series`).
"""
