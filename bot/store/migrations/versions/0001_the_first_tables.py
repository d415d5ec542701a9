"""The first tables.

Revision: 0001
Follows: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The first tables."""
    op.create_table(
        "clinicians",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinicians")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inbox",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("handled_at", MOMENT),
        sa.Column("outcome", sa.String(length=16)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=128)),
        sa.Column("failed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "source", "external_id", "digest", name=op.f("uq_inbox_source_external_id_digest")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_inbox_dead",
        "inbox",
        ["id"],
        sqlite_where=sa.text("outcome = 'dead'"),
        postgresql_where=sa.text("outcome = 'dead'"),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["id"],
        sqlite_where=sa.text("handled_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_index(
        "ix_inbox_queue",
        "inbox",
        ["sender", "id"],
        sqlite_where=sa.text("handled_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL"),
    )

    op.create_table(
        "invites",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invites")),
        sa.UniqueConstraint("digest", name=op.f("uq_invites_digest")),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_table(
        "patients",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("phase", sa.String(length=32), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("zone", sa.String(length=64)),
        sa.Column("country", sa.String(length=8)),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("last_seen_at", MOMENT),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_patients_pseudonym")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "releases",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_releases")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("fired_count", sa.Integer(), nullable=False),
        sa.Column("last_fired_at", MOMENT, nullable=False),
        sa.Column("taken_by", NUMBER),
        sa.Column("taken_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("outcome", sa.String(length=64)),
        sa.Column("deadline_at", MOMENT),
        sa.Column("told_count", sa.Integer(), nullable=False),
        sa.Column("window_start", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_alerts_patient_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["clinicians.id"], name=op.f("fk_alerts_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint(
            "patient_id",
            "rule",
            "window_start",
            name=op.f("uq_alerts_patient_id_rule_window_start"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alerts_deadline_at"), "alerts", ["deadline_at"])

    op.create_table(
        "answers",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("flow", sa.String(length=128), nullable=False),
        sa.Column("step", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_answers_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_patient_id", "answers", ["patient_id"])

    op.create_table(
        "consents",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_consents_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_patient_id", "consents", ["patient_id"])

    op.create_table(
        "contacts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("chat", sa.LargeBinary(), nullable=False),
        sa.Column("patient_id", NUMBER),
        sa.Column("clinician_id", NUMBER),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_contacts_clinician_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_contacts_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("clinician_id", name=op.f("uq_contacts_clinician_id")),
        sa.UniqueConstraint("lookup", name=op.f("uq_contacts_lookup")),
        sa.UniqueConstraint("patient_id", name=op.f("uq_contacts_patient_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "nudges",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=128)),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_nudges_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nudges")),
        sa.UniqueConstraint("patient_id", "key", name=op.f("uq_nudges_patient_id_key")),
    )
    op.create_index("ix_nudges_state_due_at", "nudges", ["state", "due_at"])

    op.create_table(
        "scores",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("total", sa.Float()),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("subscales", sa.Text(), nullable=False),
        sa.Column("prorated", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_scores_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
    )
    op.create_index("ix_scores_patient_id", "scores", ["patient_id"])

    op.create_table(
        "turns",
        sa.Column("patient_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("cause", NUMBER),
        sa.Column("event", sa.LargeBinary(), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_turns_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "turn", name=op.f("pk_turns")),
    )
    op.create_table(
        "alert_moves",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("alert_id", NUMBER, nullable=False),
        sa.Column("move", sa.String(length=16), nullable=False),
        sa.Column("clinician_id", NUMBER),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_moves_alert_id")),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_alert_moves_clinician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_moves")),
    )
    op.create_index("ix_alert_moves_alert_id", "alert_moves", ["alert_id"])

    op.create_table(
        "messages",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("alert_id", NUMBER),
        sa.Column("clinician_id", NUMBER),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_messages_alert_id")),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_messages_clinician_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_messages_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_patient_id", "messages", ["patient_id"])

    op.create_table(
        "outbox",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("contact_id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER),
        sa.Column("alert_id", NUMBER),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("shape", sa.String(length=16), nullable=False),
        sa.Column("turn", sa.Integer()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("claimed_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("message_id", NUMBER),
        sa.Column("error", sa.String(length=256)),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_outbox_alert_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_outbox_contact_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_outbox_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_contact_id_message_id", "outbox", ["contact_id", "message_id"])
    op.create_index("ix_outbox_contact_id_turn", "outbox", ["contact_id", "turn"])
    op.create_index(
        "ix_outbox_queue",
        "outbox",
        ["contact_id", "id"],
        sqlite_where=sa.text("state IN ('pending', 'sending')"),
        postgresql_where=sa.text("state IN ('pending', 'sending')"),
    )
    op.create_index("ix_outbox_state_not_before", "outbox", ["state", "not_before"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index("ix_outbox_state_not_before", "outbox")
    op.drop_index(
        "ix_outbox_queue",
        "outbox",
        sqlite_where=sa.text("state IN ('pending', 'sending')"),
        postgresql_where=sa.text("state IN ('pending', 'sending')"),
    )
    op.drop_index("ix_outbox_contact_id_turn", "outbox")
    op.drop_index("ix_outbox_contact_id_message_id", "outbox")

    op.drop_table("outbox")
    op.drop_index("ix_messages_patient_id", "messages")

    op.drop_table("messages")
    op.drop_index("ix_alert_moves_alert_id", "alert_moves")

    op.drop_table("alert_moves")
    op.drop_table("turns")
    op.drop_index("ix_scores_patient_id", "scores")

    op.drop_table("scores")
    op.drop_index("ix_nudges_state_due_at", "nudges")

    op.drop_table("nudges")
    op.drop_table("contacts")
    op.drop_index("ix_consents_patient_id", "consents")

    op.drop_table("consents")
    op.drop_index("ix_answers_patient_id", "answers")

    op.drop_table("answers")
    op.drop_index(op.f("ix_alerts_deadline_at"), "alerts")

    op.drop_table("alerts")
    op.drop_table("releases")
    op.drop_table("patients")
    op.drop_table("marks")
    op.drop_table("invites")
    op.drop_index(
        "ix_inbox_queue",
        "inbox",
        sqlite_where=sa.text("handled_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.drop_index(
        "ix_inbox_waiting",
        "inbox",
        sqlite_where=sa.text("handled_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.drop_index(
        "ix_inbox_dead",
        "inbox",
        sqlite_where=sa.text("outcome = 'dead'"),
        postgresql_where=sa.text("outcome = 'dead'"),
    )

    op.drop_table("inbox")
    op.drop_table("clinicians")
