"""The cards that patients keep, with every earlier version.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """The table of cards."""
    op.create_table(
        "cards",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("patient_id", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("card", sa.String(length=64), nullable=False),
        sa.Column("flow", sa.String(length=128), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("replaced_at", MOMENT),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_cards_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
    )
    op.create_index("ix_cards_patient_id_number", "cards", ["patient_id", "number"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index("ix_cards_patient_id_number", "cards")

    op.drop_table("cards")
