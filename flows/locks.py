"""The PIN that a patient may put before their records: who must give it, and what comes of it.

The digits are never seen here: whoever reads the chat compares them and says how they came.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flows import timing
from flows.effects import Button
from flows.events import Keyed, Said, is_patients
from flows.scene import Rows, Scene
from flows.state import Lock
from flows.wording import day_words, message, zone_of

OPEN_FOR = timedelta(minutes=10)
SHUT_FOR = timedelta(minutes=15)
FORGOTTEN = timedelta(hours=24)
"""So long whoever knows the PIN has to see that somebody asks to have it taken off."""
ASKED_ANEW = timedelta(days=7)
"""After so long a wish to have it taken off is forgotten, and begins again."""
MOST_WRONG = 5
MASK = "•"
"""What stands for each digit that is not kept."""
NEW, AGAIN, CHOOSE = "pin-new", "pin-again", "pin"
_RECORDS = frozenset({"progress", "cards", "calls", "mydata"})
_OF_A_CARD = frozenset({"card", "cards", "card-picture", "card-change"})


def guards(name: str) -> bool:
    """Whether this command opens a record; never help, a lesson, or the way out."""
    return name in _RECORDS or name.rpartition("-")[0] in _OF_A_CARD


def is_shut(scene: Scene) -> bool:
    """Whether the PIN must be given before a record opens."""
    lock = scene.state.lock
    if lock is None or not lock.digest:
        return False
    return lock.opened_at is None or scene.event.at - lock.opened_at >= OPEN_FOR


def ask(scene: Scene, door: str) -> Scene:
    """The scene with that door waiting for the PIN, or words on how long none is taken."""
    until = _lock(scene).shut_until
    if until is not None and scene.event.at < until:
        return message(scene, "pin-shut", time=_time(scene, until))
    return message(_with(scene, door=door), "pin-ask", buttons=_buttons(scene, "pin-forgot"))


def passed_by(scene: Scene) -> Scene:
    """The scene with no door waiting any more, once the patient does something else."""
    lock, event = scene.state.lock, scene.event
    is_else = is_patients(event) and not isinstance(event, Keyed) and not is_odd(scene)
    if lock is None or lock.door is None or not is_else:
        return scene
    return _with(scene, door=None, candidate="") if lock.digest else scene.but(lock=None)


def is_odd(scene: Scene) -> bool:
    """Whether digits came for the PIN, but not alone."""
    lock, event = scene.state.lock, scene.event
    is_asked = lock is not None and lock.door is not None
    return is_asked and isinstance(event, Said) and MASK in event.text


def choose(scene: Scene) -> Scene:
    """The scene with the first question about a new PIN, or what may be done with the old one."""
    if is_shut(scene):
        return ask(scene, CHOOSE)
    if not _lock(scene).digest:
        return begin(scene)
    return message(scene, "pin-have", buttons=_buttons(scene, "pin-change", "pin-off"))


def begin(scene: Scene) -> Scene:
    """The scene that asks for a new PIN; the old one must have been given."""
    if is_shut(scene):
        return ask(scene, CHOOSE)
    return message(_with(scene, door=NEW, candidate=""), "pin-new")


def off(scene: Scene) -> Scene:
    """The scene without a PIN; it must have been given."""
    if is_shut(scene):
        return ask(scene, "pin-off")
    return message(scene.but(lock=None), "pin-off")


def forgot(scene: Scene) -> Scene:
    """The scene in which the PIN goes in a day, or goes now, if that was asked for a day ago."""
    lock, now = scene.state.lock, scene.event.at
    if lock is None or not lock.digest:
        return choose(scene)
    since = lock.forgot_at
    if since is None or now - since >= ASKED_ANEW:
        return _goes_at(_with(scene, forgot_at=now), "pin-forgot", now)
    if now - since < FORGOTTEN:
        return _goes_at(scene, "pin-forgot-wait", since)
    return message(scene.but(lock=None), "pin-gone")


def given(scene: Scene, event: Keyed) -> tuple[Scene, str | None]:
    """The scene after digits came, and the door that they opened."""
    door = _lock(scene).door
    match event.came:
        case "new" if door == NEW:
            again = _with(scene, door=AGAIN, candidate=event.digest)
            return message(again, "pin-again"), None
        case "fits" if door == AGAIN:
            digest = _lock(scene).candidate
            is_set = scene.but(lock=Lock(digest=digest, opened_at=event.at))
            return message(is_set, "pin-set"), None
        case "wrong" if door == AGAIN:
            return message(_with(scene, door=NEW, candidate=""), "pin-differs"), None
        case "fits" if door is not None:
            return _opened(scene, event.at), door
        case "wrong" if door is not None:
            return _wrong(scene, event.at), None
        case _:
            return message(scene, "pin-loose"), None


def _opened(scene: Scene, at: datetime) -> Scene:
    lock = _lock(scene)
    opened = scene.but(lock=Lock(digest=lock.digest, opened_at=at))
    # whoever knows the PIN hears that somebody wanted it gone
    return message(opened, "pin-stopped") if lock.forgot_at is not None else opened


def _wrong(scene: Scene, at: datetime) -> Scene:
    wrong = _lock(scene).wrong + 1
    if wrong < MOST_WRONG:
        return message(_with(scene, wrong=wrong), "pin-wrong", tries=str(MOST_WRONG - wrong))
    until = at + SHUT_FOR
    shut = _with(scene, wrong=0, door=None, shut_until=until)
    return message(shut, "pin-shut", time=_time(scene, until))


def _goes_at(scene: Scene, text: str, since: datetime) -> Scene:
    goes = since + FORGOTTEN
    return message(scene, text, day=day_words(scene, goes), time=_time(scene, goes))


def _lock(scene: Scene) -> Lock:
    return scene.state.lock or Lock()


def _with(scene: Scene, **changes: object) -> Scene:
    return scene.but(lock=_lock(scene).model_copy(update=changes))


def _time(scene: Scene, moment: datetime) -> str:
    return f"{timing.local(moment, zone_of(scene)):%H:%M}"


def _buttons(scene: Scene, *names: str) -> Rows:
    return tuple((Button(label=scene.release.label(name), data=f".{name}"),) for name in names)
