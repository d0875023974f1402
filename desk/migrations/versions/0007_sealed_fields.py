"""sealed fields

Columns with names, contact data and notes become text that holds sealed values. What is in
them gets the prefix `plain:` here; `jinjibu migrate` seals it afterwards in batches, each
in a transaction of its own, and the service does not start before that has ended.
"""

import json

import sqlalchemy as sa
from alembic import op

from desk.vault.types import get_vault

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON_COLUMNS = (("case", "snapshot"), ("case", "contact"), ("case_event", "body"))
TEXT_COLUMNS = (("case", "headline"),)
HASHES = ("contact_phone_hash", "contact_email_hash")
PLAIN = "plain:"
BATCH = 200


def upgrade() -> None:
    """Apply the change."""

    op.create_table(
        "vault_key",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_key")),
    )
    for name in HASHES:
        op.add_column("case", sa.Column(name, sa.String(length=80), nullable=True))
        op.create_index(op.f(f"ix_case_{name}"), "case", [name], unique=False)
    for table, column in TEXT_COLUMNS:
        op.execute(f"UPDATE \"{table}\" SET {column} = '{PLAIN}' || {column}")  # noqa: S608 (our names)
    for table, column in JSON_COLUMNS:
        plain = f"'{PLAIN}' || CAST({column} AS TEXT)"
        _exchange(table, column, sa.Text(), default="", value=plain)


def _exchange(table: str, column: str, kind: sa.types.TypeEngine, *, default: str, value: str):
    """Give a column another type; SQLite can neither alter one nor drop a table in use."""
    new = sa.Column(f"{column}_new", kind, nullable=False, server_default=default)
    op.add_column(table, new)
    op.execute(f'UPDATE "{table}" SET {column}_new = {value}')  # noqa: S608 (our own names)
    op.drop_column(table, column)
    op.execute(f'ALTER TABLE "{table}" RENAME COLUMN {column}_new TO {column}')
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(table, column, server_default=None)


def downgrade() -> None:
    """Take the change back: what was sealed is stored plain again."""

    for table in ("case", "case_event"):
        _open_all(table, [c for t, c in (*TEXT_COLUMNS, *JSON_COLUMNS) if t == table])
    for table, column in JSON_COLUMNS:
        is_sqlite = op.get_bind().dialect.name == "sqlite"
        value = column if is_sqlite else f"CAST({column} AS JSON)"
        _exchange(table, column, sa.JSON(), default="{}", value=value)
    for name in HASHES:
        op.drop_index(op.f(f"ix_case_{name}"), table_name="case")
        op.drop_column("case", name)
    op.drop_table("vault_key")


def _open_all(name: str, columns: list[str]) -> None:
    """Open every sealed value of a table, some rows at a time."""
    connection = op.get_bind()
    table = sa.table(name, sa.column("id", sa.Uuid()), *(sa.column(c, sa.Text()) for c in columns))
    last = None
    while True:
        query = sa.select(table).order_by(table.c.id).limit(BATCH)
        if last is not None:
            query = query.where(table.c.id > last)
        rows = connection.execute(query).mappings().all()
        if not rows:
            return
        for row in rows:
            values = {c: _opened(connection, f"{name}.{c}", row[c], row["id"]) for c in columns}
            connection.execute(sa.update(table).where(table.c.id == row["id"]).values(values))
        last = rows[-1]["id"]


def _opened(connection: sa.Connection, context: str, stored: str, row: object) -> str:
    if stored.startswith(PLAIN):
        return stored.removeprefix(PLAIN)
    text, _ = get_vault(connection.dialect).open(stored, context=context, row=row.hex)
    # As the old program wrote it, so that no character is one that a database refuses.
    return text if context == "case.headline" else json.dumps(json.loads(text))
