"""levels of targets

Targets that were there hear of everything, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column(
        "notification_target",
        sa.Column("level", sa.String(length=8), server_default="hub", nullable=False),
    )


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("notification_target", schema=None) as batch_op:
        batch_op.drop_column("level")
