"""What whoever has the database, a backup or the network may try, without the keys."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from bot.keys import new_key
from bot.service import auditing
from tests.journeys.people import Person
from tests.red_team.attack import Actor
from tests.red_team.siege import HEADER, NEED, SECRET, Siege

OPERATORS = Actor("O", "operator, network")
OTHER = 6_100_000_001
"""A number of nobody's."""
EVIL = "evil.example"


@OPERATORS.tries(
    "S",
    "calls the webhook without its secret, with a wrong one, or with the secret elsewhere",
    "401 before the body is read; compared in constant time",
)
def a_false_webhook(siege: Siege) -> None:
    """Nothing is kept of what such a call brings."""
    url, before = f"{siege.world.bot.url}/telegram", siege.rows("SELECT count(*) FROM inbox")
    update = said(OTHER, NEED, 901)
    for wrong in ("", "x", SECRET[:-1], f"{SECRET}x", SECRET.upper(), "é"):
        assert _post(url, update, {HEADER: wrong.encode()}) == 401, wrong
    assert _post(url, update, {}) == 401
    assert _post(f"{url}?secret_token={SECRET}", update, {}) == 401
    assert _post(url, update, {"Authorization": f"Bearer {SECRET}"}) == 401
    assert siege.world.client.get(url, headers={HEADER: SECRET}).status_code == 405
    assert siege.rows("SELECT count(*) FROM inbox") == before


@OPERATORS.tries(
    "T",
    "sends a captured update again, one with a negative number, and words in a patient's name "
    "from a channel or a group",
    "an update counts once; who spoke is read from private chats only",
)
def replayed_and_spoofed(siege: Siege) -> None:
    """One turn for five calls, and no turn for words that only look like the patient's."""
    patient = siege.patient()
    once = said(patient.number, "the viola is in tune", 950_000_001)
    assert {siege.brings(once) for _ in range(5)} == {200}
    siege.world.until_quiet()
    assert times_said(siege, patient, "the viola is in tune") == 1

    who = {"id": patient.number, "is_bot": False, "first_name": "x"}
    group = {"id": -77_001, "type": "supergroup", "title": "x"}
    channel = {"id": -1_001_000_000_777, "type": "channel", "title": "x"}
    spoofs: list[dict[str, Any]] = [
        {"channel_post": message(channel, {"text": NEED, "sender_chat": channel})},
        {"channel_post": message(channel, {"text": NEED, "from": who})},
        {"message": message(group, {"text": NEED, "from": who})},
        {"message": message({**group, "id": patient.number}, {"text": NEED, "from": who})},
        {"message": message({"id": -patient.number, "type": "private"}, {"text": NEED})},
    ]
    for number, spoof in enumerate(spoofs):
        assert siege.brings({"update_id": 950_000_100 + number, **spoof}) == 200
    assert siege.brings(said(patient.number, "a negative number", -5)) == 200
    assert siege.brings(said(-patient.number, NEED, 950_000_200)) == 200
    siege.world.until_quiet()
    kept = siege.world.kept(patient)
    assert kept.alerted == []
    assert NEED not in str(kept.journal)


@OPERATORS.tries(
    "D",
    "brings two megabytes, a hundred thousand brackets, half a letter, or no JSON at all",
    "413 above a megabyte; junk is kept aside, once, and holds up nobody",
)
def a_heavy_update(siege: Siege) -> None:
    """The service lives, and a patient is answered behind all of it."""
    patient = siege.patient()
    url, headers = f"{siege.world.bot.url}/telegram", {HEADER: SECRET}
    large = json.dumps(said(OTHER, "x" * (2 << 20), 951_000_001)).encode()
    assert siege.world.client.post(url, content=large, headers=headers).status_code == 413
    deep = b'{"update_id":951000002,"message":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    junk = (deep, b'{"update_id":951000003,"message":{"text":"\\ud800"}}', b"\xff\xfe", b"", b"[]")
    for body in junk:
        assert siege.world.client.post(url, content=body, headers=headers).status_code == 200
    assert "What would you like to do?" in patient.answers("/menu")
    assert siege.world.bot.health()["inbox"] == 0


@OPERATORS.tries(
    "I",
    "asks for files outside of the page's own folder",
    "static files are looked up below one folder, and nothing else is served",
)
def a_path_to_files(siege: Siege) -> None:
    """Written in each usual way, past any client that would mend it."""
    before = "/clinic/static/"
    ways = ("../frame.py", "..%2fframe.py", "%2e%2e/frame.py", "%2e%2e%2fframe.py")
    more = ("..%5cframe.py", "....//frame.py", "/etc/passwd", "%2fetc%2fpasswd", "..%00/frame.py")
    for way in (*ways, *more, "../" * 12 + "etc/passwd", "%2e%2e%2f" * 12 + "etc/passwd"):
        answer = _asks(siege, f"GET {before}{way} HTTP/1.1")
        assert b" 404 " in answer.split(b"\r\n", 1)[0] or b" 400 " in answer[:20], way
        assert b"root:" not in answer
        assert b"from starlette" not in answer
    for path in ("/.env", "/paceful.sqlite3", "/docs", "/openapi.json", "/clinic/static"):
        assert siege.world.client.get(siege.world.bot.url + path).status_code in {404, 405}, path


@OPERATORS.tries(
    "S",
    "names another host in the request, to have links or redirects lead there",
    "links are made of PUBLIC_URL, redirects are paths; the request's host is never written out",
)
def another_host(siege: Siege) -> None:
    """In the page, its redirects, the door, and the link in the chat."""
    link = siege.link_of(siege.lee)
    for path in ("/clinic", "/clinic/", "/clinic/today", "/clinic/nowhere", link, "/healthz"):
        more = f"X-Forwarded-Host: {EVIL}\r\nForwarded: host={EVIL}\r\nX-Original-URL: //{EVIL}/"
        answer = _asks(siege, f"GET {path} HTTP/1.1", host=EVIL, more=more)
        assert EVIL.encode() not in answer, path
    answer = _asks(siege, f"GET //{EVIL}/%2e%2e HTTP/1.1")
    assert b"location: //" not in answer.lower()
    url = urlsplit(siege.lee.everything().with_words("/clinic/enter/").text.split()[-1])
    assert EVIL not in url.netloc


@OPERATORS.tries(
    "R",
    "edits, deletes or replaces an entry of the audit; takes the triggers off first; cuts the end",
    "triggers refuse; the chain names the first wrong entry; signed heads find a cut or new chain",
)
def a_changed_audit(siege: Siege) -> None:
    """In the running database by force, in copies at leisure."""
    for order in ("UPDATE audit SET act = 'x'", "DELETE FROM audit", REPLACES):
        with pytest.raises(sqlite3.DatabaseError, match="only ever added to"):
            siege.changes(order)
    heads = siege.folder / "heads.jsonl"
    _head(siege, heads)
    for order in (
        "UPDATE audit SET act = 'read-audit' WHERE id = 3",
        "UPDATE audit SET at = (SELECT at FROM audit WHERE id = 1) WHERE id = 4",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM audit WHERE id > (SELECT max(id) - 2 FROM audit)",
    ):
        copied = siege.copy()
        with closing(sqlite3.connect(copied)) as file, file:
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                file.execute(f"DROP TRIGGER {name}")
            file.execute(order)
        url = f"sqlite:///{copied}"
        found = siege.runs("audit", "verify", "--heads", str(heads), DATABASE_URL=url)
        assert found.returncode == 1, (order, found.stdout)
    whole = siege.runs("audit", "verify", "--heads", str(heads))
    assert whole.returncode == 0, whole.stderr


@OPERATORS.tries(
    "I",
    "moves sealed values between rows and patients, and swaps look-ups, to read them in a chat "
    "of their own",
    "each value is bound to its place; a chat to its look-up; what does not open is not shown",
)
def moved_values(siege: Siege) -> None:
    """The victim's state and answers in the attacker's rows, then the attacker's look-up."""
    victim, mallory = (
        siege.patient("/person", "Write to them", "read of the sackbut"),
        siege.patient(),
    )
    theirs, mine = (siege.world.kept(each).records.patient.id for each in (victim, mallory))
    before = mallory.everything().texts
    own = siege.rows("SELECT state, turn, wrapped_key FROM patients WHERE id = ?", mine)
    siege.changes(MOVES.format(column="state"), theirs, mine)
    dead = siege.rows("SELECT count(*) FROM inbox WHERE outcome = 'dead'")[0][0]
    mallory.says("/mydata")
    siege.wait("dead", dead + 1)
    siege.changes(MOVES.format(column="wrapped_key"), theirs, mine)
    mallory.says("/mydata")
    siege.wait("dead", dead + 2)
    order = "UPDATE patients SET state = ?, turn = ?, wrapped_key = ? WHERE id = ?"
    siege.changes(order, *own[0], mine)
    _swap_lookups(siege, theirs, mine)
    mallory.says("/mydata")
    siege.wait("dead", dead + 3)
    _swap_lookups(siege, theirs, mine)

    shown = mallory.everything()
    assert [bubble for bubble in shown if bubble.kind == "document"] == []
    assert "sackbut" not in " ".join(shown.texts[len(before) :])
    assert "What would you like to do?" in victim.answers("/menu")


@OPERATORS.tries(
    "E",
    "starts the service on the database with keys of their own, or with none",
    "the database knows its key's name: nothing starts, and not a byte is written",
)
def other_keys(siege: Siege) -> None:
    """The commands and the service, on a copy."""
    copied = siege.copy()
    before, url = copied.read_bytes(), f"sqlite:///{copied}"
    for keys in (new_key(), "", "c2hvcnQ"):
        for words in (("run",), ("doctor",), ("audit", "verify"), ("invite", "clinician", "Evil")):
            told = siege.runs(*words, DATABASE_URL=url, SECRET_KEYS=keys)
            assert told.returncode in {1, 2}, (words, told.stdout)
            assert "Traceback" not in told.stderr
    assert copied.read_bytes() == before


@OPERATORS.tries(
    "T",
    "edits a backup, cuts it, or puts back an older one to bring an erased patient back",
    "a backup is sealed as a whole; who is on the list of erased ones is erased again",
)
def a_changed_backup(siege: Siege) -> None:
    """One changed byte in each part of it; then the honest file, into an empty database."""
    gone = siege.patient("/person", "Write to them", "read of the theorbo")
    name, file = siege.name_of(gone), siege.folder / "it.backup"
    ((own,),) = siege.rows("SELECT wrapped_key FROM patients WHERE pseudonym = ?", name)
    assert siege.runs("backup", str(file)).returncode == 0
    done = siege.runs("erase", name, "--reason", "asked for it", "--yes", name)
    assert done.returncode == 0, done.stderr
    whole, empty = file.read_bytes(), f"sqlite:///{siege.folder / 'empty.sqlite3'}"
    size = len(whole)
    for place in (9, size // 3, size // 2, size - 2):
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        _not_restored(siege, changed, empty)
    _not_restored(siege, whole[: size // 2], empty)
    _not_restored(siege, whole + whole[size // 2 :], empty)
    told = siege.runs("restore", str(file), DATABASE_URL=empty)
    assert told.returncode == 0, told.stderr
    assert "erased again: 1" in told.stdout
    with closing(sqlite3.connect(siege.folder / "empty.sqlite3")) as restored:
        query = "SELECT phase, id, wrapped_key FROM patients WHERE pseudonym = ?"
        phase, number, key = restored.execute(query, [name]).fetchone()
        query = "SELECT count(*) FROM messages WHERE patient_id = ?"
        assert restored.execute(query, [number]).fetchone() == (0,)
    assert (phase, key == own) == ("withdrawn", False)


@OPERATORS.tries(
    "S",
    "writes a patient's number, or a lead's, on the contact of their own, to be taken for them",
    "whose a contact is, is sealed with its chat: the numbers are put right, and operators told",
)
def a_contact_of_somebody_else(siege: Siege) -> None:
    """Neither the patient's record nor the lead's page, and both of them go on as before."""
    victim = siege.patient("/person", "Write to them", "read of the shawm")
    mallory, before = siege.patient(), siege.rows(WHOSE)
    theirs, mine = (siege.world.kept(each).records.patient.id for each in (victim, mallory))
    name = siege.name_of(victim)

    siege.changes("UPDATE contacts SET patient_id = NULL WHERE patient_id = ?", theirs)
    siege.changes("UPDATE contacts SET patient_id = ? WHERE patient_id = ?", theirs, mine)
    mallory.rushes("/mydata", "/menu")
    siege.world.until_quiet()
    _sees_nothing_of(siege, mallory, name)
    assert "What would you like to do?" in victim.answers("/menu")
    assert siege.rows(WHOSE) == before

    lead = siege.rows("SELECT min(id) FROM clinicians WHERE role = 'lead'")[0][0]
    siege.changes("UPDATE contacts SET clinician_id = NULL WHERE clinician_id = ?", lead)
    siege.changes("UPDATE contacts SET clinician_id = ? WHERE patient_id = ?", lead, mine)
    mallory.rushes("/page", "/patients")
    siege.world.until_quiet()
    _sees_nothing_of(siege, mallory, name)
    assert "/clinic/enter/" in siege.link_of(siege.lead)
    assert siege.rows(WHOSE) == before
    assert "were changed without a key" in siege.log


@OPERATORS.tries(
    "E",
    "writes another role for a clinician or a code, that one who left never did, or a lead's "
    "number on their own session of the page",
    "the first three are sealed with the name, and a session's secret says whose it is",
)
def a_role_of_their_own(siege: Siege) -> None:
    """A clinician is no lead, who left is not back, and everybody else goes on."""
    gone = siege.world.clinician("Doctor Rebec")
    rebec = siege.rows("SELECT max(id) FROM clinicians")[0][0]
    page = siege.page_of(gone)
    siege.changes("UPDATE clinicians SET role = 'lead' WHERE id = ?", rebec)
    assert page.asks("GET", "/clinic/team").status_code in {401, 403}
    assert "/clinic/enter/" not in gone.answers("/page", "/patients")
    assert siege.page_of(siege.lead).asks("GET", "/clinic/team").status_code == 200
    siege.changes("UPDATE clinicians SET role = 'clinician' WHERE id = ?", rebec)
    assert siege.runs("dismiss", str(rebec), "--yes").returncode == 0

    siege.changes("UPDATE clinicians SET disabled_at = NULL WHERE id = ?", rebec)
    siege.changes("UPDATE page_sessions SET ended_at = NULL WHERE clinician_id = ?", rebec)
    assert page.asks("GET", "/clinic/today").status_code in {401, 403}
    assert "/clinic/enter/" not in gone.answers("/page", "/patients")

    page = siege.page_of(siege.lee)
    lead = siege.rows("SELECT min(id) FROM clinicians WHERE role = 'lead'")[0][0]
    newest = "(SELECT max(id) FROM page_sessions)"
    siege.changes(f"UPDATE page_sessions SET clinician_id = ? WHERE id = {newest}", lead)  # noqa: S608
    assert page.asks("GET", "/clinic/team").status_code == 401

    code, newest = siege.code(), "(SELECT max(id) FROM invites)"
    siege.changes(f"UPDATE invites SET kind = 'clinician', role = 'lead' WHERE id = {newest}")  # noqa: S608
    newcomer = siege.world.patient()
    newcomer.answers(f"/start {code}", "/page")
    assert siege.rows("SELECT max(id) FROM clinicians") == [(rebec,)]


@OPERATORS.tries(
    "I",
    "reads the log at its loudest, after all of these attacks, and the pages without a sign-in",
    "lines hold ids alone; secrets of any shape are blotted out; figures hold no name",
)
def what_is_logged(siege: Siege) -> None:
    """No word, name, number, token, key, code, cookie or link of anybody's."""
    page, settings = siege.page_of(siege.lead), siege.world.bot.settings
    open_pages = [siege.world.bot.client.get(f"{siege.world.bot.url}/{each}").text
                  for each in ("metrics", "healthz")]  # fmt: skip
    words = {text for each in siege.world.people for text in each.words if len(text) > 12}
    names = {each.name for each in siege.world.people} | {"Doctor", "Mallory", EVIL, "oboe"}
    numbers = {str(each.number) for each in siege.world.people}
    token = settings["BOT_TOKEN"]
    secrets = {token, token.partition(":")[2], settings["SECRET_KEYS"], SECRET}
    cookies = set(page.cookies.values())
    told = "\n".join([siege.log, *open_pages])
    canaries = {each for each in words | names | numbers | secrets | cookies if each}
    assert len(canaries) > 100
    found = [each for each in canaries if each in told]
    assert found == [], f"{len(found)} of them stand there, such as {found[:3]}"
    assert "/clinic/enter/" not in told.replace("/clinic/enter/<link>", "")


WHOSE = "SELECT id, patient_id, clinician_id FROM contacts ORDER BY id"
MOVES = "UPDATE patients SET {column} = (SELECT {column} FROM patients WHERE id = ?) WHERE id = ?"
REPLACES = (
    "INSERT OR REPLACE INTO audit (id, at, act, subject, hash)"
    " SELECT id, at, 'x', subject, hash FROM audit WHERE id = 2"
)


def said(number: int, text: str, update_id: int) -> dict[str, Any]:
    """The update of a message that somebody with that number writes to the bot."""
    who = {"id": number, "is_bot": False, "first_name": "x"}
    chat = {"id": number, "type": "private", "first_name": "x"}
    return {"update_id": update_id, "message": message(chat, {"from": who, "text": text})}


def message(chat: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """A message in that chat."""
    return {"message_id": 900_001, "date": 1_800_000_000, "chat": chat, **content}


def times_said(siege: Siege, patient: Person, words: str) -> int:
    """How often the journal holds that the patient said this."""
    return sum(words in str(event) for _, event in siege.world.kept(patient).journal)


def _post(url: str, update: dict[str, Any], headers: dict[str, Any]) -> int:
    return httpx.post(url, json=update, headers=headers, trust_env=False).status_code


def _asks(siege: Siege, line: str, host: str = "127.0.0.1", more: str = "X: x") -> bytes:
    """What is answered to these very bytes."""
    address = ("127.0.0.1", int(siege.world.bot.settings["HTTP_PORT"]))
    with socket.create_connection(address, timeout=30) as wire:
        wire.sendall(f"{line}\r\nHost: {host}\r\n{more}\r\nConnection: close\r\n\r\n".encode())
        found = b""
        while part := wire.recv(65_536):
            found += part
    return found


def _head(siege: Siege, file: Path) -> None:
    """Keep the newest head in that list, as the leader does each day."""
    found = siege.world.read(lambda unit: auditing.head(unit, siege.world.now))
    assert found is not None
    auditing.keep(file, found)


def _swap_lookups(siege: Siege, *ids: int) -> None:
    query = "SELECT id, lookup FROM contacts WHERE patient_id IN (?, ?) ORDER BY id"
    (first, a), (second, b) = siege.rows(query, *ids)
    for name, number in (("x", first), (a, second), (b, first)):
        siege.changes("UPDATE contacts SET lookup = ? WHERE id = ?", name, number)


def _sees_nothing_of(siege: Siege, attacker: Person, name: str) -> None:
    """No page, not that name, and files with their own record alone."""
    shown = attacker.everything()
    files = [each.file for each in shown if each.file is not None and each.kind == "document"]
    read = [siege.world.client.get(siege.world.server.url + each["url"]).text for each in files]
    told = " ".join([*shown.texts, *read])
    found = [each for each in (name, "shawm", "/clinic/enter/") if each in told]
    assert found == []


def _not_restored(siege: Siege, content: bytes, url: str) -> None:
    file = siege.folder / "changed.backup"
    file.write_bytes(content)
    told = siege.runs("restore", str(file), DATABASE_URL=url)
    assert told.returncode == 2, told.stdout
    assert "Nothing was restored" in told.stderr
    assert not Path(url.removeprefix("sqlite:///")).exists() or not _patients(url)


def _patients(url: str) -> list[Any]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
        tables = file.execute("SELECT 1 FROM sqlite_master WHERE name = 'patients'").fetchall()
        return file.execute("SELECT id FROM patients").fetchall() if tables else []
