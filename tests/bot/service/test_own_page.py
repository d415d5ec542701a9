"""A patient's own data, as a page to read and as JSON: all that is theirs, and only that."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Person, Practice

EVIL = '<script src="https://evil.example/x.js"></script><img src=x onerror=alert(1)>'
THEIRS = "Between us: I think that this is going well."


def files(practice: Practice, person: Person) -> tuple[str, dict[str, Any]]:
    """The page and the data that this patient was sent last."""
    sent = [c for c in practice.messenger.taken_by(person.number) if c.kind == "document"]
    page, data = sent[-2:]
    return page.file.decode(), json.loads(data.file)


async def test_both_files_hold_what_is_theirs_and_when_others_wrote(
    open_practice: OpenPractice, tmp_path: Any
) -> None:
    """Every score stands in the page; words of theirs are text in it, whatever they are."""
    practice = open_practice(data_dir=tmp_path)
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "in-core-cbt")
    await ann.says(EVIL)
    await ann.says("/person")
    await ann.chooses("contact")
    await lee.says(THEIRS, to=ann.pseudonym)
    await lee.taps("Send")
    await ann.says("/mydata")

    page, data = files(practice, ann)

    assert [message["from"] for message in data["messages"]] == ["Dr Lee"]
    assert THEIRS not in page + json.dumps(data)
    assert data["scores"]
    for score in data["scores"]:
        if score["total"] is not None:
            assert f"<td>{round(score['total'], 1):g}</td>" in page
    assert EVIL in json.dumps(data, ensure_ascii=False).replace('\\"', '"')
    assert "&lt;script src=&quot;https://evil.example" in page
    assert not re.search(r"<(script|img|iframe|link|object|form)\b", page)
    assert re.findall(r'(?:src|href)="(?!#)', page) == []
    assert page.count("<h1") == 1
    assert '<html lang="en">' in page
    # each drawing says itself in words, and has its table
    assert page.count("<svg") == page.count('role="img" aria-label="') > 3


async def test_who_has_given_nothing_yet_gets_two_files_all_the_same(practice: Practice) -> None:
    """Each part says that it is empty."""
    ann = practice.person(1)
    await ann.says("/start")
    await ann.says("/mydata")

    page, data = files(practice, ann)

    assert data["scores"] == data["answers"] == []
    assert page.count("Nothing is kept here.") > 8
    assert "10 years" in page
