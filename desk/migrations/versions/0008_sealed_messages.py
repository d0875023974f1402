"""sealed messages

What was said in the talks, and drafts of replies, become text that holds sealed values. What
is there gets the prefix `plain:`; `jinjibu migrate` seals it afterwards, as in 0007. The kind
of a card gets a column of its own, since queries no longer see into the content.
"""

import json
from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op

from desk.vault.types import get_vault

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PLAIN = "plain:"
COLUMNS = ("text", "content", "understanding")
UNSEALED = sa.text(" OR ".join(f"substr({name}, 1, 6) = '{PLAIN}'" for name in COLUMNS))
HAS_CARD = sa.text("card_kind IS NOT NULL")
BATCH = 200


def upgrade() -> None:
    """Apply the change."""
    op.add_column("message", sa.Column("card_kind", sa.String(length=32), nullable=True))
    if _is_sqlite():
        _mark_on_sqlite()
    else:
        _mark_on_postgresql()
    op.create_index(
        "ix_message_unsealed",
        "message",
        ["id"],
        sqlite_where=UNSEALED,
        postgresql_where=UNSEALED,
    )
    op.create_index(
        "ix_message_card",
        "message",
        ["card_kind", "id"],
        sqlite_where=HAS_CARD,
        postgresql_where=HAS_CARD,
    )
    _exchange_drafts(with_id=True)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _mark_on_sqlite() -> None:
    """SQLite can neither alter a column's type nor drop a table that others refer to."""
    new = sa.Column("content_new", sa.Text(), nullable=False, server_default="")
    op.add_column("message", new)
    op.add_column("message", sa.Column("understanding_new", sa.Text(), nullable=True))
    op.execute(
        f"UPDATE message SET text = '{PLAIN}' || text, "  # noqa: S608 (our own names)
        f"content_new = '{PLAIN}' || content, "
        f"understanding_new = '{PLAIN}' || NULLIF(understanding, 'null'), "
        "card_kind = json_extract(content, '$.card.kind')"
    )
    _replace("content", "understanding")


def _replace(*columns: str) -> None:
    for column in columns:
        op.drop_column("message", column)
        op.execute(f"ALTER TABLE message RENAME COLUMN {column}_new TO {column}")


def _mark_on_postgresql() -> None:
    op.execute(
        "UPDATE message SET card_kind = content -> 'card' ->> 'kind' "
        "WHERE content -> 'card' ->> 'kind' IS NOT NULL"
    )
    op.execute(
        "ALTER TABLE message "
        f"ALTER COLUMN text TYPE TEXT USING '{PLAIN}' || text, "
        f"ALTER COLUMN content TYPE TEXT USING '{PLAIN}' || content::text, "
        "ALTER COLUMN understanding TYPE TEXT "
        f"USING '{PLAIN}' || NULLIF(understanding::text, 'null')"
    )


def _exchange_drafts(*, with_id: bool) -> None:
    """Make the table of the drafts anew, with an id for each row or without; few are there."""
    connection = op.get_bind()
    names = ("conversation_id", "staff_id", "text", "updated_at")
    kinds = (sa.Uuid(), sa.Uuid(), sa.Text(), sa.DateTime(timezone=True))
    old = sa.table("reply_draft", *(sa.column(n, k) for n, k in zip(names, kinds, strict=True)))
    rows = [dict(row) for row in connection.execute(sa.select(old)).mappings()]
    op.drop_table("reply_draft")
    one = ["conversation_id", "staff_id"]
    identity: list[sa.schema.SchemaItem] = [sa.PrimaryKeyConstraint(*one, name="pk_reply_draft")]
    if with_id:
        identity = [
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.PrimaryKeyConstraint("id", name="pk_reply_draft"),
            sa.UniqueConstraint(*one, name="uq_reply_draft_conversation_id_staff_id"),
        ]
    table = op.create_table(
        "reply_draft",
        *(sa.Column(n, k, nullable=False) for n, k in zip(names, kinds, strict=True)),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_reply_draft_conversation_id"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_user.id"], name="fk_reply_draft_staff_id"),
        *identity,
    )
    for row in rows:
        id_ = uuid5(row["conversation_id"], row["staff_id"].hex)
        if with_id:
            row |= {"id": id_, "text": PLAIN + row["text"]}
        else:
            row["text"] = _opened(connection, "reply_draft.text", row["text"], id_)
        connection.execute(sa.insert(table).values(row))


def downgrade() -> None:
    """Take the change back: what was sealed is stored plain again."""
    _exchange_drafts(with_id=False)
    op.drop_index("ix_message_card", table_name="message")
    op.drop_index("ix_message_unsealed", table_name="message")
    _open_messages()
    op.drop_column("message", "card_kind")
    if _is_sqlite():
        new = sa.Column("content_new", sa.JSON(), nullable=False, server_default="{}")
        op.add_column("message", new)
        op.add_column("message", sa.Column("understanding_new", sa.JSON(), nullable=True))
        op.execute("UPDATE message SET content_new = content, understanding_new = understanding")
        _replace("content", "understanding")
        return
    op.execute(
        "ALTER TABLE message ALTER COLUMN content TYPE JSON USING content::json, "
        "ALTER COLUMN understanding TYPE JSON USING understanding::json"
    )


def _open_messages() -> None:
    """Open every sealed value of the messages, some rows at a time."""
    connection = op.get_bind()
    columns = [sa.column(name, sa.Text()) for name in COLUMNS]
    table = sa.table("message", sa.column("id", sa.Uuid()), *columns)
    last = None
    while True:
        query = sa.select(table).order_by(table.c.id).limit(BATCH)
        if last is not None:
            query = query.where(table.c.id > last)
        rows = connection.execute(query).mappings().all()
        if not rows:
            return
        for row in rows:
            values = {c: _opened(connection, f"message.{c}", row[c], row["id"]) for c in COLUMNS}
            connection.execute(sa.update(table).where(table.c.id == row["id"]).values(values))
        last = rows[-1]["id"]


def _opened(connection: sa.Connection, context: str, stored: str | None, row: UUID) -> str | None:
    if stored is None:
        return None
    if stored.startswith(PLAIN):
        return stored.removeprefix(PLAIN)
    text, _ = get_vault(connection.dialect).open(stored, context=context, row=row.hex)
    # As the old program wrote it, so that no character is one that a database refuses.
    return text if context.endswith(".text") else json.dumps(json.loads(text))
