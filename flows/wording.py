"""The plain words that fill a text's {placeholders}."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flows import timing
from flows.conditions import holds
from flows.placeholders import PLACEHOLDER, names_in
from flows.program import Country, Line, Release
from flows.scene import Rows, Scene


def values_for(scene: Scene, text: str, /, **given: str) -> dict[str, str]:
    """The words for each placeholder in the text: given ones, the engine's, or earlier answers."""
    return {name: _value(scene, name, given) for name in names_in(text)}


def plain(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders filled, marks left as written."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)


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
    return str(scene.state.answers.get("zone", "UTC"))


def day_words(scene: Scene, moment: datetime) -> str:
    """The weekday of a moment where the patient is, as the content spells it."""
    weekday = timing.local(moment, zone_of(scene)).isoweekday()
    return scene.release.messages.days[str(weekday)][0]


def country_of(scene: Scene) -> Country:
    """The patient's country, or the fallback `other`."""
    countries = scene.release.countries
    return countries.get(str(scene.state.answers.get("country", "other")), countries["other"])


def _value(scene: Scene, name: str, given: dict[str, str]) -> str:
    if name in given:
        return given[name]
    if name in ENGINE:
        return ENGINE[name](scene)
    return scene.state.words.get(name) or str(scene.state.answers.get(name, "…"))


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
        if suggestion.when is None or holds(suggestion.when, scene.state):
            return suggestion.text
    return ""


def _track_title(scene: Scene) -> str:
    track = scene.release.program.tracks.get(str(scene.state.answers.get("track")))
    return track.title if track else ""


def next_lesson(release: Release, scene: Scene) -> str | None:
    """The first lesson of the patient's track that is not finished, or None."""
    track = release.program.tracks.get(str(scene.state.answers.get("track")))
    lessons = track.lessons if track else ()
    return next((lesson for lesson in lessons if scene.state.finished(lesson) is None), None)


def _lesson_title(scene: Scene) -> str:
    lesson = next_lesson(scene.release, scene)
    return scene.release.flow(lesson).title if lesson else ""


def _lesson_minutes(scene: Scene) -> str:
    lesson = next_lesson(scene.release, scene)
    return str(scene.release.flow(lesson).minutes) if lesson else ""


def _lesson_opens(scene: Scene) -> str:
    opens = scene.state.lesson_opens_at
    return day_words(scene, opens) if opens else ""


def _tomorrow(scene: Scene) -> str:
    weekday = timing.local(scene.event.at, zone_of(scene)).isoweekday() % 7 + 1
    return scene.release.messages.days[str(weekday)][0]


ENGINE: dict[str, Callable[[Scene], str]] = {
    "lines": _lines,
    "emergency": lambda scene: country_of(scene).emergency,
    "who_sees": _who_sees,
    "hours": lambda scene: scene.event.desk.hours,
    "local_time": _local_time,
    "suggestion": _suggestion,
    "track_title": _track_title,
    "lesson_title": _lesson_title,
    "lesson_minutes": _lesson_minutes,
    "lesson_opens": _lesson_opens,
    "tomorrow": _tomorrow,
}
