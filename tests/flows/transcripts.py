"""Whole conversations as files that a clinician can read, played again at every test.

A story says what the patient (and the care team, and the clock) did; everything else in it is what
the bot did, written by `pytest tests/flows --update` and read by people in the difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from flows.effects import (
    Agree,
    Cancel,
    Chart,
    Effect,
    Erase,
    Fact,
    File,
    GiveData,
    Keep,
    Nudge,
    Raise,
    Record,
    Relay,
    Reply,
    Send,
    Settle,
    Sheet,
    Skip,
    Toast,
)
from flows.program import Release
from flows.turn import Turn
from flows.wording import plain
from tests.flows.doors import taps_to
from tests.flows.player import Player
from tests.flows.starts import begin

DONE_BY_PEOPLE = (
    "you", "press", "forge", "reply", "edit", "sends",
    "clinician", "corrects", "takes over", "hands back", "offers", "settles", "reminds",
    "happens", "wait", "down", "note", "opens",
)  # fmt: skip
"""The side of a story that is written by hand; the rest is the bot's."""

LONGEST_LINE = 5000
"""A bubble is one line for each of its own, whatever its length: folding would move words."""

_CLOCKS = {"silence": "watch", "behind": "lesson watch", "overdue": "questions watch"}
"""What the clocks are called that only the care team hears of, by how their keys begin."""

_LONG = re.compile(r"(\d+) (minute|hour|day|week)s?")

Entry = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """One conversation: where it begins, what happens, and how it ends."""

    story: str
    start: str
    at: str
    team: str
    talk: tuple[Entry, ...]
    ends: str


def read_story(path: Path) -> Story:
    """The story in this file."""
    raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return Story(
        story=raw["story"],
        start=raw.get("from", "new"),
        at=raw.get("at", "2026-03-02 09:00 America/Toronto"),
        team=raw.get("team", "joined"),
        talk=tuple(raw["talk"]),
        ends=raw.get("ends", ""),
    )


def in_words(story: Story) -> str:
    """The story as its file should read."""
    head = {"story": story.story, "from": story.start, "at": story.at}
    head |= {"team": story.team} if story.team != "joined" else {}
    whole = head | {"talk": [_laid_out(entry) for entry in story.talk], "ends": story.ends}
    yaml, page = YAML(), StringIO()
    yaml.width, yaml.allow_unicode = LONGEST_LINE, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(whole, page)
    return page.getvalue()


def play(story: Story, release: Release) -> tuple[Story, Player]:
    """The story as it goes with this content, and the patient at its end."""
    at, zone = _moment(story.at)
    player = begin(release, story.start, at, zone=zone, staffed=story.team == "joined")
    talk = [entry for done in story.talk if _is_done(done) for entry in _go_on(player, done)]
    return (
        Story(story.story, story.start, story.at, story.team, tuple(talk), _where(player)),
        player,
    )


def _moment(text: str) -> tuple[datetime, str]:
    moment, _, zone = text.rpartition(" ")
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)), zone


def _is_done(entry: Entry) -> bool:
    return next(iter(entry)) in DONE_BY_PEOPLE


def _go_on(player: Player, done: Entry) -> Iterator[Entry]:
    """What was done, and after it everything the bot did."""
    yield done
    timed, told = "wait" in done or "down" in done, None
    for turned in _turns(player, done):
        if timed:
            told = player.now
            yield _clock(player)
        yield from (entry for effect in turned.effects for entry in _shown(player, effect))
    if timed and told != player.now:
        yield _clock(player)


def _clock(player: Player) -> Entry:
    return {"time": f"{player.local():%A %Y-%m-%d %H:%M}"}


def _turns(player: Player, done: Entry) -> Iterator[Turn]:
    match done:
        case {"note": _}:
            return
        case {"opens": exercise}:
            yield from _through_the_menu(player, str(exercise))
        case {"wait": "until the nudge"}:
            yield player.wait_for(player.state.nudge)
        case {"wait": "until the silence is noticed"}:
            yield player.wait_for(player.state.watch)
        case {"wait": str(long)}:
            yield from player.wait(_long(long))
        case {"down": str(long)}:
            yield from player.sleep(_long(long))
        case _:
            yield _turn(player, done)


def _through_the_menu(player: Player, exercise: str) -> Iterator[Turn]:
    yield player.say("/exercises")
    for choice in taps_to(player.release, exercise):
        yield player.choose(choice)


def _turn(player: Player, done: Entry) -> Turn:
    match done:
        case {"you": text}:
            return player.say(str(text))
        case {"press": label, **rest}:
            return player.press(str(label), str(rest.get("under", "")))
        case {"forge": data}:
            return player.forge(str(data))
        case {"reply": text}:
            return player.reply(str(text))
        case {"edit": text}:
            return player.edit(str(text))
        case {"sends": what, **rest}:
            return player.send(str(what), str(rest.get("caption", "")))
        case {"offers": name, "number": number, **rest}:
            return player.offered(number, name, **_offer(rest))
        case {"settles": number, "as": name, **values}:
            return player.offer_closed(number, str(name), **values)
        case {"reminds": name, **values}:
            return player.reminded(str(name), **values)
        case {"clinician": words}:
            name, _, text = str(words).partition(": ")
            return player.hear(name, text, replies=str(done.get("replies", "")))
        case {"corrects": words}:
            name, _, text = str(words).partition(": ")
            return player.hear(name, text, corrects=True)
        case {"takes over": name}:
            return player.taken_over(str(name))
        case {"hands back": name, **more}:
            return player.handed_back(str(name), **more)
        case {"happens": what}:
            return _HAPPENS[what](player)
        case _:
            raise ValueError(f"nobody knows how to play {done}")


def _offer(given: Entry) -> dict[str, Any]:
    """An offer as its event has it: what may be answered, what a yes changes, and other values."""
    what, _, value = str(given.get("changes", "")).partition(" ")
    values = {name: str(each) for name, each in given.items() if name not in {"choices", "changes"}}
    choices = tuple((str(key), label) for key, label in given["choices"].items())
    return {"choices": choices, "values": values, "change": (what, value) if value else None}


_HAPPENS = {
    "the patient blocks the bot": Player.block,
    "the patient unblocks the bot": Player.come_back,
    "the care team closes the alert": Player.clear,
}


def _long(text: str) -> timedelta:
    found = _LONG.fullmatch(text)
    assert found, f"'{text}' is no time to wait, like '3 hours'"
    return timedelta(**{f"{found[2]}s": int(found[1])})


def _shown(player: Player, effect: Effect) -> Iterator[Entry]:
    """The effect as an entry of the story; nothing for what nobody sees."""
    match effect:
        case Send():
            yield _bubble(effect)
        case Toast():
            yield {"toast": effect.text}
        case Record():
            yield {"records": {effect.key: effect.value}}
        case Agree():
            yield {"consent": f"version {effect.version}, {'agreed' if effect.agreed else 'no'}"}
        case Keep():
            yield {"score": _score(effect)}
        case Raise():
            yield _alert(player.release, effect)
        case Nudge():
            kind = _CLOCKS.get(effect.key.partition(":")[0], "nudge")
            yield {kind: f"{player.local(effect.due_at):%A %Y-%m-%d %H:%M}"}
        case Cancel(reason="replaced"):
            return
        case Cancel():
            kind = _CLOCKS.get(effect.key.partition(":")[0], "nudge")
            yield {kind: f"none any more ({effect.reason})"}
        case Skip():
            yield {"skipped": effect.reason}
        case Chart():
            yield {"picture": [f"{each.title} x{len(each.points)}" for each in effect.series]}
        case Sheet():
            yield {"picture": [effect.title, *(each.title for each in effect.series)]}
        case File(card=card):
            yield {"keeps": f"card {card.number}, {card.title}{_anew(effect.replaces)}"}
        case Relay():
            yield {"to the care team": effect.text}
        case Reply():
            yield {"answers": f"offer {effect.offer}: {effect.value}"}
        case GiveData():
            yield {"gives": "a copy of the data"}
        case Erase():
            yield {"erases": "all that is kept"}
        case Settle():
            return


def _anew(replaces: int | None) -> str:
    return "" if replaces is None else ", changed"


def _bubble(send: Send) -> Entry:
    labels = [button.label for row in send.buttons for button in row]
    bubble: Entry = {"bot": plain(send.text, send.values).strip()}
    return bubble | ({"buttons": _short(labels)} if labels else {})


def _short(labels: list[str]) -> list[str]:
    """The labels, a scale's numbers as one: `0 to 10`."""
    numbers = [label for label in labels if label.isdecimal()]
    if len(numbers) < 3:
        return labels
    others = [label for label in labels if not label.isdecimal()]
    return [f"{numbers[0]} to {numbers[-1]}", *others]


def _score(kept: Keep) -> str:
    total = "no total" if kept.score.total is None else f"{kept.score.total:.3g}"
    return f"{kept.score.measure} {total}{' (prorated)' if kept.score.prorated else ''}"


def _alert(release: Release, raised: Raise) -> Entry:
    entry: Entry = {"alert": f"{raised.rule} ({release.escalation.rule(raised.rule).tier})"}
    because = [_because(fact) for fact in raised.facts]
    return entry | ({"because": "; ".join(because)} if because else {})


def _because(fact: Fact) -> str:
    """What was measured, and which limit it went over, against which earlier score."""
    items = ", ".join(
        f"item {number}: {'no answer' if value is None else value}"
        for number, value in fact.items.items()
    )
    now = f"{fact.now:.3g}" if fact.now is not None else items
    change = f"{fact.change} against {' and '.join(fact.against)}" if fact.change else ""
    bound = f"rule {fact.bound}" if fact.bound else ""
    return ", ".join(filter(None, (f"{fact.measure} {now}", bound, change)))


def _where(player: Player) -> str:
    """The phase, and the question that is open or left for later."""
    state = player.state
    held = f", held by {state.held}" if state.held else ""
    held += f", {state.taken_by} writes" if state.taken_by else ""
    held += "".join(f", offer {offer.id} open" for offer in state.offers)
    if not state.stack:
        return f"{state.phase}, nothing open{held}"
    top = state.stack[-1]
    return f"{state.phase}, {'left at' if top.resting else 'at'} {top.flow} {top.step}{held}"


def _laid_out(entry: Entry) -> Entry:
    """The entry with long texts on lines of their own and lists on one line."""
    return {name: _laid_out_value(value) for name, value in entry.items()}


def _laid_out_value(value: Any) -> Any:
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    if isinstance(value, list):
        row = CommentedSeq(value)
        row.fa.set_flow_style()
        return row
    return value
