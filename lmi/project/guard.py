"""What no figure that the projection reads may be.

Owns: the refusal of counts below zero and without end. Never: mends a figure, decides what a missing one means.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lmi.errors import ContractError
from lmi.project.inputs import ProjectionInputs


def check_figures(inputs: ProjectionInputs) -> None:
    """Raise ContractError for a published figure below zero or infinite: people, jobs, pay and adverts are neither.

    A negative figure would pass through shares and sums and leave jobs below zero somewhere else.
    """
    for name in ProjectionInputs.required_views():
        table: pa.Table = getattr(inputs, name)
        if not {"area_code", "obs_key", "value"} <= set(table.column_names) or not table.num_rows:
            continue
        wrong = pc.or_(pc.less(table["value"], 0), pc.is_inf(table["value"]))
        if not pc.any(wrong).as_py():
            continue
        row = table.filter(wrong).slice(0, 1).to_pylist()[0]
        where = ", ".join(f"{k} {v}" for k, v in row.items() if isinstance(v, str) and v != "_T" and k != "status")
        raise ContractError(
            "a figure that the projection reads cannot be.",
            source=name, place=f"{where}, {row.get('year', '')}, cell {row['obs_key']}", expected="zero or more",
            found=f"{row['value']:g}", do="look at the publisher's cell; declare a correction, or take the file away.",
        )  # fmt: skip
