"""Sources worked on before their turn, two at a time.

Owns: which sources are worked on ahead, and when that ends. Never: changes what a step does or the order of the steps.

Most of staging a restated file is waiting for other libraries' threads or for the disk. Only such files are small enough
for two of them to be held at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Made = TypeVar("Made")
_AT_ONCE = 2


class Ahead(Generic[Made]):
    """Two steps of each of `names`, begun at once: `first(name)`, then `second(name, what the first made)`."""

    def __init__(self, names: Sequence[str], first: Callable[[str], Made], second: Callable[[str, Made], Made]) -> None:
        self._first, self._second = first, second
        self._made: tuple[dict[str, Future[Made]], ...] = ({n: Future() for n in names}, {n: Future() for n in names})
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        for name in names:
            self._pool.submit(self._work, name)

    def first(self, name: str) -> Made | None:
        """Return what the first step made of `name`, or None when it is not worked on ahead; raise what it raised."""
        return self._made[0][name].result() if name in self._made[0] else None

    def second(self, name: str) -> Made | None:
        """Return what the second step made of `name`, as `first` does."""
        return self._made[1][name].result() if name in self._made[1] else None

    def close(self) -> None:
        """End when the steps in hand have ended: nothing is written after this."""
        self._pool.shutdown(cancel_futures=True)

    def _work(self, name: str) -> None:
        made, then = self._made[0][name], self._made[1][name]
        try:
            made.set_result(self._first(name))
            then.set_result(self._second(name, made.result()))
        except BaseException as error:  # told to whoever asks for the step
            for future in (made, then):
                if not future.done():
                    future.set_exception(error)
