"""The evidence pack of the published build, and the build that it is compared with.

Owns: which builds a pack is made from and where it is put. Never: what a pack says.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from lmi.engine import connect
from lmi.errors import CoverageError
from lmi.evidence.pack import Earlier, Written, write_pack
from lmi.pipeline.folders import Folders
from lmi.publish import Build, published_build, published_builds
from lmi.registry import repository_root

DECLARED = repository_root() / "lmi" / "declared" / "evidence"


def evidence(data: Path, out: Path | None, formats: Sequence[str], since: str | None) -> Written:
    """Write the evidence pack of the published build to `out` (default: `evidence` in the data folder).

    `since` names a build to compare with, or its beginning. Raises CoverageError when no such build is kept.
    """
    curated = Folders(data).curated
    build = published_build(curated)
    with ExitStack() as stack:
        con = stack.enter_context(closing(connect(build.database, read_only=True)))
        earlier = None
        if since is not None:
            other = _kept(curated, since)
            earlier = Earlier(stack.enter_context(closing(connect(other.database, read_only=True))), other.build_id)
        return write_pack(con, build.build_id, DECLARED, (out or data / "evidence").resolve(), formats, earlier)


def _kept(curated: Path, since: str) -> Build:
    builds = published_builds(curated)
    found = [b for b in builds if b.build_id == since] or [b for b in builds if b.build_id.startswith(since)]
    if len(found) != 1:
        raise CoverageError(
            "the pack can only be compared with one build that is kept.",
            expected=", ".join(b.build_id for b in builds),
            found=since,
            do="name one of these in full.",
        )
    return found[0]
