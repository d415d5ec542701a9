"""The same work done for many things at once, by as many processes as there are cores."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")

_held: list[Callable[[Any], Any]] = []


def side_by_side(work: Callable[[T], U], things: Sequence[T]) -> Iterable[U]:
    """What the work makes of each thing, in their order, as `map` would give it."""
    cores = min(len(os.sched_getaffinity(0)), len(things))
    if cores < 2:
        return map(work, things)
    # a fork has all that the work needs: nothing but the things and what is made of them is sent
    with ProcessPoolExecutor(cores, get_context("fork"), _hold, (work,)) as processes:
        return list(processes.map(_do, things))


def _hold(work: Callable[[Any], Any]) -> None:
    _held[:] = [work]
    # the process ends with the work: looking for garbage again and again would only take time
    gc.disable()


def _do(thing: Any) -> Any:
    return _held[0](thing)
