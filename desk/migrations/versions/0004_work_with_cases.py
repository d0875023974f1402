"""work with cases"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


COLUMNS = (
    "result",
    "hold_until",
    "priority",
    "priority_reasons",
    "merged_into_id",
    "answered_at",
    "escalated_to",
)


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "hub_calendar",
        sa.Column("hub_id", sa.String(length=32), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hub_id", name=op.f("pk_hub_calendar")),
    )
    op.create_table(
        "hub_intake",
        sa.Column("hub_id", sa.String(length=32), nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("daily_limit", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hub_id", name=op.f("pk_hub_intake")),
    )
    op.create_table(
        "hub_intake_day",
        sa.Column("hub_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hub_id", "day", name=op.f("pk_hub_intake_day")),
    )
    op.create_table(
        "case_label",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_label_case_id")),
        sa.PrimaryKeyConstraint("case_id", "label", name=op.f("pk_case_label")),
    )
    with op.batch_alter_table("case_label", schema=None) as batch_op:
        batch_op.create_index("ix_case_label_label", ["label", "case_id"], unique=False)

    op.create_table(
        "case_mention",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_mention_case_id")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["case_event.id"], name=op.f("fk_case_mention_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name=op.f("fk_case_mention_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_mention")),
        sa.UniqueConstraint("event_id", "user_id", name=op.f("uq_case_mention_event_id_user_id")),
    )
    with op.batch_alter_table("case_mention", schema=None) as batch_op:
        batch_op.create_index("ix_case_mention_unread", ["user_id", "read_at", "id"], unique=False)

    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("result", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("priority_reasons", sa.JSON(), server_default="[]", nullable=False)
        )
        batch_op.add_column(sa.Column("merged_into_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("escalated_to", sa.String(length=8), nullable=True))
        batch_op.create_index("ix_case_hub", ["hub_id", "id"], unique=False)

    _complete_old_cases()


def _complete_old_cases() -> None:
    """Give the logs of older cases what the fold reads of them."""
    case = sa.table(
        "case",
        sa.column("id", sa.Uuid()),
        sa.column("hub_id", sa.String()),
        sa.column("promised_on", sa.Date()),
        sa.column("version", sa.Integer()),
        sa.column("answered_at", sa.DateTime(timezone=True)),
    )
    event = sa.table(
        "case_event",
        sa.column("id", sa.Uuid()),
        sa.column("case_id", sa.Uuid()),
        sa.column("seq", sa.Integer()),
        sa.column("kind", sa.String()),
        sa.column("body", sa.JSON()),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(case)).all():
        log = connection.execute(
            sa.select(event).where(event.c.case_id == row.id).order_by(event.c.seq)
        ).all()
        if not log or log[0].kind != "opened":
            continue  # Not of our making.
        body = {
            **log[0].body,
            "hub_id": row.hub_id,
            "promised_on": row.promised_on.isoformat(),
        }
        connection.execute(event.update().where(event.c.id == log[0].id).values(body=body))
        answered = next((entry.created_at for entry in log if _is_answer(entry)), None)
        # An escalation did not count as a change before.
        version = row.version + sum(entry.kind == "escalated" for entry in log)
        connection.execute(
            case.update().where(case.c.id == row.id).values(answered_at=answered, version=version)
        )


def _is_answer(entry: sa.Row) -> bool:
    is_waiting = entry.kind == "status_changed" and entry.body.get("to") == "waiting"
    return is_waiting or entry.kind == "closed"


def downgrade() -> None:
    """Take the change back."""
    # Column by column: SQLite cannot rebuild a table that others refer to.
    op.drop_index("ix_case_hub", table_name="case")
    for name in reversed(COLUMNS):
        op.drop_column("case", name)

    with op.batch_alter_table("case_mention", schema=None) as batch_op:
        batch_op.drop_index("ix_case_mention_unread")

    op.drop_table("case_mention")
    with op.batch_alter_table("case_label", schema=None) as batch_op:
        batch_op.drop_index("ix_case_label_label")

    op.drop_table("case_label")
    op.drop_table("hub_intake_day")
    op.drop_table("hub_intake")
    op.drop_table("hub_calendar")
