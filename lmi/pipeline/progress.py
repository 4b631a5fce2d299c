"""A line that says what is being done, on a terminal; plain lines elsewhere.

Owns: progress of a direct run. Never: decides what runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

Result = TypeVar("Result")


class Progress:
    """Shows each step as it starts; `call` runs it. On a terminal the line is drawn over, in a log it stays."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._done = 0
        self._stage = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def call(self, stage: str, what: str, step: Callable[..., Result], *arguments: Any) -> Result:
        """Run one step of a stage and return what it returns."""
        self._done += 1
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{self._done:>3}  {stage:<9} {what}")
            sys.stderr.flush()
        elif stage != self._stage:
            sys.stderr.write(f"{stage}\n")
            self._stage = stage
        return step(*arguments)
