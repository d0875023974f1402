"""The search index: sealed, written with the text, gone with it, made anew by jobs."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text, update

from desk.cases.models import Case, CaseEvent, EventKind
from desk.cases.service import CaseService, erase_of_conversation
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message
from desk.chat.retract import retract
from desk.config import Settings
from desk.db import Database, new_id, now
from desk.jobs.models import Job
from desk.jobs.worker import Worker
from desk.vault.grams import grams_of
from desk.vault.indexing import BATCH, queue_if_empty
from desk.vault.keys import KeyFile
from desk.vault.models import Part, SearchEntry
from desk.vault.rotation import RENEW_JOB, renew_step, retire, rotate, settle
from desk.vault.service import vault_of
from tests.desk.vault.conftest import NOTE, open_case

pytestmark = pytest.mark.asyncio
SAID = "離職が多くて、若い子が続かない"


@pytest.fixture
async def case_id(database: Database) -> UUID:
    """A case."""
    await settle(database)
    return await open_case(database)


async def say(database: Database, case_id: UUID, words: str, author: str = Author.USER) -> UUID:
    """Something that is said in the case's conversation; its id."""
    async with database.write() as tx:
        case = await tx.get_one(Case, case_id)
        talk = await tx.get_one(Conversation, case.conversation_id)
        message = Message(id=new_id(), author=author, text=words)
        await chat.append(tx, talk, message)
    return message.id


async def entry(database: Database, source_id: UUID) -> SearchEntry | None:
    """What the index has of a row."""
    async with database.read() as tx:
        query = select(SearchEntry).where(SearchEntry.source_id == source_id)
        return (await tx.scalars(query)).one_or_none()


async def found(database: Database, word: str) -> set[UUID]:
    """Rows that the database's own index finds by a word."""
    (grams,) = vault_of(database).gram_sets(grams_of(word))
    return await matching(database, grams)


async def matching(database: Database, grams: list[int]) -> set[UUID]:
    """Rows whose entries the database's own index finds."""
    words = " AND ".join(f"{gram & 0xFFFFFFFF:08x}" for gram in grams)
    array = "{" + ",".join(map(str, grams)) + "}"
    query = "SELECT source_id FROM search_entry WHERE grams @> CAST(:wanted AS integer[])"
    if database.is_sqlite:
        query = (
            "SELECT source_id FROM search_entry WHERE id IN"
            " (SELECT rowid FROM search_index WHERE search_index MATCH :wanted)"
        )
    async with database.read() as tx:
        rows = await tx.execute(text(query), {"wanted": words if database.is_sqlite else array})
        return {UUID(str(row[0])) for row in rows}


def worker(database: Database) -> Worker:
    """A worker that does the renewal."""

    async def step(job: Job) -> None:
        await renew_step(database, job)

    async def nothing(_: Job) -> None:
        return

    others = {"cases.announce": nothing, "cases.check_promise": nothing, "chat.replay": nothing}
    return Worker(database, {RENEW_JOB: step, **others})


class TestWriting:
    async def test_what_people_write_is_found_from_the_same_transaction_on(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        said = await say(database, case_id, SAID)
        replied = await say(database, case_id, "離職の理由を聞きましょう", Author.STAFF)
        by_bot = await say(database, case_id, "離職を減らす手があります", Author.BOT)
        await cases.add_note(case_id, None, new_id(), NOTE)

        assert await found(database, "離職") == {said, replied}
        assert await found(database, "花子さん") == {case_id}
        assert await found(database, "ひみつ製作所") == {case_id}
        assert len(await found(database, "糖尿病")) == 1
        assert await entry(database, by_bot) is None

    async def test_what_is_rolled_back_is_not_found(self, database: Database, case_id: UUID):
        async with database.write() as tx:
            case = await tx.get_one(Case, case_id)
            talk = await tx.get_one(Conversation, case.conversation_id)
            await chat.append(tx, talk, Message(id=new_id(), author=Author.USER, text=SAID))
            await tx.rollback()

        assert await found(database, "離職") == set()

    async def test_the_index_holds_no_words(self, database: Database, case_id: UUID):
        await say(database, case_id, "abcd efgh")

        async with database.read() as tx:
            rows = (await tx.execute(text("SELECT * FROM search_entry"))).all()
        assert rows
        stored = "|".join(str(value) for row in rows for value in row)
        for plain in ("efgh", "abcd", "花子", "ひみつ"):
            assert plain not in stored
            assert plain.encode().hex() not in stored

    async def test_a_change_of_state_leaves_the_entry_alone(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        before = await entry(database, case_id)
        async with database.write() as tx:
            case = await tx.get_one(Case, case_id)
            case.contact = {**case.contact, "company_name": "あずさ工業"}
        after = await entry(database, case_id)

        assert before is not None
        assert after is not None
        assert after.id == before.id
        assert await found(database, "ひみつ製作所") == set()
        assert await found(database, "あずさ工業") == {case_id}


class TestForgetting:
    async def test_erased_talks_and_cases_are_gone_and_notes_stay(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        await say(database, case_id, SAID)
        await cases.add_note(case_id, None, new_id(), NOTE)
        number = (await cases.get_case(case_id, None)).number

        async with database.write() as tx:
            case = await tx.get_one(Case, case_id)
            await chat.lock_conversation(tx, case.conversation_id)
            await chat.blank_messages(tx, case.conversation_id)
            await erase_of_conversation(tx, case.conversation_id)

        for word in ("離職", "花子さん", "ひみつ"):
            assert await found(database, word) == set()
        assert await found(database, number) == {case_id}
        assert len(await found(database, "糖尿病")) == 1

    async def test_what_an_owner_takes_back_is_gone(self, database: Database, case_id: UUID):
        said = await say(database, case_id, SAID)

        async with database.write() as tx:
            message = await chat.get_message(tx, said)
            await chat.lock_conversation(tx, message.conversation_id)
            await retract(tx, message, SAID, "", "test")

        assert await found(database, "離職") == set()
        assert await entry(database, said) is None

    async def test_part_of_a_message_stays(self, database: Database, case_id: UUID):
        said = await say(database, case_id, "離職が多い\n求人も出した")

        async with database.write() as tx:
            message = await chat.get_message(tx, said)
            await chat.lock_conversation(tx, message.conversation_id)
            await retract(tx, message, "離職が多い", "求人も出した", "test")

        assert await found(database, "離職") == set()
        assert await found(database, "求人") == {said}

    async def test_a_deleted_row_is_gone(self, database: Database, case_id: UUID):
        said = await say(database, case_id, SAID)

        async with database.write() as tx:
            await tx.delete(await tx.get_one(Message, said))

        assert await found(database, "離職") == set()


class TestFilling:
    async def test_what_was_there_before_is_made_findable_once(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        await say(database, case_id, SAID)
        await cases.add_note(case_id, None, new_id(), NOTE)
        before = await self._entries(database)
        async with database.write() as tx:
            await tx.execute(delete(SearchEntry))
        for _ in range(2):
            async with database.write() as tx:
                await queue_if_empty(tx, vault_of(database).current_key_id)

        await worker(database).run_due()

        assert await self._entries(database) == before
        async with database.read() as tx:
            jobs = select(func.count()).select_from(Job).where(Job.kind == RENEW_JOB)
            last = (await tx.execute(jobs)).scalar_one()
        async with database.write() as tx:
            await queue_if_empty(tx, vault_of(database).current_key_id)
        async with database.read() as tx:
            assert (await tx.execute(jobs)).scalar_one() == last

    async def test_more_rows_than_one_step_and_one_that_is_damaged(
        self, database: Database, case_id: UUID
    ):
        async with database.write() as tx:
            tx.add_all(
                CaseEvent(
                    id=new_id(),
                    case_id=case_id,
                    seq=10 + n,
                    kind=EventKind.NOTED,
                    actor="staff",
                    body={"text": f"{NOTE}{n:04}"},
                    created_at=now() + timedelta(seconds=n),
                )
                for n in range(BATCH + 5)
            )
        async with database.write() as tx:
            await tx.execute(delete(SearchEntry))
            damaged = text("UPDATE case_event SET body = 'v1:x:y:z' WHERE seq = 12")
            await tx.execute(damaged)
            await queue_if_empty(tx, vault_of(database).current_key_id)

        await worker(database).run_due()

        assert len(await found(database, "糖尿病")) == BATCH + 4
        assert len(await found(database, f"{BATCH + 4:04}")) == 1

    async def test_a_new_key_makes_the_index_anew_and_the_old_one_can_go(
        self, database: Database, settings: Settings, case_id: UUID
    ):
        said = await say(database, case_id, SAID)
        first = KeyFile(settings.key_path).read()[0].id
        (old,) = vault_of(database).gram_sets(grams_of("離職"))

        second = await rotate(database)
        later = await say(database, case_id, SAID)
        await worker(database).run_due()
        await retire(database, first)

        async with database.read() as tx:
            keys = set(await tx.scalars(select(SearchEntry.key_id)))
        assert keys == {second}
        assert await found(database, "離職") == {said, later}
        assert await matching(database, list(old)) == set()

    async def test_no_key_goes_while_an_entry_needs_it(
        self, database: Database, settings: Settings, case_id: UUID
    ):
        first = KeyFile(settings.key_path).read()[0].id
        await rotate(database)
        await worker(database).run_due()
        async with database.write() as tx:
            await tx.execute(update(SearchEntry).values(key_id=first))

        with pytest.raises(Exception, match="still sealed"):
            await retire(database, first)

    async def _entries(self, database: Database) -> set[tuple[UUID, str, UUID | None]]:
        async with database.read() as tx:
            rows = await tx.scalars(select(SearchEntry))
            return {(row.source_id, row.part, row.case_id) for row in rows} | {
                (row.conversation_id, Part.TALK, None) for row in rows
            }
