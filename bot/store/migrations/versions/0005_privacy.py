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
    _guard()


def downgrade() -> None:
    """The tables as they were before."""
    _unguard()
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
