"""A small set of declarations, so that what is tested is the mechanism and not a real source."""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.registry import Registry, load

SOURCE = """
title = "Jobs"
publisher = "A publisher"
department = "ONS"
licence = "OGL-3.0"
attribution = "Contains public sector information licensed under the Open Government Licence v3.0."
[layouts.main]
recognise = { format = "delimited", header = ["date", "area", "jobs"] }
parser = "delimited"
options = { values = ["jobs"] }
vintage = { column = "date" }
measures = [{ indicator = "jobs" }]
period = { label = "date", form = "month" }
dimensions.area = { label = "area", map = { Burnley = "E07000117" } }
[[editions]]
sha256 = "SHA"
vintage = "refused"
released = 2024-01-01
refuse = "it is a proof, not the publication"
"""


def write_declarations(root: Path, sources: dict[str, str], indicators: str = "") -> Path:
    """Write a minimal declaration tree below `root` and return it."""
    declared = root / "lmi" / "declared"
    for folder in (declared / "areas", declared / "corrections", root / "lmi" / "sources"):
        folder.mkdir(parents=True, exist_ok=True)
    for name in ("assumptions.toml", "services.toml"):
        (declared / name).write_text("")
    (declared / "settings.toml").write_text(
        "builds_kept = 2\nmemory_mb = 400\nseed = 1\ndays_of_grace = 14\nrefresh_at = '09:45'\ntime_zone = 'Europe/London'\n"
    )
    (declared / "services.toml").write_text("")
    text = '[jobs]\ntitle = "Jobs"\nunit = "jobs"\nbasis = "workplace"\nkind = "stock"\n'
    (declared / "indicators.toml").write_text(indicators or text)
    for name, body in sources.items():
        path = root / "lmi" / "sources" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
    return root


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return load(write_declarations(tmp_path / "house", {"ons/jobs": SOURCE.replace("SHA", "0" * 64)}))
