"""The refresh, from snapshots to a published build, and what a person may ask of the result.

Owns: the public names. Never: orchestrates; `flows` decides when, `run` says in what order.
"""

from lmi.pipeline.plan import Plan, Settings, make_plan
from lmi.pipeline.run import STAGES, Report, run

__all__ = ["STAGES", "Plan", "Report", "Settings", "make_plan", "run"]
