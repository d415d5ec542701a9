"""A browser of few wits that looks at every page it finds a link to, and presses nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

HOST = "clinic.example.org"
MOST_PAGES = 80
TOO_MANY = 429
CLIENT = httpx.Client(trust_env=False, timeout=60, verify=False)  # noqa: S501 - no TLS on the way
_ONE_OF_MANY = re.compile(r"\d+")


@dataclass
class Form:
    """A form: how it is sent, where to, and the names of its fields."""

    method: str
    action: str
    fields: set[str] = field(default_factory=set)


class Looked(HTMLParser):
    """What a page is made of, as far as it matters here."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.forms: list[Form] = []
        self.inline: list[str] = []
        self.comments: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in one element."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.loads += [given[name] for name in ("src", "data", "poster") if name in given]
        if tag == "link":
            self.loads.append(given.get("href", ""))
        if tag == "form":
            self.forms.append(Form(given.get("method", "get").lower(), given.get("action", "")))
        if tag in {"input", "select", "textarea"} and self.forms:
            self.forms[-1].fields.add(given.get("name", ""))
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name[:2] == "on"]
        self.inline += [tag] * (tag == "style" or (tag == "script" and "src" not in given))

    def handle_comment(self, data: str) -> None:
        """Take in one comment."""
        self.comments.append(data)


@dataclass
class Browser:
    """Asks a served page by the name that it is known under, and keeps its own cookies."""

    root: str
    jar: dict[str, str] = field(default_factory=dict)
    set_cookies: list[str] = field(default_factory=list)

    def asks(
        self,
        method: str,
        path: str,
        more: Mapping[str, str] | None = None,
        *,
        waits: bool = True,
        **body: Any,
    ) -> httpx.Response:
        """What is answered; cookies go along although there is no TLS on the way."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        headers = {"host": HOST, "cookie": cookies, **(more or {})}
        while True:
            got = CLIENT.request(method, self.root + path, headers=headers, **body)
            CLIENT.cookies.clear()
            if got.status_code != TOO_MANY or not waits:
                break
            # the limits of the page hold for us too
            time.sleep(int(got.headers["retry-after"]))
        for line in got.headers.get_list("set-cookie"):
            self.set_cookies.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.jar[name] = value.strip('"')
        return got

    def enters(self, path: str) -> httpx.Response:
        """Press the button behind a link from the chat."""
        shown = self.asks("GET", path)
        secret = re.search(r'name="door" value="([^"]+)"', shown.text)
        assert secret is not None, shown.status_code
        return self.asks("POST", path, data={"door": secret[1]})

    def crawls(self, start: str) -> Iterator[tuple[str, httpx.Response]]:
        """Every page that can be reached from there; of those that differ by a number one."""
        waiting, known = [start], {start}
        while waiting and len(known) < MOST_PAGES:
            path = waiting.pop(0)
            got = self.asks("GET", path)
            yield path, got
            for link in found(path, got):
                kind = _ONE_OF_MANY.sub("0", link)
                if kind not in known:
                    known.add(kind)
                    waiting.append(link)


def found(path: str, got: httpx.Response) -> list[str]:
    """The addresses of the same host that a page leads to or loads."""
    if "html" not in got.headers.get("content-type", ""):
        return []
    looked = Looked(got.text)
    whole = [
        urlsplit(urljoin(f"https://{HOST}{path}", to)) for to in (*looked.links, *looked.loads)
    ]
    ours = [each for each in whole if each.netloc == HOST]
    return [each.path + (f"?{each.query}" if each.query else "") for each in ours]
