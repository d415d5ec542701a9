"""What surviving needs: fencing of claims, replicas, gaps, and who was erased.

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
# the version before knows of no leader: two of it would fetch from Telegram at once
works_with = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Columns with defaults and new tables only: the version before works on them."""
    for table in ("outbox", "mails"):
        op.add_column(table, sa.Column("claims", sa.Integer(), nullable=False, server_default="0"))
        op.add_column(table, sa.Column("claimed_by", NUMBER))
    op.create_table(
        "replicas",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replicas")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "gaps",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("since_at", MOMENT, nullable=False),
        sa.Column("until_at", MOMENT, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tombstones",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstones")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_tombstones_pseudonym")),
    )


def downgrade() -> None:
    """The tables as they were before."""
    for table in ("tombstones", "gaps", "replicas"):
        op.drop_table(table)
    for table in ("mails", "outbox"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("claimed_by")
            changed.drop_column("claims")
