"""A lead who opens the clinic page once a day and looks around."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.journeys.people import Person as Phone
from tests.journeys.world import World

LINK = re.compile(r"http://\S+/clinic/enter/\S+")
SECRET = re.compile(r'name="door" value="([^"]+)"')
PATIENT = re.compile(r'href="(/clinic/patients/[a-z]+-[a-z]+-\d+)"')
PAGES = ("/clinic/today", "/clinic/rules", "/clinic/workload", "/clinic/audit", "/clinic/patients")
TABS = ("", "/timeline", "/thread", "/letter")


@dataclass
class Browser:
    """A browser that keeps its cookies although there is no TLS on the way."""

    world: World
    phone: Phone
    settles: Callable[[], None]
    """Waits until the bot has done what it was asked for, and lets time go on where it must."""

    pages: int = 0
    jar: dict[str, str] = field(default_factory=dict)

    def looks_around(self) -> None:
        """Sign in by a link from the chat, and look at every page and at one patient."""
        link = self._link()
        secret = SECRET.search(self._get(link))
        assert secret is not None
        with self._client() as client:
            answer = client.post(link, data={"door": secret[1]})
            assert answer.status_code == 303, answer.status_code
            self._keep(answer)
        shown = [self._get(self.world.bot.url + page) for page in PAGES]
        found = PATIENT.findall(shown[-1])
        for tab in TABS if found else ():
            self._get(self.world.bot.url + found[0] + tab)

    def _link(self) -> str:
        """The new link."""
        before = len(self._links())
        self.phone.says("/page")
        self.settles()
        links = self._links()
        last = [bubble.text for bubble in self.phone.everything().bubbles[-3:]]
        assert len(links) > before, f"the chat shows no link to the page, but {last}"
        return links[-1]

    def _links(self) -> list[str]:
        found = (LINK.search(bubble.text) for bubble in self.phone.everything())
        return [link[0] for link in found if link]

    def _get(self, address: str) -> str:
        with self._client() as client:
            answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        self._keep(answer)
        self.pages += 1
        return answer.text

    def _client(self) -> httpx.Client:
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        return httpx.Client(headers={"cookie": cookies}, trust_env=False, timeout=30)

    def _keep(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.jar[name] = value.strip('"')
