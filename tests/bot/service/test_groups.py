"""The care team's groups: joined by a code, told of alerts, deaf to talk, and lost in many ways."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.service import joining
from bot.service.post import Gone, Moved, Verdict
from bot.store import groups, tries
from bot.store.tries import Try
from tests.bot.service.messenger import Call
from tests.bot.service.practice import Person, Practice, told_just

KICKED = "Forbidden: bot was kicked from the group chat"
MINUTE = timedelta(minutes=1)


class Gathering:
    """A group of people with the bot among them, and what they have not read yet."""

    def __init__(self, practice: Practice, number: int, kind: str = "group") -> None:
        self._practice, self.number, self.kind, self._read = practice, number, kind, 0

    async def hears(self, person: Person, text: str) -> None:
        """Somebody writes to all."""
        await self._arrives({"message": {**self._said_by(person), "text": text}})

    async def feels(self, person: Person, data: str) -> None:
        """Somebody's tap brings this."""
        message = {"message_id": 1, "chat": self._chat()}
        user = {"id": person.number, "is_bot": False, "first_name": "x"}
        query = {"id": f"{person.number}-{data}", "from": user, "data": data, "message": message}
        await self._arrives({"callback_query": query})

    async def puts_bot_out(self, person: Person) -> None:
        """Somebody puts the bot out."""
        change = {**self._said_by(person), "new_chat_member": {"status": "kicked"}}
        await self._arrives({"my_chat_member": change})

    async def becomes(self, number: int, person: Person) -> Gathering:
        """The supergroup that it is after somebody changed a setting."""
        await self._arrives({"message": {**self._said_by(person), "migrate_to_chat_id": number}})
        return Gathering(self._practice, number, "supergroup")

    def button(self, label: str) -> str:
        """What the newest button of that label brings."""
        return [data for call in self._bubbles() for name, data in call.buttons if name == label][
            -1
        ]

    def labels(self) -> list[str]:
        """The buttons under the newest bubble."""
        return [label for label, _ in self._bubbles()[-1].buttons]

    def news(self) -> list[str]:
        """The bubbles shown since this was asked last."""
        new = self._bubbles()[self._read :]
        self._read += len(new)
        return [call.text for call in new]

    def notes(self) -> list[str]:
        """What was written under a bubble when its buttons were taken off."""
        taken = self._practice.messenger.taken_by(self.number)
        return [call.text for call in taken if call.kind == "settle"]

    def _bubbles(self) -> list[Call]:
        taken = self._practice.messenger.taken_by(self.number)
        return [call for call in taken if call.kind == "bubble"]

    async def _arrives(self, update: dict[str, Any]) -> None:
        await self._practice.arrives(self._practice.number(update))

    def _said_by(self, person: Person) -> dict[str, Any]:
        user = {"id": person.number, "is_bot": False, "first_name": "x"}
        return {"message_id": 1, "from": user, "chat": self._chat()}

    def _chat(self) -> dict[str, Any]:
        return {"id": self.number, "type": self.kind, "title": "Anything"}


def code(practice: Practice, name: str = "Pain team") -> str:
    """A new code for a group."""
    now = practice.clock.now()
    return practice.store.write_now(joining.invite, "group", name, "group", at=now)


async def joined(practice: Practice, by: Person, number: int = -501) -> Gathering:
    """A group that has just joined."""
    group = Gathering(practice, number)
    await group.hears(by, f"/start@paceful_bot {code(practice)}")
    assert told_just(group.news(), "This group is joined as Pain team")
    return group


def lost(practice: Practice) -> list[tuple[Any, ...]]:
    """Which groups were lost, and why."""
    return practice.rows("SELECT lost_reason FROM groups WHERE lost_at IS NOT NULL")


def of_group(practice: Practice, patient: Person) -> list[Try]:
    """The tries to reach a group about this patient's alert."""
    found = practice.store.read_now(tries.of_alert, patient.alerts[-1].id)
    return [each for each in found if each.channel == "group"]


async def test_a_group_hears_who_needs_someone_and_no_more(practice: Practice) -> None:
    """Pseudonym, urgency and reason; no score, no words of the patient's; one button."""
    lee = await practice.clinician(9, "Dr Lee")
    group = await joined(practice, lee)
    ann = await practice.patient(1, "at-consent")

    await ann.says("I want to die")

    (told,) = group.news()
    assert "Red: act now" in told
    assert ann.pseudonym in told
    assert "want to die" not in told
    assert group.labels() == ["I have it"]


async def test_a_tap_in_the_group_counts_for_the_clinician_who_tapped(practice: Practice) -> None:
    """The group sees who has it; others who are in the group get a short notice."""
    lee = await practice.clinician(9, "Dr Lee")
    group = await joined(practice, lee)
    ann, visitor = await practice.patient(1, "at-consent"), practice.person(77)
    await ann.says("I want to die")
    for each in (lee, group):
        each.news()

    await group.feels(visitor, group.button("I have it"))
    assert ann.alerts[0].state == "told"
    toasts = [call.text for call in practice.messenger.taken if call.kind == "toast"]
    assert toasts[-1] == "This is for the care team only."

    await group.feels(lee, group.button("I have it"))
    assert ann.alerts[0].state == "taken"
    assert any("is yours" in text for text in lee.news())
    (note,) = group.notes()
    assert "Dr Lee has alert" in note


async def test_a_patient_in_the_group_is_nobody_there(practice: Practice) -> None:
    """Their tap moves nothing, neither the alert nor their program."""
    lee = await practice.clinician(9, "Dr Lee")
    group = await joined(practice, lee)
    ann = await practice.patient(1, "at-consent")
    await ann.says("I want to die")
    before = ann.state

    await group.feels(ann, group.button("I have it"))

    assert ann.state == before
    assert ann.alerts[0].state == "told"


@pytest.mark.parametrize("data", ["alert.1.close", "alert.1.close.spoke", "alert.x.take", "1.yes"])
async def test_only_taking_is_done_in_a_group(practice: Practice, data: str) -> None:
    """Whatever a tap brings, a clinician's too."""
    lee = await practice.clinician(9, "Dr Lee")
    group = await joined(practice, lee)
    ann = await practice.patient(1, "at-consent")
    await ann.says("I want to die")

    await group.feels(lee, data)

    assert ann.alerts[0].state == "told"


async def test_what_is_said_in_a_group_is_not_kept(practice: Practice) -> None:
    """Not even in the inbox; and nobody becomes a patient there."""
    lee = await practice.clinician(9, "Dr Lee")
    group = await joined(practice, lee)
    kept = practice.rows("SELECT count(*) FROM inbox")

    for text in ("the one with the red hair is back", "/alerts", "I want to die", "/start", ""):
        await group.hears(lee, text)
        await group.hears(practice.person(77), text)

    assert practice.rows("SELECT count(*) FROM inbox") == kept
    assert practice.rows("SELECT count(*) FROM patients") == [(0,)]
    assert group.news() == []


async def test_a_code_opens_only_what_it_was_made_for(practice: Practice) -> None:
    """A group's code in private, or a clinician's in a group, opens nothing and stays good."""
    lee = await practice.clinician(9, "Dr Lee")
    group, for_group, for_clinician = Gathering(practice, -501), code(practice), practice.code()
    stranger = practice.person(77)

    await stranger.says(f"/start {for_group}")
    assert told_just(stranger.news(), "That code is for a group")
    await group.hears(stranger, f"/start {for_clinician}")
    assert group.news() == []
    assert practice.store.read_now(groups.current) == []

    await group.hears(lee, f"/start {for_group}")
    assert [each.name for each in practice.store.read_now(groups.current)] == ["Pain team"]
    await stranger.says(f"/start {for_clinician}")
    assert told_just(stranger.news(), "Welcome")


async def test_a_code_works_once_and_for_ten_minutes(practice: Practice) -> None:
    """A second group, or a late one, is left alone."""
    lee = await practice.clinician(9, "Dr Lee")
    late, once = code(practice), code(practice)
    await Gathering(practice, -501).hears(lee, f"/start {once}")
    await Gathering(practice, -502).hears(lee, f"/start {once}")
    practice.clock.moment += 11 * MINUTE
    await Gathering(practice, -503).hears(lee, f"/start {late}")

    assert len(practice.store.read_now(groups.current)) == 1


async def test_a_group_that_put_the_bot_out_is_lost_until_it_is_invited_again(
    practice: Practice,
) -> None:
    """The next alert does not go there; after a new code it does."""
    lee = await practice.clinician(9, "Dr Lee")
    group = await joined(practice, lee)
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")

    await group.puts_bot_out(lee)
    await ann.says("I want to die")
    assert lost(practice) == [("the bot was put out",)]
    assert group.news() == []

    await group.hears(lee, f"/start {code(practice)}")
    await bob.says("I want to die")
    assert told_just(group.news(), "This group is joined", "Red: act now")
    assert lost(practice) == []


async def test_a_group_found_gone_when_it_is_told_is_lost(practice: Practice) -> None:
    """Telegram's refusal is a failed try, and the group is known to be gone."""
    lee = await practice.clinician(9, "Dr Lee")
    group = await joined(practice, lee)
    ann = await practice.patient(1, "at-consent")

    def kicked(call: Call) -> Verdict | None:
        return Gone(KICKED) if call.chat == str(group.number) else None

    practice.messenger.fault = kicked
    await ann.says("I want to die")

    assert lost(practice) == [(KICKED,)]
    assert [(each.state, each.error) for each in of_group(practice, ann)] == [("failed", KICKED)]


async def test_an_alert_follows_a_group_that_became_a_supergroup(practice: Practice) -> None:
    """Told at the old chat, it is sent to the new one at once, and so is everything after it."""
    lee = await practice.clinician(9, "Dr Lee")
    group, after = await joined(practice, lee), Gathering(practice, -1_000_000_000_501)
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")

    def upgraded(call: Call) -> Verdict | None:
        return Moved(str(after.number)) if call.chat == str(group.number) else None

    practice.messenger.fault = upgraded
    await ann.says("I want to die")
    await bob.says("I want to die")

    assert told_just(after.news(), "Red: act now", "Red: act now")
    assert [each.state for each in of_group(practice, ann)] == ["sent"]
    assert practice.rows("SELECT count(*) FROM outbox WHERE state != 'sent'") == [(0,)]


async def test_a_group_says_itself_where_it_is_from_now_on(practice: Practice) -> None:
    """The message about it arrives before anything was sent there."""
    lee = await practice.clinician(9, "Dr Lee")
    group = await joined(practice, lee)
    ann = await practice.patient(1, "at-consent")

    after = await group.becomes(-1_000_000_000_501, lee)
    await ann.says("I want to die")

    assert told_just(after.news(), "Red: act now")
    assert group.news() == []


async def test_a_group_that_joined_its_new_chat_already_is_told_once(practice: Practice) -> None:
    """The old one is lost, and what was meant for it is not sent to the new one twice."""
    lee = await practice.clinician(9, "Dr Lee")
    group, after = await joined(practice, lee), await joined(practice, lee, -1_000_000_000_501)
    ann = await practice.patient(1, "at-consent")

    def upgraded(call: Call) -> Verdict | None:
        return Moved(str(after.number)) if call.chat == str(group.number) else None

    practice.messenger.fault = upgraded
    await ann.says("I want to die")

    assert told_just(after.news(), "Red: act now")
    assert lost(practice) == [("moved",)]
