"""The pile of open talks: each a flow with those it waits for, the newest on top."""

from __future__ import annotations

from itertools import takewhile

from flows.scene import Scene
from flows.state import Frame

Talk = tuple[Frame, ...]
"""A flow and, above it, what it is doing: each of its frames but the last is waiting."""


def lifted(scene: Scene, flow: str) -> Scene:
    """The scene with the talk that holds this open flow on top; the others keep their order."""
    talks = _talks(scene.state.stack)
    return _piled(scene, sorted(talks, key=lambda talk: _holds(talk, flow)))


def taken_out(scene: Scene, flow: str) -> Scene:
    """The scene without this flow and what it was doing; what was doing it waits on top."""
    talks = _talks(scene.state.stack)
    rest = [talk for talk in talks if not _holds(talk, flow)]
    outer = [_before(talk, flow) for talk in talks if _holds(talk, flow)]
    return _piled(scene, [*rest, *outer])


def flow_on_top(scene: Scene) -> str | None:
    """The flow that the talk on top began with, or None when nothing is open."""
    talks = _talks(scene.state.stack)
    return talks[-1][0].flow if talks else None


def _talks(stack: tuple[Frame, ...]) -> list[Talk]:
    talks: list[Talk] = []
    for frame in stack:
        if talks and talks[-1][-1].waiting:
            talks[-1] = (*talks[-1], frame)
        else:
            talks.append((frame,))
    return talks


def _piled(scene: Scene, talks: list[Talk]) -> Scene:
    return scene.but(stack=tuple(frame for talk in talks for frame in talk))


def _holds(talk: Talk, flow: str) -> bool:
    return any(frame.flow == flow for frame in talk)


def _before(talk: Talk, flow: str) -> Talk:
    return tuple(takewhile(lambda frame: frame.flow != flow, talk))
