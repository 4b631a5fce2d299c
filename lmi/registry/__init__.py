"""What is declared: sources, indicators, areas, sectors, assumptions and corrections.

Owns: reading every TOML declaration once, cross-checking it, freezing it. Never: reads data.
"""

from lmi.registry.load import UNFILLED, Registry, load, repository_root
from lmi.registry.model import (
    Area,
    Assumption,
    ColumnSpec,
    Correction,
    Dimension,
    Edition,
    Ignore,
    Indicator,
    Layout,
    Measure,
    Period,
    PeriodRule,
    Produce,
    Recognise,
    Rule,
    Sector,
    Source,
)  # fmt: skip
from lmi.registry.queries import AnyQuery, Role, Service, ServiceEnd

__all__ = [
    "AnyQuery", "Area", "Assumption", "ColumnSpec", "Correction", "Dimension", "Edition", "Ignore", "Indicator",
    "Layout", "Measure", "Period", "PeriodRule", "Produce", "Recognise", "Registry", "Role", "Rule", "Sector", "Service",
    "ServiceEnd", "Source", "UNFILLED", "load", "repository_root",
]  # fmt: skip
