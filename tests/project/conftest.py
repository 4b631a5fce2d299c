"""The projection of the trial area from the publishers' files, made once for all tests."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from lmi.project.inputs import ProjectionInputs
from lmi.project.run import ProjectionResult, project
from tests.project.standin import AREA, ENGLAND, real_inputs


@pytest.fixture(scope="session")
def real(shared_data: Path, shared_method: Path) -> ProjectionInputs:
    """Inputs from the publishers' files."""
    return real_inputs(shared_data, shared_method)


@pytest.fixture(scope="session")
def result(real: ProjectionInputs) -> ProjectionResult:
    """The projection of the trial area."""
    return project(real, AREA, ENGLAND, seed=1)


@pytest.fixture(scope="session")
def figures(result: ProjectionResult) -> pd.DataFrame:
    """Its projected figures, without those of its districts."""
    made = result.projections.to_pandas()
    return made[made.area_code == AREA]
