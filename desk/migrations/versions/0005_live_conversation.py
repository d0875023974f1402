"""people in the conversation: holders, presence, drafts, typing"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""

    op.create_table(
        "typing_sign",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(length=8), nullable=False),
        sa.Column("shown_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_typing_sign_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "author", name=op.f("pk_typing_sign")),
    )
    op.create_table(
        "holder_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=8), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["staff_user.id"], name=op.f("fk_holder_change_actor_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_holder_change_case_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_holder_change_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["staff_user.id"], name=op.f("fk_holder_change_holder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder_change")),
        sa.UniqueConstraint(
            "conversation_id", "version", name=op.f("uq_holder_change_conversation_id_version")
        ),
    )
    with op.batch_alter_table("holder_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holder_change_case_id"), ["case_id"], unique=False)
    op.create_table(
        "staff_presence",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_staff_presence_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_user.id"], name=op.f("fk_staff_presence_staff_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id", name=op.f("pk_staff_presence")),
    )
    op.create_table(
        "reply_draft",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_reply_draft_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_user.id"], name=op.f("fk_reply_draft_staff_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id", name=op.f("pk_reply_draft")),
    )
    op.add_column("message", sa.Column("author_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Take the change back."""

    op.drop_column("message", "author_id")
    op.drop_table("reply_draft")
    op.drop_table("staff_presence")
    with op.batch_alter_table("holder_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_holder_change_case_id"))
    op.drop_table("holder_change")
    op.drop_table("typing_sign")
