"""The database as desk sets it: durable, waiting instead of failing, whole."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from desk.chat.models import Conversation, Message
from desk.db import Database, Transaction, new_id, now
from desk.outage import is_outage


async def setting(tx: Transaction, name: str) -> object:
    return (await tx.execute(text(f"PRAGMA {name}"))).scalar_one()


def conversation() -> Conversation:
    return Conversation(id=new_id(), token_hash=uuid4().hex, expires_at=now())


class TestSqlite:
    pytestmark = pytest.mark.on_database("sqlite")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("busy_timeout", 10_000),
            ("foreign_keys", 1),
            ("secure_delete", 1),
        ],
    )
    async def test_every_connection_has_the_settings(
        self, database: Database, name: str, value: object
    ):
        async with database.write() as one, database.read() as two:
            assert [await setting(tx, name) for tx in (one, two)] == [value, value]

    async def test_writer_that_only_reads_yet_has_the_write_lock_already(self, database: Database):
        """Else it could fail when it comes to write, after another one has written."""
        order = []

        async def write(name: str) -> None:
            async with database.write() as tx:
                await tx.execute(select(Conversation))
                order.append(f"{name} begins")
                await tx.execute(select(Conversation))
                order.append(f"{name} ends")

        await asyncio.gather(write("a"), write("b"))

        assert order in (
            ["a begins", "a ends", "b begins", "b ends"],
            ["b begins", "b ends", "a begins", "a ends"],
        )

    async def test_writers_of_a_process_are_served_in_their_order(self, database: Database):
        order = []

        async def write(number: int) -> None:
            async with database.write(is_urgent=number in {5, 9}) as tx:
                await tx.execute(select(Conversation))
                order.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(12):
                group.create_task(write(number))

        assert order == [0, 5, 9, 1, 2, 3, 4, 6, 7, 8, 10, 11]

    async def test_who_gives_up_waiting_stands_in_nobodys_way(self, database: Database):
        order = []

        async def write(number: int) -> None:
            async with database.write() as tx:
                await tx.execute(select(Conversation))
                order.append(number)

        tasks = [asyncio.create_task(write(number)) for number in range(6)]
        await asyncio.sleep(0)
        for number in (1, 3, 5):
            tasks[number].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await write(6)

        assert order == [0, 2, 4, 6]

    async def test_who_waits_too_long_for_a_writer_is_told_of_an_outage(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("desk.db.BUSY_SECONDS", 0.05)
        async with database.write():
            with pytest.raises(SQLAlchemyError) as caught:
                async with database.write():
                    pass

        assert is_outage(caught.value)
        async with database.write() as tx:  # Nobody stands in the way any more.
            await tx.execute(select(Conversation))

    async def test_reader_sees_the_state_of_its_beginning_and_does_not_wait(
        self, database: Database
    ):
        async with database.read() as reader:
            assert list(await reader.scalars(select(Conversation.id))) == []
            async with database.write() as tx:
                tx.add(conversation())

            assert list(await reader.scalars(select(Conversation.id))) == []


class TestEveryDatabase:
    async def test_writers_at_once_all_get_through(self, database: Database):
        async def write() -> None:
            async with database.write() as tx:
                await tx.execute(select(Conversation).limit(1))
                tx.add(conversation())

        await asyncio.gather(*(write() for _ in range(20)))

        async with database.read() as tx:
            assert len(list(await tx.scalars(select(Conversation.id)))) == 20

    async def test_row_cannot_refer_to_what_does_not_exist(self, database: Database):
        message = Message(id=new_id(), conversation_id=new_id(), seq=1, author="bot", text="")

        with pytest.raises(IntegrityError):
            async with database.write() as tx:
                tx.add(message)

    async def test_hook_runs_after_the_commit_and_only_then(self, database: Database):
        heard = []

        async with database.write() as tx:
            tx.after_commit(lambda: heard.append("kept"))
            assert heard == []

        async def fail() -> None:
            async with database.write() as tx:
                tx.after_commit(lambda: heard.append("lost"))
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail()
        assert heard == ["kept"]
