"""What a care team has beside its phones: a group, mailboxes, the clinic page, the alerts."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from bot.store import alerts, people, tries
from bot.store.alerts import Alert
from bot.store.unit import Unit
from tests.bot.mail.server import HOST
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.scripts import WELCOME
from tests.journeys.world import World

TEAM, SAM = "team@example.org", "sam@example.org"
RED = "Red: act now"
LINK = re.compile(r"/clinic/enter/\S+")
CHOICE = re.compile(r'<option value="(\d+)"[^>]*>\s*([^<]+?)\s*</option>')
Tried = list[tuple[int, str, str]]
Told = list[tuple[int, str, str | None]]


class Room:
    """A group of the team's, as its members see it."""

    def __init__(self, world: World, title: str, *members: Person) -> None:
        self.world, self.first = world, members[0]
        numbers = [each.number for each in members]
        self.number: int = world.do("groups", title=title, members=numbers)["group"]

    def joins(self) -> None:
        """Join the team by a code that somebody sends there."""
        invited = self.world.bot.runs("invite", "group", "Pain team")
        assert invited.returncode == 0, invited.stderr
        code = invited.stdout.splitlines()[-1]
        self.says(self.first, f"/start@paceful_sandbox_bot {code}")
        until(lambda: any("joined as Pain team" in text for text in self.texts), "it is welcomed")

    def says(self, member: Person, text: str) -> None:
        """A member writes to all."""
        self.world.do("group-say", group=self.number, user=member.number, text=text)

    def taps(self, member: Person, label: str) -> None:
        """A member taps the newest button with that label."""
        for told in reversed(self._messages()):
            data = {b["text"]: b["callback_data"] for row in told["buttons"] for b in row}
            if label in data:
                place = {"group": self.number, "message_id": told["message_id"]}
                self.world.do("group-tap", user=member.number, data=data[label], **place)
                return
        raise AssertionError(f"there is no button {label!r} in the group")

    def puts_bot_out(self, *, silently: bool = False) -> None:
        """Its first member puts the bot out."""
        who = {"group": self.number, "user": self.first.number}
        self.world.do("group-kick", silently=silently, **who)

    def becomes_supergroup(self, *, silently: bool = False) -> None:
        """Its first member changes a setting that only supergroups have."""
        who = {"group": self.number, "user": self.first.number}
        self.number = self.world.do("group-upgrade", silently=silently, **who)["group"]

    @property
    def texts(self) -> list[str]:
        """What the bot says there."""
        return [told["text"] for told in self._messages() if told["from"] == "bot"]

    def _messages(self) -> list[dict[str, Any]]:
        return list(self.world.see(f"group/{-self.number}")["messages"])


@dataclass
class Page:
    """The clinic page in a browser of somebody's; a tap on `/page` in their chat opened it."""

    world: World
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, world: World, person: Person) -> Page:
        """The page as this person sees it who has just signed in."""
        page = cls(world)
        person.says("/page")
        found = LINK.search(person.sees().with_words("/clinic/enter/").text)
        assert found
        door = re.search(r'name="door" value="([^"]+)"', page.asks("GET", found[0]).text)
        assert door
        assert page.asks("POST", found[0], {"door": door[1]}).status_code == 303
        return page

    def shows(self, path: str) -> str:
        """The page at that path, which must be there."""
        answer = self.asks("GET", path)
        assert answer.status_code == 200, (path, answer.status_code)
        return html.unescape(answer.text)

    def secret(self) -> str:
        """What every form of this session must bring along."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.shows("/clinic/sessions"))
        assert found
        return found[1]

    def does(self, path: str, secret: str = "", **form: str) -> str:
        """The notice that comes of a form, or the status of the page that says why not."""
        answer = self.asks("POST", path, {"csrf": secret or self.secret(), **form})
        if answer.status_code != 303:
            return str(answer.status_code)
        return parse_qs(urlsplit(answer.headers["location"]).query)["said"][0]

    def asks(self, method: str, path: str, form: dict[str, str] | None = None) -> httpx.Response:
        """What the page answers, with this browser's cookies; those that it sets are kept."""
        # by hand: a client keeps secure cookies from a plain connection on this machine
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        url = f"{self.world.bot.url}{path}"
        headers = {"cookie": cookies} if cookies else {}
        answer = self.world.client.request(method, url, data=form, headers=headers)
        for line in answer.headers.get_list("set-cookie"):
            self.cookies |= {name: each.value for name, each in SimpleCookie(line).items()}
        return answer


def puts_on_rota(page: Page, *names: str) -> None:
    """These are on call at every hour of the week, in this order, as a lead says on the page."""
    ids = {name: number for number, name in CHOICE.findall(page.shows("/clinic/rota"))}
    secret = page.secret()
    for place, name in enumerate(names):
        for day in range(8):
            hours = {"start": "00:00", "until": "00:00"}
            who = {"clinician": ids[name], "day": str(day), "place": str(place)}
            assert page.does("/clinic/rota/shifts", secret, **hours, **who) == "rota-changed"


def mailing(port: int) -> dict[str, Any]:
    """The settings with which e-mail goes out there."""
    return {
        "SMTP_URL": f"smtp://{HOST}:{port}",
        "MAIL_FROM": "bot@example.org",
        "ALERT_MAIL": TEAM,
        "OPERATOR_MAIL": SAM,
    }


def in_need(world: World) -> Person:
    """A patient who has just said what makes a red alert."""
    patient = world.patient()
    patient.answers(*WELCOME, "I want to die")
    return patient


def alert_of(world: World, patient: Person) -> Alert:
    """The patient's first alert as it stands now."""
    patient_id = world.kept(patient).records.patient.id
    return world.read(lambda unit: alerts.of_patient(unit, patient_id)[0])


def moves_of(world: World, alert: Alert) -> list[str]:
    """The moves of its life, in order."""
    return world.read(lambda unit: [each.move for each in alerts.moves(unit, alert.id)])


def tried(world: World, patient: Person) -> Tried:
    """Each try to reach somebody about the patient's first alert: hop, channel, what became."""
    alert = alert_of(world, patient)
    found = world.read(lambda unit: tries.of_alert(unit, alert.id))
    return [(each.hop, each.channel, each.state) for each in found]


def told(world: World, alert: Alert, begin: int = 0) -> Told:
    """Each try from there on, sorted within its hop: hop, channel, whom; all of them arrived."""

    def found(unit: Unit) -> Told:
        names = {each.id: each.name for each in people.clinicians(unit)}
        made = tries.of_alert(unit, alert.id)[begin:]
        assert {each.state for each in made} <= {tries.SENT}, made
        return [(each.hop, each.channel, names.get(each.clinician_id or 0)) for each in made]

    return sorted(world.read(found), key=lambda each: (each[0], each[1], each[2] or ""))


def name_of(world: World, patient: Person) -> str:
    """The name by which clinicians know the patient."""
    return str(world.kept(patient).records.patient.pseudonym)
