"""What must hold of every world at rest, whatever was done to the process that served it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.store.nudges import FIRED, WAITING
from flows.effects import Send
from flows.events import Due, Said, Tapped, is_cue
from flows.state import State
from flows.turn import turn
from flows.watches import is_watch
from tests.faults.look import Case, Entry, Look, Sentences, look_at
from tests.faults.need import alerts_go_on, help_first
from tests.faults.shown import settled_and_shown
from tests.faults.words import lost, short, strange, who
from tests.journeys.world import CANARY, World

OUTCOMES = frozenset({"done", "ignored", "dead"})
OVER = frozenset({"withdrawn", "finished"})
SLACK = timedelta(minutes=2)
"""How long after its moment a nudge may still wait: a tick and a busy machine."""


def broken(world: World, *, forgets: bool = False) -> list[str]:
    """What is broken in this world, a sentence each; nothing if it is sound.

    Ask once it has come to rest. `forgets` says that Telegram may have thrown away updates that
    waited too long (a tap after 150 seconds, a message after a day), so that not everything
    people did must have arrived; what did arrive must still be in order and whole.
    """
    return wrong_with(look_at(world), forgets=forgets)


def wrong_with(look: Look, *, forgets: bool = False) -> list[str]:
    """The same, of a look that was taken."""
    checks = CHECKS if not forgets else {n: c for n, c in CHECKS.items() if c is not accepted}
    return [f"{name}: {sentence}" for name, check in checks.items() for sentence in check(look)]


def accepted(look: Look) -> Sentences:
    """I1: whatever somebody did is in the inbox."""
    if look.unread_calls:
        yield f"{look.unread_calls} updates still wait at Telegram"
    kept = Counter(row["sender"] for row in look.rows["inbox"] if row["source"] == "telegram")
    for chat in look.chats:
        if kept[chat.lookup] < chat.person.acts:
            yield f"{who(chat)} did {chat.person.acts} things, {kept[chat.lookup]} were kept"
    dead = Counter(row["sender"] for row in look.rows["inbox"] if row["outcome"] == "dead")
    for chat in look.chats:
        case = look.case_of(chat)
        missing = lost(chat, case) if case is not None else []
        if len(missing) > dead[chat.lookup]:
            yield f"{len(missing)} messages of {who(chat)} never became a turn"


def handled_once(look: Look) -> Sentences:
    """I2: each arrival ends once, as done, ignored or dead, and forgets its words."""
    for row in look.rows["inbox"]:
        if row["handled_at"] is None:
            yield f"inbox row {row['id']} still waits"
        elif row["outcome"] not in OUTCOMES:
            yield f"inbox row {row['id']} ended as {row['outcome']!r}"
        elif row["body"] is not None and row["outcome"] != "dead":
            yield f"inbox row {row['id']} is {row['outcome']} and still holds its words"
    causes = Counter(row["cause"] for row in look.rows["turns"] if row["cause"] is not None)
    for cause, times in causes.items():
        if times > 1:
            yield f"inbox row {cause} was handled in {times} turns"
    ended = {row["id"]: row["outcome"] for row in look.rows["inbox"]}
    for cause in causes:
        if ended.get(cause, "done") != "done":
            yield f"inbox row {cause} made a turn and is {ended[cause]}"


def in_order(look: Look) -> Sentences:
    """I3: a patient's turns have no hole, and follow each other as they arrived."""
    for case in look.cases.values():
        turns = [entry.turn for entry in case.journal]
        if case.state is not None and turns != list(range(1, case.row["turn"] + 1)):
            yield f"the turns of patient {case.row['id']} are {short(turns)}"
        causes = [entry.cause for entry in case.journal if entry.cause is not None]
        if causes != sorted(causes):
            yield f"patient {case.row['id']} was answered out of order: {short(causes)}"
    for chat in look.chats:
        found = look.case_of(chat)
        odd = strange(chat, found) if found is not None else []
        if odd:
            yield f"{len(odd)} messages of {who(chat)} are out of order, or twice"


def one_answer(look: Look) -> Sentences:
    """I4: no prompt is answered twice, no score and no consent kept twice."""
    unique = {
        "answers": ("patient_id", "turn", "step", "key"),
        "scores": ("patient_id", "turn", "measure"),
        "consents": ("patient_id", "turn"),
        "turns": ("patient_id", "turn"),
    }
    for table, names in unique.items():
        seen = Counter(tuple(row[name] for name in names) for row in look.rows[table])
        for place, times in seen.items():
            if times > 1:
                yield f"{table} hold {place} {times} times"
    answering = {(row["patient_id"], row["turn"]) for row in look.rows["answers"]}
    for number, case in look.cases.items():
        yield from _answered_twice(number, case, answering)
    current = Counter(
        (row["patient_id"], row["number"])
        for row in look.rows["cards"]
        if row["replaced_at"] is None
    )
    yield from (f"card {place} stands {n} times" for place, n in current.items() if n > 1)


def _answered_twice(number: int, case: Case, answering: set[tuple[int, int]]) -> Sentences:
    taps = Counter(
        entry.event.turn
        for entry in case.journal
        if isinstance(entry.event, Tapped)
        and entry.event.turn is not None
        and (number, entry.turn) in answering
    )
    for prompt, times in taps.items():
        if times > 1:
            yield f"the prompt of turn {prompt} of patient {number} was answered by {times} taps"


def logs_keep_quiet(look: Look) -> Sentences:
    """I7: no log tells a token, a key, a name, a number or a sentence of anybody's."""
    if any(secret in look.log for secret in look.secrets):
        yield "a log tells a secret"
    for chat in look.chats:
        person = chat.person
        if person.name in look.log or str(person.number) in look.log:
            yield f"a log names {who(chat)}"
        if any(len(words) >= CANARY and words in look.log for words in person.words):
            yield f"a log tells what {who(chat)} wrote"


def audit_holds(look: Look) -> Sentences:
    """I8: what is only ever added has lost nothing: the audit, and the moves of each alert."""
    numbers = [row["id"] for row in look.rows["audit"]]
    clinicians = {row["id"] for row in look.rows["clinicians"]}
    if len(numbers) != len(set(numbers)):
        yield "the audit numbers two acts alike"
    for row in look.rows["audit"]:
        if row["clinician_id"] is not None and row["clinician_id"] not in clinicians:
            yield f"audit row {row['id']} is about nobody"
    closed = {row["alert_id"] for row in look.rows["alert_moves"] if row["move"] == "close"}
    taken = {row["alert_id"] for row in look.rows["alert_moves"] if row["clinician_id"]}
    for row in look.rows["alerts"]:
        if row["state"] == "closed" and row["id"] not in closed:
            yield f"alert {row['id']} is closed and nobody closed it"
        if row["state"] in {"taken", "acted"} and row["id"] not in taken:
            yield f"alert {row['id']} is {row['state']} and nobody took it"


def nobody_is_stuck(look: Look) -> Sentences:
    """I9: every patient's state can be read, exists in its content, and has a way on."""
    for number, case in look.cases.items():
        if case.state is None:
            yield f"the state of patient {number} cannot be opened"
            continue
        release = look.releases.get(case.row["release"])
        if release is None:
            if case.journal:
                yield f"patient {number} stands on content that is nowhere"
            continue
        if case.state.turn != case.row["turn"]:
            yield f"patient {number} is at turn {case.state.turn}, the row says {case.row['turn']}"
        for frame in case.state.stack:
            flow = release.all_flows.get(frame.flow)
            if flow is None or frame.step not in flow.names:
                yield f"patient {number} stands at {frame.flow}/{frame.step}, which is not there"
        yield from _has_way_on(look, number, case.state)


def _has_way_on(look: Look, number: int, state: State) -> Sentences:
    release = look.releases.get(state.release)
    if release is None or state.phase in OVER:
        return
    try:
        turned = turn(release, state, Said(at=look.now, text="/now"))
    except Exception as error:  # noqa: BLE001 - any error would leave the patient without help
        yield f"patient {number} asks for help now and gets {type(error).__name__}"
        return
    if not any(isinstance(effect, Send) for effect in turned.effects):
        yield f"patient {number} asks for help now and hears nothing"


def nudges_once(look: Look) -> Sentences:
    """I10: each nudge that came due was sent once or skipped for a reason, one a day."""
    for row in look.rows["nudges"]:
        name = f"nudge {row['key']} of patient {row['patient_id']}"
        if row["state"] == FIRED:
            yield f"{name} came due and nothing became of it"
        if row["state"] == WAITING and row["due_at"] < look.now - SLACK:
            yield f"{name} waits since {row['due_at']:%d %b %H:%M}"
        if row["state"] in {"skipped", "cancelled"} and not row["reason"]:
            yield f"{name} was {row['state']} for no reason"
    for number, case in look.cases.items():
        yield from _nudged_once(look, number, case)


def _nudged_once(look: Look, number: int, case: Case) -> Sentences:
    dues = [(entry, entry.event) for entry in case.journal if isinstance(entry.event, Due)]
    times = Counter((event.key, event.due_at) for _, event in dues)
    for (key, at), often in times.items():
        if often > 1:
            yield f"nudge {key} of {at:%d %b %H:%M} came to patient {number} {often} times"
    zone = ZoneInfo(case.row["zone"] or "UTC")
    days = Counter(
        event.at.astimezone(zone).date()
        for entry, event in dues
        if not is_cue(event) and not is_watch(event) and _sends_nudge(look, number, entry)
    )
    for day, often in days.items():
        if often > 1:
            yield f"patient {number} was reminded {often} times on {day}"


def _sends_nudge(look: Look, number: int, entry: Entry) -> bool:
    posts = look.posts_of_turn.get((number, entry.turn), [])
    return any(row["lane"] == "nudge" for row in posts)


def file_is_whole(look: Look) -> Sentences:
    """The database finds nothing wrong with itself."""
    yield from look.complaints


CHECKS: dict[str, Callable[[Look], Sentences]] = {
    "I1 accepted": accepted,
    "I2 handled once": handled_once,
    "I3 in order": in_order,
    "I4 one answer": one_answer,
    "I5 settled and shown": settled_and_shown,
    "I6 help first": help_first,
    "I6 alerts go on": alerts_go_on,
    "I7 quiet logs": logs_keep_quiet,
    "I8 only added": audit_holds,
    "I9 nobody stuck": nobody_is_stuck,
    "I10 nudges once": nudges_once,
    "the file": file_is_whole,
}
