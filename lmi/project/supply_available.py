"""People who are out of work now, told as months of openings.

Owns: S4. Never: which occupation they could fill, which no source at hand says: they stay `not_assigned`.
Method: METHODOLOGY section 5.
"""

from __future__ import annotations

import numpy as np

from lmi.project.inputs import Floats


def months_covered(available: Floats, openings_people: Floats, months_a_year: float) -> Floats:
    """Return how many months of openings the available people would fill; not a number where there are no openings.

    `available` is a stock of people, `openings_people` a flow of people a year (openings in jobs must be converted
    first). A stock can be used up once: months covered are no supply of every year.
    """
    a_month = np.asarray(openings_people, dtype=float) / months_a_year
    made: Floats = np.divide(available, a_month, out=np.full(np.shape(a_month), np.nan), where=a_month > 0)
    return made
