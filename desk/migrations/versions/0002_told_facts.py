"""facts that owners were told"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""

    op.create_table(
        "told_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("fact", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_told_fact_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_told_fact_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_fact")),
    )
    with op.batch_alter_table("told_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_told_fact_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index(
            "ix_told_fact_fact_version", ["fact", "version", "told_on"], unique=False
        )


def downgrade() -> None:
    """Take the change back."""

    with op.batch_alter_table("told_fact", schema=None) as batch_op:
        batch_op.drop_index("ix_told_fact_fact_version")
        batch_op.drop_index(batch_op.f("ix_told_fact_conversation_id"))

    op.drop_table("told_fact")
