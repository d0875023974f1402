"""levels of targets, and before when deliveries were deleted

Targets that were there hear of everything, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column(
        "notification_target",
        sa.Column("level", sa.String(length=8), server_default="hub", nullable=False),
    )
    op.create_table(
        "notification_pruning",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_pruning")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("notification_pruning")
    with op.batch_alter_table("notification_target", schema=None) as batch_op:
        batch_op.drop_column("level")
