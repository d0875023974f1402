"""satisfaction

Whether it helped, asked after the advice and after the hand-off.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "satisfaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("after", sa.String(length=8), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_satisfaction_conversation_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_satisfaction")),
        sa.UniqueConstraint(
            "conversation_id", "after", name=op.f("uq_satisfaction_conversation_id_after")
        ),
    )
    op.create_index(op.f("ix_satisfaction_asked_at"), "satisfaction", ["asked_at"], unique=False)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f("ix_satisfaction_asked_at"), table_name="satisfaction")
    op.drop_table("satisfaction")
