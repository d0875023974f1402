"""reports

Codes of the cases that the reports count; filled by the nightly job.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "report_case",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("prefecture", sa.String(length=2), nullable=True),
        sa.Column("municipality", sa.String(length=5), nullable=True),
        sa.Column("industry", sa.String(length=1), nullable=True),
        sa.Column("size", sa.String(length=8), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_report_case_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_report_case")),
    )
    op.create_table(
        "report_item",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_report_item_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "kind", "code", name=op.f("pk_report_item")),
    )
    op.create_index(
        "ix_report_item_kind_code", "report_item", ["kind", "code", "state"], unique=False
    )
    op.create_index(op.f("ix_case_created_at"), "case", ["created_at"], unique=False)
    op.create_index(op.f("ix_conversation_created_at"), "conversation", ["created_at"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f("ix_conversation_created_at"), table_name="conversation")
    op.drop_index(op.f("ix_case_created_at"), table_name="case")
    op.drop_index("ix_report_item_kind_code", table_name="report_item")
    op.drop_table("report_item")
    op.drop_table("report_case")
