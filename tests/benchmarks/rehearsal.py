"""Patients who are enrolled beforehand, and the script of what they do: both by the real service.

Whatever the script says was lived through once, so that it is known how many bubbles answer each
act, and a turn counts as answered when the last of them came.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from pydantic import SecretStr

from bot.app import open_store
from bot.keys import Vault, new_key
from bot.settings import Settings
from bot.simulation.answering import open_question
from flows.answers import LEAVE, choices_of
from flows.events import Said
from flows.scene import Scene
from flows.steps import Question, Rate, Write
from tests.benchmarks.chats import FIRST_CHAT, Act, Script
from tests.benchmarks.processes import ROOT
from tests.bot.service.practice import Person, Practice
from tests.flows.starts import STARTS, real_release

LAST = "at-times-cbt"
LESSON = "/lesson"
EXERCISES = "/exercises"
SECTIONS = 3
"""How many sections of the exercises are gone through in a round."""
LONGEST = 80
PAUSE = timedelta(seconds=4)
FOLDER = ROOT / "build" / "rehearsed"
FILE = "paceful.sqlite3"
KEPT = "rehearsal.json"
FRESH_SECONDS = 4 * 3600
"""Within so long nothing falls due for the patients of a rehearsal."""


class Rehearsal:
    """A database with enrolled patients in a folder, the key to it, and the script."""

    def __init__(self, folder: Path, patients: int) -> None:
        self._folder, self._patients, self.key = folder, patients, new_key()
        self.script = Script(())

    @classmethod
    def of(cls, folder: Path, patients: int) -> Rehearsal:
        """The one that lies in the folder if it is fresh, or a new one."""
        made, kept = cls(folder, patients), folder / KEPT
        told = orjson.loads(kept.read_bytes()) if kept.is_file() else {}
        if told.get("patients") == patients and time.time() - kept.stat().st_mtime < FRESH_SECONDS:
            made.key, made.script = told["key"], Script.from_json(told["script"])
        else:
            made.prepare()
        return made

    @property
    def file(self) -> Path:
        """The database as it is before anybody plays."""
        return self._folder / FILE

    def settings(self, folder: Path, url: str) -> dict[str, str]:
        """What the service needs to run on a copy of the database in that folder."""
        shutil.copy(self.file, folder / FILE)
        return self.settings_on(f"sqlite:///{folder / FILE}", folder, url)

    def settings_on(self, database: str, folder: Path, url: str) -> dict[str, str]:
        """What the service needs to run on that database, with that folder for its data."""
        return {
            "BOT_TOKEN": "123456789:" + "b" * 35,
            "BOT_API_URL": url,
            "DATA_DIR": str(folder),
            "DATABASE_URL": database,
            "SECRET_KEYS": self.key,
            "HTTP_PORT": "0",
            "COUNTRY": "CA",
            "LOG_LEVEL": "WARNING",
        }

    def prepare(self) -> None:
        """Enrol everybody, and write the script."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self.live(f"sqlite:///{self.file}")
        told = {"patients": self._patients, "key": self.key, "script": self.script.as_json()}
        (self._folder / KEPT).write_bytes(orjson.dumps(told))

    def live(self, url: str) -> None:
        """Enrol everybody in that empty database, and find the script."""
        settings = Settings(
            data_dir=self._folder, database_url=SecretStr(url), secret_keys=SecretStr(self.key)
        )
        store = open_store(settings)
        try:
            practice = Practice(store, Vault([self.key]), real_release())
            practice.clock.moment = datetime.now(UTC)
            asyncio.run(self._lives(practice))
        finally:
            store.close()

    async def _lives(self, practice: Practice) -> None:
        # one more, who is never heard of again, goes first
        guide, *others = (practice.person(FIRST_CHAT - 1 + n) for n in range(self._patients + 1))
        for act in way(practice.clock.now()):
            await _all_do(practice, [guide, *others], act)
        self.script = await _script(practice, guide)


def way(now: datetime) -> Iterator[str]:
    """What everybody does up to the first lesson; nothing is due within half a day after it."""
    far = now + timedelta(hours=7)
    place, acts = LAST, [f"{far:%H}:00", "=1,2,3,4,5,6,7", "=standard", "=wait"]
    while place:
        place, before = STARTS[place]
        acts = [*before, *acts]
    yield from acts


async def _script(practice: Practice, guide: Person) -> Script:
    first = await _session(practice, guide, LESSON, None)
    rounds = [await _exercises(practice, guide) for _ in range(3)]
    assert rounds[1] == rounds[2], "what is done again is not answered alike"
    return Script((*first, *rounds[0], *rounds[1]), len(first) + len(rounds[0]))


async def _exercises(practice: Practice, guide: Person) -> list[Act]:
    lived = [await _session(practice, guide, EXERCISES, place) for place in range(SECTIONS)]
    return [act for session in lived for act in session]


async def _session(
    practice: Practice, guide: Person, command: str, section: int | None
) -> list[Act]:
    """Everything from this command until no question is open, as it was answered."""
    lived = [await _does(practice, guide, command)]
    while (question := open_question(practice.site.release, guide.state)) is not None:
        assert len(lived) < LONGEST, f"no end to {command}: {lived[-4:]}"
        place = 0 if section and len(lived) > 1 else section
        lived.append(await _does(practice, guide, _answer(practice, guide, question, place)))
    return lived


def _answer(practice: Practice, guide: Person, question: Question, place: int | None) -> str:
    if isinstance(question, Rate):
        return f"={question.scale[1] - 3}"
    scene = Scene(practice.site.release, Said(at=practice.clock.now(), text=""), guide.state)
    shown = choices_of(scene, question)
    values = [value for value in shown if value not in LEAVE]
    # in the lesson they write, later they tap an example: in a race nobody may seem to flood
    if isinstance(question, Write) and (place is None or not values):
        return "after a cup of tea in the garden"
    return f"={values[place or 0]}"


async def _does(practice: Practice, guide: Person, act: str) -> Act:
    guide.news()
    practice.clock.moment += PAUSE
    await _all_do(practice, [guide], act)
    shown = len(guide.news())
    return Act(choice=act[1:], bubbles=shown) if act[:1] == "=" else Act(act, bubbles=shown)


async def _all_do(practice: Practice, everybody: Sequence[Person], act: str) -> None:
    """All of them do the same; they are at the same place, so that one look tells for all."""
    data = f"{everybody[0].state.asked}.{act[1:]}" if act[:1] == "=" else ""
    acts = [each.tapped(data) if data else each.wrote(act) for each in everybody]
    await practice.arrives(*acts)
