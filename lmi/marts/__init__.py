"""The marts: one SQL file each, which runs as it stands.

Owns: the public names of the package. Never: anything else.
"""

from lmi.marts.run import MartBuilt, build_marts, check_marts, export_marts, mart_names, read_marts, render_graph

__all__ = ["MartBuilt", "build_marts", "check_marts", "export_marts", "mart_names", "read_marts", "render_graph"]
