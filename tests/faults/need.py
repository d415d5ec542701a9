"""I6: words of need bring help first and an alert, and an alert never stands still."""

from __future__ import annotations

from collections import Counter

from bot.service.health import ALERT_LATE
from flows import crisis
from flows.events import words_of
from tests.faults.look import Case, Entry, Look, Row, Sentences


def help_first(look: Look) -> Sentences:
    """I6: words of need bring help before anything else, and an alert."""
    for number, case in look.cases.items():
        for entry in case.journal:
            release = look.releases.get(entry.release)
            words = words_of(entry.event)
            if release is None or not words:
                continue
            if crisis.screen(release.crisis, words) == "hard":
                yield from _answered_with_help(look, number, case, entry, release.crisis.hard_rule)


def _answered_with_help(look: Look, number: int, case: Case, entry: Entry, rule: str) -> Sentences:
    what = f"words of need of patient {number} at turn {entry.turn}"
    posts = look.posts_of_turn.get((number, entry.turn), [])
    if not posts or posts[0]["lane"] != "crisis":
        yield f"{what} were not answered with help first"
    elif posts[0]["state"] not in {"sent", "gone"}:
        yield f"the help for {what} is {posts[0]['state']}"
    else:
        later = [row["message_id"] for row in posts[1:] if row["message_id"] is not None]
        first = posts[0]["message_id"]
        if first is not None and later and min(later) < first:
            yield f"the help for {what} came beneath something else"
    fired = [
        row
        for row in look.rows["alerts"]
        if row["patient_id"] == number and row["rule"] == rule and row["last_fired_at"] >= entry.at
    ]
    if not fired:
        yield f"{what} raised no alert"


def alerts_go_on(look: Look) -> Sentences:
    """I6: every alert has its words and its clock, is told, and is taken or told on in time."""
    team = [row for row in look.rows["clinicians"] if row["disabled_at"] is None]
    posts = {row["id"]: row for row in look.rows["outbox"]}
    tried = Counter(row["alert_id"] for row in look.rows["alert_tries"])
    for row in look.rows["alerts"]:
        yield from _goes_on(look, row, bool(team), tried[row["id"]])
    for row in look.rows["alert_tries"]:
        post = posts.get(row["post_id"] or 0)
        if post is not None and (row["state"] == "sent") != (post["state"] == "sent"):
            yield f"try {row['id']} is {row['state']}, its post {post['id']} {post['state']}"


def _goes_on(look: Look, row: Row, has_team: bool, tried: int) -> Sentences:
    name = f"alert {row['id']} ({row['rule']}, {row['state']})"
    if '"title":""' in row["facts"] or '"title"' not in row["facts"]:
        yield f"{name} has no words"
    if row["state"] == "closed":
        return
    if row["deadline_at"] is None:
        yield f"{name} has no clock"
    elif row["deadline_at"] <= look.now - ALERT_LATE:
        yield f"{name} stands still since {row['deadline_at']:%d %b %H:%M}"
    if row["state"] != "raised" and not tried:
        yield f"{name} was told to nobody"
    is_digest = '"digest":true' in row["facts"]
    if row["state"] == "raised" and has_team and not is_digest and row["hop"] >= 0 and not tried:
        yield f"{name} waits although there is a care team"
