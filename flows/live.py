"""What a live refresh takes from outside: keys and addresses from the environment, the time, and a clock to wait by.

Owns: the only place where both are read for fetching. Never: fetches; it is imported without Prefect.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from lmi.pipeline.live import Live, live_settings
from lmi.raw.fetch import Waits
from lmi.registry import load


def live_now() -> Live:
    """Return the settings of a live run that begins now. Raises DeclarationError."""
    return live_settings(load(), os.environ, datetime.now(UTC), Waits(time.sleep, time.monotonic))
