"""The database of one build.

Owns: the public names of the package. Never: anything else.
"""

from lmi.warehouse.database import (
    CONTRACTS,
    WarehouseInputs,
    complete,
    create,
    create_tables,
    load,
    make_known,
)
from lmi.warehouse.views import SeriesView, rows_in_no_view, series_views

__all__ = [
    "CONTRACTS",
    "SeriesView",
    "WarehouseInputs",
    "complete",
    "create",
    "create_tables",
    "load",
    "make_known",
    "rows_in_no_view",
    "series_views",
]
