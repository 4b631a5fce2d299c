"""Code lists and look-ups: names to codes, and look-up files to tables of codes, crosswalks and members.

Owns: the public names of the package. Never: anything else.
"""

from lmi.lookups.build import build_lookup_tables, check_complete, merge_lookups
from lmi.lookups.codebook import CodeBook
from lmi.lookups.declared import Alias, Declared, read_declared
from lmi.lookups.names import normalise, slug
from lmi.lookups.results import Committed, CommittedTable, read_results
from lmi.lookups.tables import BOUNDARIES, CONTRACTS, CROSSWALK_INPUTS, SECTOR_MEMBERS

__all__ = [
    "BOUNDARIES", "CONTRACTS", "CROSSWALK_INPUTS", "SECTOR_MEMBERS", "Alias", "CodeBook", "Committed", "CommittedTable",
    "Declared", "build_lookup_tables", "check_complete", "merge_lookups", "normalise", "read_declared", "read_results", "slug",
]  # fmt: skip
