"""review

Lines of owners that people look at, what they said of them, and facts to mend.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "review_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reached", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_review_mark_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_mark")),
    )
    op.create_table(
        "review_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fallback", sa.Boolean(), nullable=False),
        sa.Column("low_confidence", sa.Boolean(), nullable=False),
        sa.Column("unsolved", sa.Boolean(), nullable=False),
        sa.Column("handoff", sa.Boolean(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("set_name", sa.String(length=8), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("agreed", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_review_line_conversation_id_conversation"),
        ),
        sa.ForeignKeyConstraint(["id"], ["message.id"], name=op.f("fk_review_line_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_line")),
    )
    op.create_index(
        op.f("ix_review_line_conversation_id"), "review_line", ["conversation_id"], unique=False
    )
    op.create_index("ix_review_line_queue", "review_line", ["state", "said_at", "id"], unique=False)
    op.create_table(
        "review_label",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"], ["review_line.id"], name=op.f("fk_review_label_line_id_review_line")
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["staff_user.id"],
            name=op.f("fk_review_label_reviewer_id_staff_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_label")),
        sa.UniqueConstraint("line_id", "round", name=op.f("uq_review_label_line_id_round")),
        sa.UniqueConstraint(
            "line_id", "reviewer_id", name=op.f("uq_review_label_line_id_reviewer_id")
        ),
    )
    op.create_table(
        "knowledge_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("with_before", sa.Boolean(), nullable=False),
        sa.Column("must_say", sa.Text(), nullable=False),
        sa.Column("never_say", sa.Text(), nullable=False),
        sa.Column("source_url", sa.String(length=500), nullable=False),
        sa.Column("source_on", sa.Date(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_knowledge_task_conversation_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_user.id"], name=op.f("fk_knowledge_task_created_by_staff_user")
        ),
        sa.ForeignKeyConstraint(
            ["done_by"], ["staff_user.id"], name=op.f("fk_knowledge_task_done_by_staff_user")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_knowledge_task_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_task")),
    )
    for column in ("message_id", "conversation_id", "state"):
        op.create_index(
            op.f(f"ix_knowledge_task_{column}"), "knowledge_task", [column], unique=False
        )


def downgrade() -> None:
    """Take the change back."""
    for column in ("state", "conversation_id", "message_id"):
        op.drop_index(op.f(f"ix_knowledge_task_{column}"), table_name="knowledge_task")
    op.drop_table("knowledge_task")
    op.drop_table("review_label")
    op.drop_index("ix_review_line_queue", table_name="review_line")
    op.drop_index(op.f("ix_review_line_conversation_id"), table_name="review_line")
    op.drop_table("review_line")
    op.drop_table("review_mark")
