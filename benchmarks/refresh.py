"""How long a refresh from the committed baseline takes in a cold process, and how much memory it needs.

Run as `python -m benchmarks.refresh`. Prints each figure beside its limit; ends with status 1 when one is over.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

#: Seconds and MB that the project holds itself to.
LIMITS = {"first": (8.0, 700.0), "unchanged": (1.5, 700.0)}
_MEASURE = (
    "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
)


def measure(command: Sequence[str]) -> tuple[float, float]:
    """Return the seconds and the peak MB of a command run as a process of its own. Raises when it fails."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _MEASURE, *command], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    unit = 10**6 if sys.platform == "darwin" else 10**3
    return seconds, float(done.stdout) / unit


def main() -> int:
    """Refresh twice in an empty data folder and print what it took."""
    over = 0
    with tempfile.TemporaryDirectory() as data:
        for name, (seconds_limit, mb_limit) in LIMITS.items():
            seconds, mb = measure([sys.executable, "-m", "lmi.cli", "--data", data, "refresh", "--direct"])
            print(
                f"refresh, {name}: {seconds:.2f} s of {seconds_limit:g} ({seconds / seconds_limit:.2f}), "
                f"{mb:.0f} MB of {mb_limit:g} ({mb / mb_limit:.2f})"
            )
            over += seconds > seconds_limit or mb > mb_limit
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return int(over > 0)


if __name__ == "__main__":
    raise SystemExit(main())
