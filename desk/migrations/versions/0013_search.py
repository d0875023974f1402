"""search

Keyed hashes of the pairs of characters of what can be searched (the rows that are there are
made findable by jobs, since the migration has no keys); a ledger of how many cases stand
where; people's saved views of the queue.

A later migration that lets SQLite copy the table `case` or `search_entry` has to make their
triggers again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
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
COUNT = "INSERT INTO case_count(hub_id, status, number) VALUES ({0}.hub_id, {0}.status, {1});"
COMES, GOES = COUNT.format("new", 1), COUNT.format("old", -1)
MOVES = "OLD.hub_id <> NEW.hub_id OR OLD.status <> NEW.status"
COUNTED = 'CREATE TRIGGER case_count_{} AFTER {} ON "case" {} BEGIN {} END'
SQLITE_COUNT = (
    COUNTED.format("opened", "INSERT", "", COMES),
    COUNTED.format("deleted", "DELETE", "", GOES),
    COUNTED.format("moved", "UPDATE OF hub_id, status", f"WHEN {MOVES}", f"{GOES} {COMES}"),
)
POSTGRESQL_COUNT = (
    f"""CREATE FUNCTION count_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN {COMES}
    ELSIF TG_OP = 'DELETE' THEN {GOES}
    ELSIF {MOVES} THEN {GOES} {COMES}
    END IF;
    RETURN NULL; END $$""",
    """CREATE TRIGGER case_count_changed AFTER INSERT OR DELETE OR UPDATE OF hub_id, status
    ON "case" FOR EACH ROW EXECUTE FUNCTION count_case()""",
)
ALL_CASES = (
    "INSERT INTO case_count(hub_id, status, number)"
    ' SELECT hub_id, status, count(*) FROM "case" GROUP BY hub_id, status'
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
    op.create_table(
        "case_count",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("hub_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_count")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_case_count_place", "case_count", ["hub_id", "status", "number"], unique=False
    )
    _add_views()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (*SQLITE_INDEX, *SQLITE_COUNT) if is_sqlite else POSTGRESQL_COUNT:
        op.execute(statement)
    if not is_sqlite:
        op.execute(POSTGRESQL_INDEX)
    op.execute(ALL_CASES)


def _add_views() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["staff_user.id"], name=op.f("fk_saved_view_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_view_user_id_name")),
    )
    op.create_table(
        "queue_habit",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("view", sa.String(length=40), nullable=True),
        sa.Column("has_shortcuts", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["staff_user.id"], name=op.f("fk_queue_habit_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_queue_habit")),
    )


def downgrade() -> None:
    """Take the change back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
        for name in ("opened", "deleted", "moved"):
            op.execute(f"DROP TRIGGER case_count_{name}")
    else:
        op.execute('DROP TRIGGER case_count_changed ON "case"')
        op.execute("DROP FUNCTION count_case()")
    for table in ("queue_habit", "saved_view", "case_count", "search_entry"):
        op.drop_table(table)
