"""Messages and drafts from before they were sealed: sealed in batches, and taken back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import (
    JSON,
    MetaData,
    Table,
    Uuid,
    column,
    event,
    insert,
    select,
    table,
    text,
    update,
)
from sqlalchemy.engine import Connection

from desk.chat.models import Author, Message
from desk.chat.repository import list_after
from desk.config import Settings
from desk.db import Base, Database, new_id, now
from desk.live.models import ReplyDraft
from desk.live.repository import find_draft, keep_draft
from desk.migrate import migrate
from desk.reconcile.repository import receipts
from desk.vault import renewal, service
from desk.vault.errors import UnsealedRowsError
from desk.vault.keys import KeyFile
from desk.vault.renewal import renew_batch
from desk.vault.repository import has_unsealed
from desk.vault.service import check, open_database, prepare, settle, vault_of
from desk.vault.tables import sealed_tables
from tests.desk.vault.conftest import CONTACT, dumped, readable
from tests.desk.vault.test_sealing_migration import run_alembic

BEFORE = "0007"
TROUBLE = "息子の病気で手が回らない"
DRAFT = "まだ送っていない返事"
HEARD = {"intent": "inform", "entities": [{"value": CONTACT["name"]}]}
RECEIPT = {"card": {"kind": "receipt", "case_number": "TSU-2611-0001", "contact": CONTACT}}
ASKED = {"question": {"key": "send_case", "choices": []}}
# Author, text, content, understanding: all that the old program wrote.
OLD: list[tuple[Author, str, dict[str, Any], dict[str, Any] | None]] = [
    (Author.USER, TROUBLE, {}, HEARD),
    (Author.BOT, f"{CONTACT['name']}さん", ASKED, None),
    (Author.USER, "", {}, None),
    (Author.BOT, "plain: v1:a:b:c", RECEIPT, None),
    (Author.STAFF, "'引用' %s :x\n\U0001f600", {}, None),
]
SECRETS = (*CONTACT.values(), TROUBLE, DRAFT)
STORED = "SELECT id, text, content, understanding, payload, seq FROM message ORDER BY seq"
RAW = table("message", *(column(n) for n in ("seq", "text", "content", "understanding")))
TABLES = {each.name: each for each in sealed_tables(Base.metadata)}


@pytest.fixture
def settings(tmp_path: Path, empty_database_url: str) -> Settings:
    """Settings without a key file."""
    return Settings(_env_file=None, data=tmp_path, database_url=empty_database_url)


@pytest.fixture
async def old(settings: Settings) -> AsyncIterator[Database]:
    """A database in which the version before has left a talk and a draft in plain."""
    database = open_database(settings)
    await run_alembic(database, lambda config: command.upgrade(config, BEFORE))
    async with database.engine.begin() as connection:
        await connection.run_sync(_fill)
    yield database
    await database.close()


def _fill(connection: Connection) -> None:
    tables = MetaData()
    tables.reflect(connection)
    common = {"created_at": now(), "updated_at": now(), "version": 1, "holder": "bot"}
    talk, staff = new_id(), new_id()
    ids = {"id": talk, "token_hash": "t", "channel": "web", "last_seq": len(OLD)}
    _insert(connection, tables.tables["conversation"], **common, **ids, expires_at=now())
    known = {"login": "hanako", "display_name": "H", "password_hash": "", "role": "staff"}
    counts = {"must_change_password": False, "failed_logins": 0, "created_at": now()}
    _insert(connection, tables.tables["staff_user"], id=staff, **known, **counts)
    for seq, (author, said, content, understanding) in enumerate(OLD, start=1):
        place = {"id": new_id(), "conversation_id": talk, "seq": seq, "author": author.value}
        words = {"text": said, "content": content, "author_name": "", "created_at": now()}
        # A column that was never set holds NULL, one that was set to None JSON's null.
        heard = {} if seq == 2 else {"understanding": understanding}
        _insert(connection, tables.tables["message"], **place, **words, **heard)
    draft = {"conversation_id": talk, "staff_id": staff, "text": DRAFT, "updated_at": now()}
    _insert(connection, tables.tables["reply_draft"], **draft)


def _insert(connection: Connection, into: Table, **values: Any) -> None:
    """Insert as the older version did (SQLite's tables do not tell all their types)."""
    for name, value in values.items():
        if isinstance(value, UUID):
            into.c[name].type = Uuid()
        if name in {"content", "understanding"}:
            into.c[name].type = JSON()
    connection.execute(insert(into).values(values))


async def sealed_messages(database: Database) -> int:
    async with database.read() as tx:
        query = text("SELECT count(*) FROM message WHERE text LIKE 'v1:%'")
        return int((await tx.execute(query)).scalar_one())


async def only_talk(database: Database) -> UUID:
    async with database.read() as tx:
        return (await tx.scalars(select(Message.conversation_id).distinct())).one()


class TestMigrate:
    async def test_everything_is_sealed_and_reads_as_before(
        self, old: Database, settings: Settings
    ):
        await migrate(old)

        assert await prepare(old, settings) == len(OLD) + 1

        async with old.read() as tx:
            found = await list_after(tx, await only_talk(old), 0)
            draft = (await tx.scalars(select(ReplyDraft))).one()
            told = [receipt async for part in receipts(tx) for receipt in part]
        assert [(m.author, m.text, m.content, m.understanding) for m in found] == OLD
        assert [m.card_kind for m in found] == [None, None, None, "receipt", None]
        assert draft.text == DRAFT
        assert [receipt.number for receipt in told] == ["TSU-2611-0001"]

    async def test_draft_from_before_is_found_and_kept_again(
        self, old: Database, settings: Settings
    ):
        await migrate(old)
        await prepare(old, settings)
        async with old.read() as tx:
            draft = (await tx.scalars(select(ReplyDraft))).one()
        talk, staff = draft.conversation_id, draft.staff_id

        async with old.write() as tx:
            await keep_draft(tx, talk, staff, f"{DRAFT}、続き")

        async with old.read() as tx:
            assert await find_draft(tx, talk, staff) == f"{DRAFT}、続き"

    async def test_nothing_plain_is_left(self, old: Database, settings: Settings):
        before = await dumped(old, settings)
        assert readable(before, SECRETS) == list(SECRETS)

        await migrate(old)
        await prepare(old, settings)

        assert readable(await dumped(old, settings), SECRETS) == []

    async def test_sealing_that_was_broken_off_goes_on_where_it_stopped(
        self, old: Database, settings: Settings
    ):
        await migrate(old)
        KeyFile(settings.key_path).create()
        database = open_database(settings)
        await settle(database)
        async with database.write() as tx:
            vault = vault_of(database)
            await renew_batch(tx, vault, TABLES["message"], limit=2, may_be_plain=True)
        assert await sealed_messages(database) == 2
        with pytest.raises(UnsealedRowsError, match="message"):
            await check(database)

        assert await prepare(database, settings) == len(OLD) - 2 + 1

        await check(database)
        assert await sealed_messages(database) == len(OLD)
        await database.close()

    async def test_sealing_goes_by_batches(
        self, old: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ):
        sizes: list[int] = []

        async def counted(*args: Any, **options: Any) -> renewal.Batch:
            batch = await renew_batch(*args, **{**options, "limit": 2})
            sizes.append(batch.renewed)
            return batch

        monkeypatch.setattr(service, "renew_batch", counted)
        await migrate(old)

        assert await prepare(old, settings) == len(OLD) + 1
        assert max(sizes) == 2
        assert sum(sizes) == len(OLD) + 1

    async def test_taking_it_back_opens_everything_again(self, old: Database, settings: Settings):
        async with old.read() as tx:
            before = [tuple(row) for row in await tx.execute(text(STORED))]
            drafts = "SELECT conversation_id, staff_id, text FROM reply_draft"
            draft = (await tx.execute(text(drafts))).all()
        await migrate(old)
        await prepare(old, settings)

        await run_alembic(old, lambda config: command.downgrade(config, BEFORE))

        async with old.read() as tx:
            after = [tuple(row) for row in await tx.execute(text(STORED))]
            assert (await tx.execute(text(drafts))).all() == draft
        # JSON's null and SQL's NULL both say that nothing was understood.
        assert [_without_null(row) for row in after] == [_without_null(row) for row in before]


def _without_null(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(None if value == "null" else value for value in row)


class TestUnsealed:
    @pytest.mark.parametrize("name", ["text", "content", "understanding"])
    async def test_one_plain_value_is_seen(self, old: Database, settings: Settings, name: str):
        await migrate(old)
        await prepare(old, settings)
        async with old.read() as tx:
            assert not await has_unsealed(tx, TABLES["message"])
        async with old.write() as tx:
            await tx.execute(update(RAW).where(RAW.c.seq == 3).values({name: "plain:x"}))

        async with old.read() as tx:
            assert await has_unsealed(tx, TABLES["message"])
        with pytest.raises(UnsealedRowsError, match="message"):
            await check(old)

    async def test_looking_for_plain_values_reads_no_message(
        self, old: Database, settings: Settings
    ):
        await migrate(old)
        await prepare(old, settings)
        word = "EXPLAIN QUERY PLAN" if old.is_sqlite else "EXPLAIN"
        async with old.read() as tx:
            if not old.is_sqlite:  # A table of five rows is read as a whole otherwise.
                await tx.execute(text("SET LOCAL enable_seqscan = off"))
            statements: list[str] = []
            await _watch(old, statements, has_unsealed(tx, TABLES["message"]))
            plan = (await tx.execute(text(f"{word} {statements[-1]}"))).all()

        assert "ix_message_unsealed" in str(plan)


async def _watch(database: Database, statements: list[str], work: Any) -> None:
    """Note the statements that `work` sends."""

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        await work
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
