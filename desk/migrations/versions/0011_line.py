"""line

What came from LINE, from whom, what was sent there, and the links to our own page.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "line_count",
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", "day", name=op.f("pk_line_count")),
    )
    op.create_table(
        "line_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("user_id_hash", sa.String(length=80), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("sent_seq", sa.Integer(), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collector_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("greeted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_line_user_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_user")),
        sa.UniqueConstraint(
            "account", "user_id_hash", name=op.f("uq_line_user_account_user_id_hash")
        ),
    )
    op.create_index(
        op.f("ix_line_user_conversation_id"), "line_user", ["conversation_id"], unique=False
    )

    op.create_table(
        "line_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("webhook_event_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("line_user_id", sa.Uuid(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("is_redelivery", sa.Boolean(), nullable=False),
        sa.Column("line_message_id", sa.String(length=64), nullable=True),
        sa.Column("client_message_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("reply_token", sa.Text(), nullable=True),
        sa.Column("token_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_user_id"], ["line_user.id"], name=op.f("fk_line_event_line_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_event")),
        sa.UniqueConstraint("webhook_event_id", name=op.f("uq_line_event_webhook_event_id")),
    )
    op.create_index(
        op.f("ix_line_event_line_message_id"), "line_event", ["line_message_id"], unique=False
    )
    op.create_index(op.f("ix_line_event_message_id"), "line_event", ["message_id"], unique=False)
    op.create_index(op.f("ix_line_event_received_at"), "line_event", ["received_at"], unique=False)
    op.create_index(
        "ix_line_event_user_message",
        "line_event",
        ["line_user_id", "client_message_id"],
        unique=False,
    )
    op.create_index(
        "ix_line_event_user_state", "line_event", ["line_user_id", "state"], unique=False
    )

    op.create_table(
        "line_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("line_user_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_line_link_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_user_id"], ["line_user.id"], name=op.f("fk_line_link_line_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_line_link_token_hash")),
    )
    op.create_index(
        op.f("ix_line_link_conversation_id"), "line_link", ["conversation_id"], unique=False
    )
    op.create_index(op.f("ix_line_link_line_user_id"), "line_link", ["line_user_id"], unique=False)

    op.create_table(
        "line_send",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("line_user_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.String(length=120), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=8), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("retry_key", sa.Uuid(), nullable=False),
        sa.Column("messages", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("is_unknown", sa.Boolean(), nullable=False),
        sa.Column("is_plain", sa.Boolean(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["line_user_id"], ["line_user.id"], name=op.f("fk_line_send_line_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_send")),
        sa.UniqueConstraint("cause", name=op.f("uq_line_send_cause")),
    )
    op.create_index("ix_line_send_conversation", "line_send", ["conversation_id"], unique=False)
    op.create_index("ix_line_send_state", "line_send", ["state", "id"], unique=False)
    op.create_index("ix_line_send_user", "line_send", ["line_user_id", "state"], unique=False)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_line_send_user", table_name="line_send")
    op.drop_index("ix_line_send_state", table_name="line_send")
    op.drop_index("ix_line_send_conversation", table_name="line_send")

    op.drop_table("line_send")
    op.drop_index(op.f("ix_line_link_line_user_id"), table_name="line_link")
    op.drop_index(op.f("ix_line_link_conversation_id"), table_name="line_link")

    op.drop_table("line_link")
    op.drop_index("ix_line_event_user_state", table_name="line_event")
    op.drop_index("ix_line_event_user_message", table_name="line_event")
    op.drop_index(op.f("ix_line_event_received_at"), table_name="line_event")
    op.drop_index(op.f("ix_line_event_message_id"), table_name="line_event")
    op.drop_index(op.f("ix_line_event_line_message_id"), table_name="line_event")

    op.drop_table("line_event")
    op.drop_index(op.f("ix_line_user_conversation_id"), table_name="line_user")

    op.drop_table("line_user")
    op.drop_table("line_count")
