"""search

Keyed hashes of the pairs of characters of what can be searched. The rows that are there are
made findable by jobs, since the migration has no keys.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

PUT_IN = "INSERT INTO search_index(rowid, grams) VALUES (new.id, new.grams);"
TAKE_OUT = (
    "INSERT INTO search_index(search_index, rowid, grams) VALUES ('delete', old.id, old.grams);"
)
TRIGGER = "CREATE TRIGGER search_index_{} AFTER {} ON search_entry BEGIN {} END"
TABLE = (
    "CREATE VIRTUAL TABLE search_index USING fts5(grams, content='search_entry',"
    " content_rowid='id', tokenize='ascii', detail='none', columnsize=0)"
)
SQLITE_INDEX = (
    TABLE,
    TRIGGER.format("added", "INSERT", PUT_IN),
    TRIGGER.format("removed", "DELETE", TAKE_OUT),
    TRIGGER.format("changed", "UPDATE", f"{TAKE_OUT} {PUT_IN}"),
)
POSTGRESQL_INDEX = "CREATE INDEX search_index_grams ON search_entry USING gin (grams)"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "search_entry",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column(
            "grams",
            sa.Text().with_variant(postgresql.ARRAY(sa.Integer()), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("source_id", name=op.f("uq_search_entry_source_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_search_entry_conversation_id"), "search_entry", ["conversation_id"], unique=False
    )
    op.create_index(op.f("ix_search_entry_key_id"), "search_entry", ["key_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE_INDEX:
            op.execute(statement)
    else:
        op.execute(POSTGRESQL_INDEX)


def downgrade() -> None:
    """Take the change back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_table("search_entry")
