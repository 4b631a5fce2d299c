"""The marts: one SQL file each, which runs as it stands.

Owns: the public names of the package. Never: anything else.
"""

from lmi.marts.run import (
    MartBuilt,
    MartsMade,
    build_marts,
    check_marts,
    export_marts,
    make_tables,
    mart_names,
    marts_without,
    read_marts,
    render_graph,
)

__all__ = [
    "MartBuilt",
    "MartsMade",
    "build_marts",
    "check_marts",
    "export_marts",
    "make_tables",
    "mart_names",
    "marts_without",
    "read_marts",
    "render_graph",
]
