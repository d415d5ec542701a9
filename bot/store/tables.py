"""The tables. Sealed columns are binary, and everything that can hang on the patient does."""

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
    text,
)

from bot.store.moment import Moment

# SQLite numbers its rows by itself only where the type is INTEGER
Number = BigInteger().with_variant(Integer(), "sqlite")

# where `sqlite_autoincrement` is set, others remember the numbers: none is given out twice
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Number, primary_key=True)


def _patient(*, nullable: bool = False) -> Column[int]:
    return Column("patient_id", Number, ForeignKey("patients.id"), nullable=nullable)


def _clinician() -> Column[int]:
    return Column("clinician_id", Number, ForeignKey("clinicians.id"))


def _alert(*, nullable: bool) -> Column[int]:
    return Column("alert_id", Number, ForeignKey("alerts.id"), nullable=nullable)


patients = Table(
    "patients",
    metadata,
    _id(),
    Column("pseudonym", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("phase", String(32), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("release", String(64), nullable=False),
    Column("zone", String(64)),
    Column("country", String(8)),
    Column("language", String(16), nullable=False),
    Column("last_seen_at", Moment),
    Column("reachable", Boolean, nullable=False),
    Column("contact_mode", String(16), nullable=False, server_default="mixed"),
    # the clinician who writes with them while the program keeps silent
    Column("taken_by", Number),
    # when that clinician last wrote, or took over, and when their silence is looked at next
    Column("taken_word_at", Moment),
    Column("taken_due_at", Moment),
    # whatever the care team sorts and chooses by lies in these: a row itself holds a whole state
    Index("ix_patients_seen", "last_seen_at", "phase", "created_at", "pseudonym"),
    Index("ix_patients_phase", "phase", "last_seen_at", "created_at"),
    Index("ix_patients_joined", "created_at", "pseudonym"),
    # who there is, in order and without their rows; a server has it in its primary key
    Index("ix_patients_id", "id", postgresql_where=text("false")),
    sqlite_autoincrement=True,
)
_TAKEN = text("taken_by IS NOT NULL")
Index(
    "ix_patients_taken_due_at",
    patients.c.taken_due_at,
    sqlite_where=_TAKEN,
    postgresql_where=_TAKEN,
)

clinicians = Table(
    "clinicians",
    metadata,
    _id(),
    Column("name", LargeBinary, nullable=False),
    Column("role", String(32), nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("email", LargeBinary),
    Column("zone", String(64)),
    Column("replies", LargeBinary),
    Column("digest_hour", Integer),
    Column("digest_at", Moment),
    sqlite_autoincrement=True,
)

# who guides whom; a row with `until_at` is over
caseloads = Table(
    "caseloads",
    metadata,
    _id(),
    _patient(),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    Column("since_at", Moment, nullable=False),
    Column("until_at", Moment),
    Index("ix_caseloads_patient_id", "patient_id"),
    Index("ix_caseloads_clinician_id", "clinician_id", "until_at", "patient_id"),
)
_NOW = text("until_at IS NULL")
Index(
    "ix_caseloads_now",
    *(caseloads.c[each] for each in ("patient_id", "clinician_id", "until_at")),
    sqlite_where=_NOW,
    postgresql_where=_NOW,
)

# the weekly pattern of who is on call: day 0 is Monday, 7 is a public holiday; place 0 is first
shifts = Table(
    "shifts",
    metadata,
    _id(),
    Column("day", Integer, nullable=False),
    Column("start", String(5), nullable=False),
    Column("until", String(5), nullable=False),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    Column("place", Integer, nullable=False),
)

# one who stands in for whoever the pattern names, from one moment until another
swaps = Table(
    "swaps",
    metadata,
    _id(),
    Column("start_at", Moment, nullable=False),
    Column("until_at", Moment, nullable=False),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("made_by", Number, ForeignKey("clinicians.id")),
    Column("made_at", Moment, nullable=False),
    Column("removed_at", Moment),
    Index("ix_swaps_until_at", "until_at"),
)

# Telegram's numbers live here and nowhere else
contacts = Table(
    "contacts",
    metadata,
    _id(),
    Column("lookup", String(64), nullable=False, unique=True),
    Column("chat", LargeBinary, nullable=False),
    Column("patient_id", Number, ForeignKey("patients.id"), unique=True),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), unique=True),
    # whose patient was erased: only what clears the chat is still sent there, until then at most
    Column("leaves_at", Moment, index=True),
    sqlite_autoincrement=True,
)

# the care team's groups on Telegram, which hear of alerts as a person does
groups = Table(
    "groups",
    metadata,
    _id(),
    Column("contact_id", Number, ForeignKey("contacts.id"), nullable=False, unique=True),
    Column("name", LargeBinary, nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("lost_at", Moment),
    Column("lost_reason", String(128)),
)

invites = Table(
    "invites",
    metadata,
    _id(),
    Column("digest", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("role", String(32), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("made_at", Moment, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("source", String(16), nullable=False),
    Column("external_id", String(128), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("sender", String(80), nullable=False),
    Column("body", LargeBinary),
    Column("received_at", Moment, nullable=False),
    Column("handled_at", Moment),
    Column("outcome", String(16)),
    Column("attempts", Integer, nullable=False),
    Column("error", String(128)),
    Column("failed_at", Moment),
    # the number of the message in the chat, by which it can be deleted there
    Column("message", Number),
    UniqueConstraint("source", "external_id", "digest"),
    sqlite_autoincrement=True,
)
_UNHANDLED, _DEAD = text("handled_at IS NULL"), text("outcome = 'dead'")
_WRONG = text("outcome = 'wrong-code'")
Index("ix_inbox_dead", inbox.c.id, sqlite_where=_DEAD, postgresql_where=_DEAD)
Index("ix_inbox_waiting", inbox.c.id, sqlite_where=_UNHANDLED, postgresql_where=_UNHANDLED)
Index(
    "ix_inbox_wrong_codes",
    inbox.c.handled_at,
    inbox.c.sender,
    sqlite_where=_WRONG,
    postgresql_where=_WRONG,
)
Index(
    "ix_inbox_queue",
    inbox.c.sender,
    inbox.c.id,
    sqlite_where=_UNHANDLED,
    postgresql_where=_UNHANDLED,
)

turns = Table(
    "turns",
    metadata,
    Column("patient_id", Number, ForeignKey("patients.id"), primary_key=True, autoincrement=False),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    # no foreign key: the inbox may forget what the journal must keep
    Column("cause", Number),
    Column("event", LargeBinary, nullable=False),
    Column("release", String(64), nullable=False),
)

answers = Table(
    "answers",
    metadata,
    _id(),
    _patient(),
    Column("turn", Integer, nullable=False),
    Column("flow", String(128), nullable=False),
    Column("step", String(128), nullable=False),
    Column("key", String(128), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_answers_patient_id", "patient_id"),
)

scores = Table(
    "scores",
    metadata,
    _id(),
    _patient(),
    Column("turn", Integer, nullable=False),
    Column("measure", String(64), nullable=False),
    Column("total", Float),
    Column("items", Text, nullable=False),
    Column("subscales", Text, nullable=False),
    Column("prorated", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    # whether it is the patient's newest total of this measure, by which everybody can be sorted
    Column("newest", Boolean, nullable=False, server_default=false()),
    Index("ix_scores_patient_id_measure_at", "patient_id", "measure", "at"),
)
# by total, and by patient: whoever has none is found by going through both in step
for _name, _columns in {
    "ix_scores_newest": ("measure", "total", "patient_id", "newest"),
    "ix_scores_scored": ("measure", "patient_id", "newest"),
}.items():
    Index(
        _name,
        *(scores.c[each] for each in _columns),
        sqlite_where=text("newest = 1"),
        postgresql_where=text("newest"),
    )

# a card that was changed keeps its number: the version that holds has no `replaced_at`
cards = Table(
    "cards",
    metadata,
    _id(),
    _patient(),
    Column("number", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("card", String(64), nullable=False),
    Column("flow", String(128), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Column("replaced_at", Moment),
    Index("ix_cards_patient_id_number", "patient_id", "number"),
)

consents = Table(
    "consents",
    metadata,
    _id(),
    _patient(),
    Column("turn", Integer, nullable=False),
    Column("version", String(32), nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("language", String(16), nullable=False),
    Column("agreed", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_consents_patient_id", "patient_id"),
)

alerts = Table(
    "alerts",
    metadata,
    _id(),
    _patient(),
    Column("rule", String(64), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("raised_at", Moment, nullable=False),
    Column("facts", Text, nullable=False),
    Column("fired_count", Integer, nullable=False),
    Column("last_fired_at", Moment, nullable=False),
    Column("taken_by", Number, ForeignKey("clinicians.id")),
    Column("taken_at", Moment),
    Column("closed_at", Moment),
    Column("outcome", String(64)),
    Column("deadline_at", Moment),
    Column("told_count", Integer, nullable=False),
    Column("window_start", Moment, nullable=False),
    Column("hop", Integer, nullable=False, server_default="0"),
    Column("acted_at", Moment),
    Column("note", LargeBinary),
    UniqueConstraint("patient_id", "rule", "window_start"),
    Index("ix_alerts_rule_last_fired_at", "rule", "last_fired_at"),
    sqlite_autoincrement=True,
)
# few are open, however many there were: in the very words of the questions
_OPEN = text("state != 'closed'")
for _name, _columns in {
    "ix_alerts_open": ("patient_id", "tier", "rule", "raised_at", "taken_by", "state"),
    "ix_alerts_due": ("deadline_at", "state"),
    "ix_alerts_asleep": ("tier", "state", "deadline_at"),
}.items():
    _open = [alerts.c[each] for each in _columns]
    Index(_name, *_open, sqlite_where=_OPEN, postgresql_where=_OPEN)

alert_moves = Table(
    "alert_moves",
    metadata,
    _id(),
    _alert(nullable=False),
    Column("move", String(16), nullable=False),
    _clinician(),
    Column("at", Moment, nullable=False),
    # how many seconds after it was raised, or raised again
    Column("since_raised", Integer),
    # how it was closed, which the alert itself forgets when it fires again
    Column("outcome", String(64)),
    Index("ix_alert_moves_alert_id", "alert_id"),
)
# how soon somebody took an alert and acted on it, over some weeks; that it was told is left out
TIMED = "move IN ('fire', 'take', 'act', 'close')"
Index(
    "ix_alert_moves_timed",
    *(alert_moves.c[each] for each in ("at", "alert_id", "move", "clinician_id", "since_raised")),
    sqlite_where=text(TIMED),
    postgresql_where=text(TIMED),
)

# each try to reach somebody about an alert, by which way, and what became of it
alert_tries = Table(
    "alert_tries",
    metadata,
    _id(),
    _alert(nullable=False),
    Column("hop", Integer, nullable=False),
    Column("channel", String(16), nullable=False),
    _clinician(),
    Column("post_id", Number),
    Column("mail_id", Number),
    Column("state", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("error", String(256)),
    Index("ix_alert_tries_alert_id", "alert_id"),
    Index("ix_alert_tries_post_id", "post_id"),
    Index("ix_alert_tries_mail_id", "mail_id"),
)

mails = Table(
    "mails",
    metadata,
    _id(),
    Column("kind", String(16), nullable=False),
    _alert(nullable=True),
    _clinician(),
    Column("address", LargeBinary, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("claimed_at", Moment),
    # how often it was claimed: whoever claimed it last may say what became of it
    Column("claims", Integer, nullable=False, server_default="0"),
    Column("claimed_by", Number),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("error", String(256)),
    Index("ix_mails_state_not_before", "state", "not_before"),
    sqlite_autoincrement=True,
)

nudges = Table(
    "nudges",
    metadata,
    _id(),
    _patient(),
    Column("key", String(128), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("slot", String(64), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(128)),
    UniqueConstraint("patient_id", "key"),
    Index("ix_nudges_state_due_at", "state", "due_at"),
)
# a clock that runs for us is known by how its key begins; the patient gets nothing of it
IS_CLOCK = "substr(nudges.key, 1, 4) IN ('behi', 'sile', 'unan', 'over', 'cue:')"
COMING = IS_CLOCK.replace(" IN ", " NOT IN ")
LEFT = "substr(nudges.key, 1, 4) = 'behi'"
for _name, _first, _which in (
    ("ix_nudges_coming", ("patient_id", "due_at"), COMING),
    ("ix_nudges_left", ("due_at", "patient_id"), LEFT),
):
    _waits = text(f"state = 'waiting' AND {_which.replace('nudges.', '')}")
    # the state first, though it is the same in all: else SQLite takes the index of all nudges
    _covered = [nudges.c[each] for each in ("state", *_first, "key")]
    Index(_name, *_covered, sqlite_where=_waits, postgresql_where=_waits)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("contact_id", Number, ForeignKey("contacts.id"), nullable=False),
    _patient(nullable=True),
    _alert(nullable=True),
    Column("lane", String(16), nullable=False),
    Column("shape", String(16), nullable=False),
    Column("turn", Integer),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("claimed_at", Moment),
    # how often it was claimed: whoever claimed it last may say what became of it
    Column("claims", Integer, nullable=False, server_default="0"),
    Column("claimed_by", Number),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("message_id", Number),
    Column("error", String(256)),
    Index("ix_outbox_contact_id_turn", "contact_id", "turn"),
    Index("ix_outbox_contact_id_message_id", "contact_id", "message_id"),
    Index("ix_outbox_state", "state"),
    sqlite_autoincrement=True,
)
_UNSETTLED = text("state IN ('pending', 'sending')")
Index(
    "ix_outbox_queue",
    outbox.c.contact_id,
    outbox.c.id,
    sqlite_where=_UNSETTLED,
    postgresql_where=_UNSETTLED,
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _patient(),
    _alert(nullable=True),
    _clinician(),
    Column("text", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    # the number of the message in the clinician's chat that it came from
    Column("source_message", Number),
    Column("corrects", Number),
    Column("seen_at", Moment),
    Index("ix_messages_patient_id", "patient_id"),
)
_UNSEEN = text("seen_at IS NULL AND clinician_id IS NULL")
Index(
    "ix_messages_unseen",
    *(messages.c[each] for each in ("patient_id", "at", "seen_at", "clinician_id")),
    sqlite_where=_UNSEEN,
    postgresql_where=_UNSEEN,
)
_SAID = text("corrects IS NULL")
Index(
    "ix_messages_said",
    *(messages.c[each] for each in ("at", "patient_id", "clinician_id", "corrects")),
    sqlite_where=_SAID,
    postgresql_where=_SAID,
)
# what came from a chat alone: else SQLite looks here for the words that no clinician wrote
_FROM_CHAT = text("source_message IS NOT NULL")
Index(
    "ix_messages_source_message",
    messages.c.clinician_id,
    messages.c.source_message,
    sqlite_where=_FROM_CHAT,
    postgresql_where=_FROM_CHAT,
)

# words that wait for the clinician's "Send"
drafts = Table(
    "drafts",
    metadata,
    _id(),
    _patient(nullable=True),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    _alert(nullable=True),
    Column("text", LargeBinary, nullable=False),
    Column("source_message", Number),
    Column("state", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("settled_at", Moment),
    Index("ix_drafts_clinician_id_state", "clinician_id", "state"),
    sqlite_autoincrement=True,
)

# what a clinician's next words are about
desks = Table(
    "desks",
    metadata,
    Column("clinician_id", Number, ForeignKey("clinicians.id"), primary_key=True),
    _patient(nullable=True),
    Column("task", String(32), nullable=False),
    Column("detail", String(256), nullable=False),
    Column("at", Moment, nullable=False),
)

# what a clinician asked the patient: times for a call, a change of the way, a letter
offers = Table(
    "offers",
    metadata,
    _id(),
    _patient(),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("answer", String(64)),
    Column("body", LargeBinary),
    Column("made_at", Moment, nullable=False),
    Column("answered_at", Moment),
    Index("ix_offers_patient_id", "patient_id"),
    Index("ix_offers_state", "state"),
    sqlite_autoincrement=True,
)

calls = Table(
    "calls",
    metadata,
    _id(),
    _patient(),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    Column("offer_id", Number, ForeignKey("offers.id")),
    Column("purpose", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("slots", Text, nullable=False),
    Column("at", Moment),
    Column("minutes", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("reminded_at", Moment),
    Column("speak_at", Moment),
    Column("sequence", Integer, nullable=False),
    Index("ix_calls_patient_id", "patient_id"),
    Index("ix_calls_speak_at", "speak_at"),
    Index("ix_calls_state_at", "state", "at"),
    sqlite_autoincrement=True,
)

notes = Table(
    "notes",
    metadata,
    _id(),
    _patient(),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    Column("text", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_notes_patient_id", "patient_id"),
)

# minutes of guidance that a clinician gave
guidance = Table(
    "guidance",
    metadata,
    _id(),
    _patient(),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("minutes", Float, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_guidance_patient_id", "patient_id"),
    Index("ix_guidance_clinician_id_at", "clinician_id", "at"),
)

# who looked at whom, and who changed what; `hash` binds each row to the one before it
audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", Moment, nullable=False),
    _clinician(),
    Column("act", String(32), nullable=False),
    _patient(nullable=True),
    Column("subject", String(128), nullable=False),
    Column("reason", LargeBinary),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_patient_id", "patient_id"),
    Index("ix_audit_clinician_id", "clinician_id"),
    sqlite_autoincrement=True,
)
_REFUSED = "the audit is only ever added to"
_STAYS = {
    "sqlite": [
        f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        for name, when in {
            "audit_no_update": "BEFORE UPDATE ON audit",
            "audit_no_delete": "BEFORE DELETE ON audit",
            # a row that replaces another fires no trigger that refuses to delete
            "audit_no_replace": (
                "BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)"
            ),
        }.items()
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$",
        "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()",
    ],
}
for _dialect, _statements in _STAYS.items():
    for _statement in _statements:
        _guard = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(audit, "after_create", _guard.execute_if(dialect=_dialect))

# opened for a while although the patient is not on the clinician's caseload
glasses = Table(
    "glasses",
    metadata,
    _id(),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    _patient(),
    Column("reason", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Column("until_at", Moment, nullable=False),
    Index("ix_glasses_clinician_id_patient_id", "clinician_id", "patient_id"),
)

page_links = Table(
    "page_links",
    metadata,
    _id(),
    Column("digest", String(64), nullable=False, unique=True),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    Column("browser", String(64)),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

page_sessions = Table(
    "page_sessions",
    metadata,
    _id(),
    Column("digest", String(64), nullable=False, unique=True),
    Column("clinician_id", Number, ForeignKey("clinicians.id"), nullable=False),
    Column("agent", String(160), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("end_reason", String(16)),
    Index("ix_page_sessions_clinician_id", "clinician_id"),
)

releases = Table(
    "releases",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# each process that works on this database, and when it last gave a sign of life
replicas = Table(
    "replicas",
    metadata,
    _id(),
    Column("version", String(32), nullable=False),
    # the names of its keys, the one that seals first
    Column("key_names", String(128)),
    Column("began_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
    sqlite_autoincrement=True,
)

# times in which what people wrote may have been lost: nobody fetched it, or a backup was restored
gaps = Table(
    "gaps",
    metadata,
    _id(),
    Column("kind", String(16), nullable=False),
    Column("since_at", Moment, nullable=False),
    Column("until_at", Moment, nullable=False),
    Column("found_at", Moment, nullable=False),
    # when the last patient had been told; empty while some have not
    Column("told_at", Moment),
    sqlite_autoincrement=True,
)

# who was erased, so that a backup that still knows them is erased again
tombstones = Table(
    "tombstones",
    metadata,
    _id(),
    Column("pseudonym", String(64), nullable=False, unique=True),
    Column("erased_at", Moment, nullable=False),
    Column("reason", String(256), nullable=False),
)
