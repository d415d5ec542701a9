"""What the care team needs: chain, rota, threads, calls, caseloads, audit, and the clinic page.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNSEEN = sa.text("seen_at IS NULL AND clinician_id IS NULL")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The tables of the care team, and the columns that older ones lack."""
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("clinician_id", NUMBER),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("patient_id", NUMBER),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_audit_clinician_id")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_audit_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_clinician_id", "audit", ["clinician_id"])
    op.create_index("ix_audit_patient_id", "audit", ["patient_id"])

    op.create_table(
        "caseloads",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("since_at", MOMENT, nullable=False),
        sa.Column("until_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_caseloads_clinician_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_caseloads_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caseloads")),
    )
    op.create_index("ix_caseloads_clinician_id", "caseloads", ["clinician_id"])
    op.create_index("ix_caseloads_patient_id", "caseloads", ["patient_id"])

    op.create_table(
        "desks",
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER),
        sa.Column("task", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=256), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_desks_clinician_id")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_desks_patient_id")),
        sa.PrimaryKeyConstraint("clinician_id", name=op.f("pk_desks")),
    )
    op.create_table(
        "glasses",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_glasses_clinician_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_glasses_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glasses")),
    )
    op.create_index("ix_glasses_clinician_id_patient_id", "glasses", ["clinician_id", "patient_id"])

    op.create_table(
        "guidance",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_guidance_clinician_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_guidance_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance")),
    )
    op.create_index("ix_guidance_clinician_id_at", "guidance", ["clinician_id", "at"])
    op.create_index("ix_guidance_patient_id", "guidance", ["patient_id"])

    op.create_table(
        "notes",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_notes_clinician_id")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_notes_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_patient_id", "notes", ["patient_id"])

    op.create_table(
        "offers",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.String(length=64)),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_offers_clinician_id")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_offers_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_offers_patient_id", "offers", ["patient_id"])
    op.create_index("ix_offers_state", "offers", ["state"])

    op.create_table(
        "page_links",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("browser", sa.String(length=64)),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_page_links_clinician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_page_links_digest")),
    )
    op.create_table(
        "page_sessions",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("agent", sa.String(length=160), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("end_reason", sa.String(length=16)),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_page_sessions_clinician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_page_sessions_digest")),
    )
    op.create_index("ix_page_sessions_clinician_id", "page_sessions", ["clinician_id"])

    op.create_table(
        "shifts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("start", sa.String(length=5), nullable=False),
        sa.Column("until", sa.String(length=5), nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_shifts_clinician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_table(
        "swaps",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("start_at", MOMENT, nullable=False),
        sa.Column("until_at", MOMENT, nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("made_by", NUMBER),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_swaps_clinician_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["clinicians.id"], name=op.f("fk_swaps_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swaps")),
    )
    op.create_index("ix_swaps_until_at", "swaps", ["until_at"])

    op.create_table(
        "alert_tries",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("alert_id", NUMBER, nullable=False),
        sa.Column("hop", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("clinician_id", NUMBER),
        sa.Column("post_id", NUMBER),
        sa.Column("mail_id", NUMBER),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("error", sa.String(length=256)),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_tries_alert_id")),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_alert_tries_clinician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_tries")),
    )
    op.create_index("ix_alert_tries_alert_id", "alert_tries", ["alert_id"])
    op.create_index("ix_alert_tries_mail_id", "alert_tries", ["mail_id"])
    op.create_index("ix_alert_tries_post_id", "alert_tries", ["post_id"])

    op.create_table(
        "calls",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("offer_id", NUMBER),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.Column("at", MOMENT),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("reminded_at", MOMENT),
        sa.Column("speak_at", MOMENT),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_calls_clinician_id")
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_calls_offer_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_calls_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_calls_patient_id", "calls", ["patient_id"])
    op.create_index("ix_calls_speak_at", "calls", ["speak_at"])
    op.create_index("ix_calls_state_at", "calls", ["state", "at"])

    op.create_table(
        "drafts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER),
        sa.Column("clinician_id", NUMBER, nullable=False),
        sa.Column("alert_id", NUMBER),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("source_message", NUMBER),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_drafts_alert_id")),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_drafts_clinician_id")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_drafts_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_drafts_clinician_id_state", "drafts", ["clinician_id", "state"])

    op.create_table(
        "groups",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("contact_id", NUMBER, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("lost_at", MOMENT),
        sa.Column("lost_reason", sa.String(length=128)),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_groups_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_groups_contact_id")),
    )
    op.create_table(
        "mails",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("alert_id", NUMBER),
        sa.Column("clinician_id", NUMBER),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("claimed_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("error", sa.String(length=256)),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_mails_alert_id")),
        sa.ForeignKeyConstraint(
            ["clinician_id"], ["clinicians.id"], name=op.f("fk_mails_clinician_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mails_state_not_before", "mails", ["state", "not_before"])

    op.add_column("alert_moves", sa.Column("since_raised", sa.Integer()))
    op.add_column("alert_moves", sa.Column("outcome", sa.String(length=64)))

    op.add_column("alerts", sa.Column("hop", sa.Integer(), server_default="0", nullable=False))
    op.add_column("alerts", sa.Column("acted_at", MOMENT))
    op.add_column("alerts", sa.Column("note", sa.LargeBinary()))
    op.create_index("ix_alerts_rule_raised_at", "alerts", ["rule", "raised_at"])
    op.create_index("ix_alerts_state", "alerts", ["state"])

    op.add_column("clinicians", sa.Column("email", sa.LargeBinary()))
    op.add_column("clinicians", sa.Column("zone", sa.String(length=64)))
    op.add_column("clinicians", sa.Column("replies", sa.LargeBinary()))
    op.add_column("clinicians", sa.Column("digest_hour", sa.Integer()))
    op.add_column("clinicians", sa.Column("digest_at", MOMENT))

    op.add_column("messages", sa.Column("source_message", NUMBER))
    op.add_column("messages", sa.Column("corrects", NUMBER))
    op.add_column("messages", sa.Column("seen_at", MOMENT))
    op.create_index("ix_messages_source_message", "messages", ["clinician_id", "source_message"])
    # what was written before there were marks has been read in the chat
    op.execute("UPDATE messages SET seen_at = at WHERE clinician_id IS NULL")
    op.create_index(
        "ix_messages_unseen",
        "messages",
        ["patient_id"],
        sqlite_where=UNSEEN,
        postgresql_where=UNSEEN,
    )

    op.add_column(
        "patients",
        sa.Column("contact_mode", sa.String(length=16), server_default="mixed", nullable=False),
    )
    op.add_column("patients", sa.Column("taken_by", NUMBER))
    op.add_column("patients", sa.Column("taken_word_at", MOMENT))
    op.add_column("patients", sa.Column("taken_due_at", MOMENT))
    op.create_index("ix_patients_taken_due_at", "patients", ["taken_due_at"])
    op.create_index("ix_patients_last_seen_at", "patients", ["last_seen_at"])
    op.create_index("ix_patients_phase_last_seen_at", "patients", ["phase", "last_seen_at"])

    op.create_index("ix_scores_patient_id_measure_at", "scores", ["patient_id", "measure", "at"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index("ix_scores_patient_id_measure_at", "scores")

    op.drop_index("ix_patients_phase_last_seen_at", "patients")
    op.drop_index("ix_patients_last_seen_at", "patients")
    op.drop_index("ix_patients_taken_due_at", "patients")
    op.drop_column("patients", "taken_due_at")
    op.drop_column("patients", "taken_word_at")
    op.drop_column("patients", "taken_by")
    op.drop_column("patients", "contact_mode")

    op.drop_index("ix_messages_unseen", "messages")
    op.drop_index("ix_messages_source_message", "messages")
    op.drop_column("messages", "seen_at")
    op.drop_column("messages", "corrects")
    op.drop_column("messages", "source_message")

    op.drop_column("clinicians", "digest_at")
    op.drop_column("clinicians", "digest_hour")
    op.drop_column("clinicians", "replies")
    op.drop_column("clinicians", "zone")
    op.drop_column("clinicians", "email")

    op.drop_index("ix_alerts_state", "alerts")
    op.drop_index("ix_alerts_rule_raised_at", "alerts")
    op.drop_column("alerts", "note")
    op.drop_column("alerts", "acted_at")
    op.drop_column("alerts", "hop")

    op.drop_column("alert_moves", "outcome")
    op.drop_column("alert_moves", "since_raised")

    op.drop_index("ix_mails_state_not_before", "mails")

    op.drop_table("mails")
    op.drop_table("groups")
    op.drop_index("ix_drafts_clinician_id_state", "drafts")

    op.drop_table("drafts")
    op.drop_index("ix_calls_state_at", "calls")
    op.drop_index("ix_calls_speak_at", "calls")
    op.drop_index("ix_calls_patient_id", "calls")

    op.drop_table("calls")
    op.drop_index("ix_alert_tries_post_id", "alert_tries")
    op.drop_index("ix_alert_tries_mail_id", "alert_tries")
    op.drop_index("ix_alert_tries_alert_id", "alert_tries")

    op.drop_table("alert_tries")
    op.drop_index("ix_swaps_until_at", "swaps")

    op.drop_table("swaps")
    op.drop_table("shifts")
    op.drop_index("ix_page_sessions_clinician_id", "page_sessions")

    op.drop_table("page_sessions")
    op.drop_table("page_links")
    op.drop_index("ix_offers_state", "offers")
    op.drop_index("ix_offers_patient_id", "offers")

    op.drop_table("offers")
    op.drop_index("ix_notes_patient_id", "notes")

    op.drop_table("notes")
    op.drop_index("ix_guidance_patient_id", "guidance")
    op.drop_index("ix_guidance_clinician_id_at", "guidance")

    op.drop_table("guidance")
    op.drop_index("ix_glasses_clinician_id_patient_id", "glasses")

    op.drop_table("glasses")
    op.drop_table("desks")
    op.drop_index("ix_caseloads_patient_id", "caseloads")
    op.drop_index("ix_caseloads_clinician_id", "caseloads")

    op.drop_table("caseloads")
    op.drop_index("ix_audit_patient_id", "audit")
    op.drop_index("ix_audit_clinician_id", "audit")

    op.drop_table("audit")
