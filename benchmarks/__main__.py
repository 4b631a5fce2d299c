"""Every benchmark in turn: `python -m benchmarks [folder that holds data/ and method/]`, or `make bench`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import landing, projection, refresh, tidy_csv, workbooks
from lmi.registry import repository_root


def main() -> int:
    """Run all; status 1 when any limit is passed. Without the publishers' files the workbooks are left out, aloud."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else repository_root().parent / "shared"
    failed = refresh.main()
    failed |= projection.main()
    failed |= tidy_csv.main(tidy_csv.ROWS)
    failed |= landing.main(landing.MEGABYTES)
    if shared.is_dir():
        failed |= workbooks.main(shared)
    else:
        print(f"workbooks: left out, there are no publishers' files at {shared}")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
