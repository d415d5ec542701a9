"""The instance under attack: the real bot with its webhook and page, a team, and its patients."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.content.packs import TINY
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.scripts import WELCOME
from tests.journeys.team import Page
from tests.journeys.world import World

SECRET = "a-secret-of-the-webhook-nobody-else-knows"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
NEED = "I want to die, and nobody must read of the oboe"
RELOOK = timedelta(minutes=11)
"""After so long a look at the same page is a new one, and a page is closed before long."""
Rows = list[tuple[Any, ...]]
LIVELY = frozenset(
    {
        *("alembic_version", "audit", "marks", "page_sessions", "replicas", "gaps"),
        "sqlite_sequence",
    }
)
"""What changes by itself, or by being looked at."""


@dataclass
class Siege:
    """One world for all attacks; each brings people of its own."""

    world: World
    folder: Path
    lead: Person = field(init=False)
    main: Person = field(init=False)
    lee: Person = field(init=False)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    def begins(cls, folder: Path) -> Siege:
        """A program by invitation, with a lead, a clinician of its patients, and another one."""
        home = folder / "home"
        home.mkdir()
        world = World.begins(
            home,
            LOG_LEVEL="DEBUG",
            ENROLMENT="invite",
            DATABASE_URL=f"sqlite:///{home / 'paceful.sqlite3'}",
            WEBHOOK_URL="http://127.0.0.1:{port}/telegram",
            WEBHOOK_SECRET=SECRET,
        )
        siege = cls(world, folder)
        siege.lead = world.clinician("Lead Low", "lead")
        siege.main, siege.lee = world.clinician("Doctor Main"), world.clinician("Doctor Lee")
        return siege

    def ends(self) -> None:
        """Stop whatever runs."""
        self.world.ends()

    def code(self, kind: str = "patient", *name: str) -> str:
        """A new code, as an operator makes it."""
        made = self.runs("invite", kind, *name)
        assert made.returncode == 0, made.stderr
        return made.stdout.splitlines()[-1]

    def patient(self, *more: str) -> Person:
        """A patient who has agreed, and then wrote or tapped the rest."""
        person = self.world.patient()
        start, *others = WELCOME
        person.answers(f"{start} {self.code()}", *others, *more)
        return person

    @cached_property
    def victim(self) -> Person:
        """A patient of Doctor Main's with an open alert, whom nobody else looks after."""
        victim = self.patient(NEED)
        done = self.page_of(self.lead).does(f"{self.path_to(victim)}/assign", who="2", once="v")
        assert done == "assigned"
        return victim

    def name_of(self, patient: Person) -> str:
        """The name by which clinicians know the patient."""
        return str(self.world.kept(patient).records.patient.pseudonym)

    def path_to(self, patient: Person) -> str:
        """The address of the patient's page."""
        return f"/clinic/patients/{self.name_of(patient)}"

    def is_stranger(self, person: Person) -> bool:
        """Whether nobody was made a patient of this person, or a member of the team."""
        lookup = self.world.read(lambda unit: unit.vault.lookup("telegram", str(person.number)))
        query = "SELECT patient_id, clinician_id FROM contacts WHERE lookup = ?"
        return self.rows(query, lookup) in ([], [(None, None)])

    def page_of(self, person: Person) -> Page:
        """The clinic page in a browser in which this person has just signed in."""
        return Page.of(self.world, person)

    def thread_of(self, page: Page, patient: Person) -> str:
        """The page with what patient and team wrote to each other, as it is sent."""
        path = self.path_to(patient)
        asked = {"csrf": page.secret(), "what": "thread"}
        assert page.asks("POST", f"{path}/show", asked).status_code == 303
        return page.asks("GET", f"{path}/thread").text

    def link_of(self, person: Person) -> str:
        """The path of a new link to the page, as it stands in their chat."""
        person.says("/page")
        told = person.sees().with_words("/clinic/enter/").text
        return "/clinic/enter/" + told.partition("/clinic/enter/")[2].split()[0]

    def lets_pass(self, time: timedelta = RELOOK) -> None:
        """Let so much time pass at once."""
        self.world.lets_pass(time)
        self.world.until_quiet()

    @property
    def file(self) -> Path:
        """The database."""
        return self.world.bot.folder / "paceful.sqlite3"

    @cached_property
    def doubts(self) -> set[str]:
        """What `paceful check` says of the small content that nobody attacked: dates that pass."""
        return self.mistakes(TINY)[1]

    def mistakes(self, pack: Path) -> tuple[int, set[str], str]:
        """Exit status of `paceful check`, each mistake without the folder's name, and all of it."""
        told = self.runs("check", str(pack))
        words = told.stdout + told.stderr
        lines = {line.replace(f"{pack}/", "") for line in words.splitlines()}
        return told.returncode, {line for line in lines if not line.startswith("warning:")}, words

    def rows(self, query: str, *values: object) -> Rows:
        """What the database holds, as whoever has its file reads it."""
        with closing(sqlite3.connect(self.file, timeout=30)) as opened:
            return opened.execute(query, values).fetchall()

    def changes(self, order: str, *values: object) -> None:
        """Change the database under the running service, as whoever has its file can."""
        with closing(sqlite3.connect(self.file, timeout=30)) as opened, opened:
            assert opened.execute(order, values).rowcount

    def copy(self) -> Path:
        """A copy of the database, which the attacker may change at leisure."""
        copied = self.folder / f"copy-{next(self.numbers)}.sqlite3"
        with closing(sqlite3.connect(self.file)) as ours, closing(sqlite3.connect(copied)) as other:
            ours.backup(other)
        return copied

    def all_kept(self) -> dict[str, Rows]:
        """Every table but those that change by themselves."""
        tables = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = sorted({name for (name,) in tables} - LIVELY)
        return {name: self.rows(f"SELECT * FROM {name}") for name in names}  # noqa: S608

    def changed_since(self, before: dict[str, Rows]) -> set[str]:
        """The tables that changed since then."""
        return {name for name, rows in self.all_kept().items() if rows != before.get(name)}

    def runs(self, *words: str, **settings: str) -> CompletedProcess[str]:
        """What a command of an operator's said, with other settings than the service's."""
        with self._with(settings):
            return self.world.bot.runs(*words)

    def brings(self, update: dict[str, Any], secret: str = SECRET) -> int:
        """The status with which the webhook answers to this update."""
        headers = {HEADER: secret}
        url = f"{self.world.bot.url}/telegram"
        return self.world.client.post(url, json=update, headers=headers).status_code

    def wait(self, outcome: str, so_many: int) -> None:
        """Wait until so many arrivals came to this."""
        query = "SELECT count(*) FROM inbox WHERE outcome = ?"
        until(lambda: self.rows(query, outcome)[0][0] >= so_many, f"{so_many} are {outcome}")

    @property
    def log(self) -> str:
        """Everything that the service has logged."""
        return self.world.bot.log.read_text()

    @contextmanager
    def _with(self, settings: dict[str, str]) -> Iterator[None]:
        before = dict(self.world.bot.settings)
        self.world.bot.settings.update(settings)
        try:
            yield
        finally:
            self.world.bot.settings.clear()
            self.world.bot.settings.update(before)
