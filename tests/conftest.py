"""Where tests find the publishers' files, which are not part of this repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lmi.registry import repository_root

if TYPE_CHECKING:
    from tests.pipeline.builds import Built
    from tests.sources.conftest import Holdings


#: Files that take longest, so they start first: no worker is then left alone with one of them at the end.
_LONG = (
    "tests/evidence/test_browser.py",
    "tests/replay/test_refresh_live.py",
    "tests/flows/test_refresh_flow.py",
    "tests/pipeline/test_revisions.py",
    "tests/flows/test_schedule.py",
    "tests/evidence/test_formats.py",
    "tests/pipeline",
    "tests/marts",
    "tests/evidence",
    "tests/replay",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first; within a file the order stays."""

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(repository_root()).as_posix()
        return next((n for n, long in enumerate(_LONG) if path.startswith(long)), len(_LONG))

    items.sort(key=rank)


def _shared(folder: str) -> Path:
    given = os.environ.get("LMI_SHARED")
    base = Path(given) if given else repository_root().parent / "shared"
    path = base / folder
    if path.is_dir():
        return path
    told = f"the publishers' files are not at {path}; set LMI_SHARED to the folder that holds {folder}/"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of publishers' files, one folder a publisher."""
    return _shared("data")


@pytest.fixture(scope="session")
def shared_method() -> Path:
    """The folder of look-ups and figures that were taken from the publishers' files by others, independently."""
    return _shared("method")


@pytest.fixture(scope="session")
def shared_fixtures() -> Path:
    """The folder of recorded answers of publishers' services."""
    return _shared("fixtures")


@pytest.fixture(scope="session")
def holdings(shared_data: Path, shared_method: Path, tmp_path_factory: pytest.TempPathFactory) -> Holdings:
    """The publishers' files, each source landed and staged once for all processes of the run, at the first demand."""
    from tests.sources.conftest import Holdings

    own = tmp_path_factory.getbasetemp()
    return Holdings(
        shared_data, shared_method, (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "holdings"
    )


@pytest.fixture(scope="session")
def baseline_build(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The build of the committed baseline in an empty data folder, published once a session. Never change it."""
    from tests.pipeline.builds import Built, refresh

    data = tmp_path_factory.mktemp("baseline-build")
    report = refresh(data)
    assert report.published, report.summary()
    return Built(data, report)
