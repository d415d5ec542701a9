"""The plain words that fill a text's {placeholders}."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flows import timing
from flows.conditions import holds
from flows.course import lessons_done, lessons_left, next_addon, next_lesson, weeks
from flows.known import known_of
from flows.placeholders import PLACEHOLDER, parts_of, slots_in, value_of
from flows.program import Country, Line
from flows.rhythm import due_check
from flows.scene import Rows, Scene

UNKNOWN = "…"
"""What stands for an answer that is not known and has no other words; the checker lets none by."""


_WEEK = 7


def values_for(scene: Scene, text: str, /, **given: str) -> dict[str, str]:
    """The words for each slot of the text: given, the engine's, earlier answers, or its own."""
    return {slot: _value(scene, *parts_of(slot), given) for slot in slots_in(text)}


def plain(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders filled, marks left as written."""
    return PLACEHOLDER.sub(lambda found: value_of(found[1], values), text)


def message(scene: Scene, name: str, /, *, buttons: Rows = (), **given: str) -> Scene:
    """The scene after sending the fixed text of that name."""
    text = scene.release.text(name)
    return scene.send(text, values_for(scene, text, **given), buttons)


def worded(scene: Scene, name: str, /, **given: str) -> str:
    """The fixed text of that name with its placeholders filled."""
    text = scene.release.text(name)
    return plain(text, values_for(scene, text, **given))


def zone_of(scene: Scene) -> str:
    """The patient's time zone, UTC until they have told it."""
    return scene.state.zone


def day_words(scene: Scene, moment: datetime) -> str:
    """The weekday of a moment where the patient is, as the content spells it."""
    weekday = timing.local(moment, zone_of(scene)).isoweekday()
    return scene.release.messages.days[str(weekday)][0]


def country_of(scene: Scene) -> Country:
    """The patient's country, or the fallback `other`."""
    countries = scene.release.countries
    return countries.get(str(scene.state.answers.get("country", "other")), countries["other"])


def _value(scene: Scene, name: str, otherwise: str, given: dict[str, str]) -> str:
    if name in given:
        return given[name]
    if name in ENGINE:
        return ENGINE[name](scene) or otherwise
    return scene.state.words.get(name) or str(scene.state.answers.get(name, otherwise or UNKNOWN))


def _lines(scene: Scene) -> str:
    country = country_of(scene)
    emergency = worded(scene, "lines-emergency", number=country.emergency)
    return "\n".join([emergency, *(_line(scene, line) for line in country.lines)])


def _line(scene: Scene, line: Line) -> str:
    ways = {"call": line.call, "text": line.text, "chat": line.chat}
    said = [worded(scene, f"lines-{way}", number=to) for way, to in ways.items() if to]
    return worded(scene, "lines-line", name=line.name, ways=", ".join(said), line_hours=line.hours)


def _who_sees(scene: Scene) -> str:
    desk = scene.event.desk
    if not desk.staffed:
        return worded(scene, "who-sees-nobody")
    if not desk.hours:
        return worded(scene, "who-sees-unknown")
    return worded(scene, "who-sees-open" if desk.open else "who-sees-closed", hours=desk.hours)


def _local_time(scene: Scene) -> str:
    clock = f"{timing.local(scene.event.at, zone_of(scene)):%H:%M}"
    return worded(scene, "clock", time=clock, day=day_words(scene, scene.event.at))


def _suggestion(scene: Scene) -> str:
    for suggestion in scene.release.program.suggestions:
        if suggestion.when is None or holds(suggestion.when, known_of(scene)):
            return suggestion.text
    return ""


def _track_title(scene: Scene) -> str:
    track = scene.release.program.tracks.get(str(scene.state.answers.get("track")))
    return track.title if track else ""


def _title(scene: Scene, flow: str | None) -> str:
    return scene.release.flow(flow).title if flow else ""


def _minutes(scene: Scene, flow: str | None) -> str:
    return str(scene.release.flow(flow).minutes) if flow else ""


def _check_minutes(scene: Scene) -> str:
    check = due_check(scene)
    return _minutes(scene, check.flow if check else None)


def _lesson_opens(scene: Scene) -> str:
    opens = scene.state.lesson_opens_at
    if opens is None:
        return ""
    now, then = (timing.local_date(at, zone_of(scene)) for at in (scene.event.at, opens))
    day, days = day_words(scene, opens), (then - now).days
    # a weekday alone means the next one
    return worded(scene, "day-far", day=day, days=str(days)) if days >= _WEEK else day


def _tomorrow(scene: Scene) -> str:
    weekday = timing.local(scene.event.at, zone_of(scene)).isoweekday() % 7 + 1
    return scene.release.messages.days[str(weekday)][0]


ENGINE: dict[str, Callable[[Scene], str]] = {
    "lines": _lines,
    "emergency": lambda scene: country_of(scene).emergency,
    "who_sees": _who_sees,
    "hours": lambda scene: scene.event.desk.hours,
    "keeps": lambda scene: scene.event.desk.keeps,
    "local_time": _local_time,
    "suggestion": _suggestion,
    "track_title": _track_title,
    "lesson_title": lambda scene: _title(scene, next_lesson(scene)),
    "lesson_minutes": lambda scene: _minutes(scene, next_lesson(scene)),
    "lesson_opens": _lesson_opens,
    "lessons_done": lambda scene: str(lessons_done(scene)),
    "lessons_left": lambda scene: str(lessons_left(scene)),
    "weeks": lambda scene: str(weeks(scene)),
    "check_minutes": _check_minutes,
    "addon_title": lambda scene: _title(scene, next_addon(scene)),
    "addon_minutes": lambda scene: _minutes(scene, next_addon(scene)),
    "tomorrow": _tomorrow,
}
