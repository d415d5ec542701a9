"""What privacy needs: an audit that is only ever added to, each entry bound to the one before.

Revision: 0005
Follows: 0004
"""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
# the version before adds entries without a hash, and empties reasons, which is refused from now on
works_with = "0005"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

AUDIT = sa.table(
    "audit",
    sa.column("id", NUMBER),
    sa.column("at", MOMENT),
    sa.column("clinician_id", NUMBER),
    sa.column("act", sa.String()),
    sa.column("patient_id", NUMBER),
    sa.column("subject", sa.String()),
    sa.column("reason", sa.LargeBinary()),
    sa.column("hash", sa.String()),
)
REFUSAL = "the audit is only ever added to"
IN_FILE = {
    "audit_no_update": "BEFORE UPDATE ON audit",
    "audit_no_delete": "BEFORE DELETE ON audit",
    "audit_no_replace": (
        "BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)"
    ),
}

NEWEST = """UPDATE scores SET newest = true WHERE id = (
    SELECT other.id FROM scores AS other
    WHERE other.patient_id = scores.patient_id AND other.measure = scores.measure
    AND other.total IS NOT NULL ORDER BY other.at DESC, other.id DESC LIMIT 1)"""
Indexes = dict[str, tuple[str, list[str], str | None]]
UNSEEN = "seen_at IS NULL AND clinician_id IS NULL"
INDEXES_BEFORE: Indexes = {
    "ix_patients_phase_last_seen_at": ("patients", ["phase", "last_seen_at"], None),
    "ix_patients_last_seen_at": ("patients", ["last_seen_at"], None),
    "ix_patients_taken_due_at": ("patients", ["taken_due_at"], None),
    "ix_caseloads_clinician_id": ("caseloads", ["clinician_id"], None),
    "ix_scores_patient_id": ("scores", ["patient_id"], None),
    "ix_alerts_deadline_at": ("alerts", ["deadline_at"], None),
    "ix_alerts_state": ("alerts", ["state"], None),
    "ix_alerts_rule_raised_at": ("alerts", ["rule", "raised_at"], None),
    "ix_outbox_state_not_before": ("outbox", ["state", "not_before"], None),
    "ix_messages_source_message": ("messages", ["clinician_id", "source_message"], None),
    "ix_messages_unseen": ("messages", ["patient_id"], UNSEEN),
}
WAITING = "state = 'waiting' AND substr(key, 1, 4)"
CLOCKS = "('behi', 'sile', 'unan', 'over', 'cue:')"
OPEN = "state != 'closed'"
# by what the care team sorts and chooses, and what a tick looks for, without reading whole rows
INDEXES: Indexes = {
    "ix_patients_seen": (
        "patients",
        ["last_seen_at", "phase", "created_at", "pseudonym"],
        None,
    ),
    "ix_patients_phase": ("patients", ["phase", "last_seen_at", "created_at"], None),
    "ix_patients_joined": ("patients", ["created_at", "pseudonym"], None),
    "ix_patients_taken_due_at": ("patients", ["taken_due_at"], "taken_by IS NOT NULL"),
    "ix_caseloads_clinician_id": ("caseloads", ["clinician_id", "until_at", "patient_id"], None),
    "ix_caseloads_now": (
        "caseloads",
        ["patient_id", "clinician_id", "until_at"],
        "until_at IS NULL",
    ),
    "ix_scores_newest": ("scores", ["measure", "total", "patient_id", "newest"], "newest"),
    "ix_scores_scored": ("scores", ["measure", "patient_id", "newest"], "newest"),
    "ix_alerts_rule_last_fired_at": ("alerts", ["rule", "last_fired_at"], None),
    "ix_alerts_open": (
        "alerts",
        ["patient_id", "tier", "rule", "raised_at", "taken_by", "state"],
        OPEN,
    ),
    "ix_alerts_due": ("alerts", ["deadline_at", "state"], OPEN),
    "ix_alerts_asleep": ("alerts", ["tier", "state", "deadline_at"], OPEN),
    "ix_nudges_coming": (
        "nudges",
        ["state", "patient_id", "due_at", "key"],
        f"{WAITING} NOT IN {CLOCKS}",
    ),
    "ix_nudges_left": (
        "nudges",
        ["state", "due_at", "patient_id", "key"],
        f"{WAITING} = 'behi'",
    ),
    "ix_outbox_state": ("outbox", ["state"], None),
    "ix_messages_source_message": (
        "messages",
        ["clinician_id", "source_message"],
        "source_message IS NOT NULL",
    ),
    "ix_messages_unseen": ("messages", ["patient_id", "at", "seen_at", "clinician_id"], UNSEEN),
    "ix_messages_said": (
        "messages",
        ["at", "patient_id", "clinician_id", "corrects"],
        "corrects IS NULL",
    ),
    "ix_alert_moves_timed": (
        "alert_moves",
        ["at", "alert_id", "move", "clinician_id", "since_raised"],
        "move IN ('fire', 'take', 'act', 'close')",
    ),
}


def upgrade() -> None:
    """The entries that are there are chained as they are found, and then nothing changes them."""
    op.add_column("audit", sa.Column("hash", sa.String(length=64)))
    _chain()
    with op.batch_alter_table("audit", table_kwargs={"sqlite_autoincrement": True}) as changed:
        changed.alter_column("hash", existing_type=sa.String(length=64), nullable=False)
    op.add_column("replicas", sa.Column("key_names", sa.String(length=128)))
    op.add_column("contacts", sa.Column("leaves_at", MOMENT))
    op.create_index("ix_contacts_leaves_at", "contacts", ["leaves_at"])
    op.add_column("inbox", sa.Column("message", NUMBER))
    op.create_index(
        "ix_inbox_wrong_codes",
        "inbox",
        ["handled_at", "sender"],
        sqlite_where=sa.text("outcome = 'wrong-code'"),
        postgresql_where=sa.text("outcome = 'wrong-code'"),
    )
    op.add_column(
        "scores", sa.Column("newest", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(NEWEST)
    _exchange(INDEXES_BEFORE, INDEXES)
    # a server has it in its primary key
    op.create_index("ix_patients_id", "patients", ["id"], postgresql_where=sa.text("false"))
    _guard()


def downgrade() -> None:
    """The tables as they were before."""
    _unguard()
    op.drop_index("ix_patients_id", "patients")
    _exchange(INDEXES, INDEXES_BEFORE)
    with op.batch_alter_table("scores") as changed:
        changed.drop_column("newest")
    op.drop_index("ix_inbox_wrong_codes", "inbox")
    op.drop_index("ix_contacts_leaves_at", "contacts")
    for table, column in (("contacts", "leaves_at"), ("inbox", "message")):
        with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": True}) as changed:
            changed.drop_column(column)
    with op.batch_alter_table("replicas", table_kwargs={"sqlite_autoincrement": True}) as changed:
        changed.drop_column("key_names")
    with op.batch_alter_table("audit", table_kwargs={"sqlite_autoincrement": True}) as changed:
        changed.drop_column("hash")


def _chain() -> None:
    connection, before = op.get_bind(), ""
    for row in connection.execute(sa.select(AUDIT).order_by(AUDIT.c.id)).all():
        before = _hash(before, row)
        this = sa.update(AUDIT).where(AUDIT.c.id == row.id)
        connection.execute(this.values(hash=before))


def _hash(before: str, row: sa.Row[tuple[object, ...]]) -> str:
    at = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at.astimezone(UTC)
    entry = {
        "at": at.isoformat(timespec="microseconds"),
        "clinician_id": row.clinician_id,
        "act": row.act,
        "patient_id": row.patient_id,
        "subject": row.subject,
        "reason": hashlib.sha256(row.reason).hexdigest() if row.reason is not None else None,
    }
    written = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((before + written).encode()).hexdigest()


def _exchange(old: Indexes, new: Indexes) -> None:
    for name, (table, _, _) in old.items():
        op.drop_index(name, table)
    for name, (table, columns, where) in new.items():
        _index(name, table, columns, where)


def _index(name: str, table: str, columns: list[str], where: str | None) -> None:
    """An index of the rows of which that is true, or of all; how a truth is written differs."""
    in_file = sa.text(f"{where} = 1" if where == "newest" else where) if where else None
    on_server = sa.text(where) if where else None
    op.create_index(name, table, columns, sqlite_where=in_file, postgresql_where=on_server)


def _guard() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name, when in IN_FILE.items():
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()"
    )


def _unguard() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in IN_FILE:
            op.execute(f"DROP TRIGGER {name}")
        return
    op.execute("DROP TRIGGER audit_stays ON audit")
    op.execute("DROP FUNCTION audit_stays()")
