"""What is said in a talk: on the disk nobody reads it, in the program everybody who may."""

# ruff: noqa: F811 (fixtures of the conversation are used under their own names)

from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import Uuid, column, delete, select, table, text, update

from desk.chat.models import Author, Conversation, Message
from desk.chat.ports import EngineTurn, ScriptedDialogueEngine
from desk.chat.repository import append, list_after
from desk.config import Settings
from desk.db import Database, Transaction, new_id, now
from desk.jobs.models import Job
from desk.live.models import ReplyDraft
from desk.vault.errors import SealBrokenError
from desk.vault.rotation import retire, rotate, state, verify
from desk.vault.service import vault_of
from tests.desk.chat.conftest import Owner, owner  # noqa: F401 (a fixture)
from tests.desk.live.conftest import (  # noqa: F401 (fixtures)
    StaffClient,
    auth,
    case_id,
    hanako,
    hours,
    staff_of,
)
from tests.desk.vault.conftest import CONTACT, dumped, readable

TROUBLE = "息子の病気で手が回らない"
READ_BACK = "お名前は機密花子さんですね"
REPLY = "明日の三時に駅前の喫茶店で"
DRAFT = "まだ送っていない返事"
SUMMARY = "駅前で会うことにしました"
SAID = (*CONTACT.values(), TROUBLE, READ_BACK, REPLY, DRAFT, SUMMARY)
RAW = table("message", column("id", Uuid()), column("text"), column("content"))


def hand_off() -> list[EngineTurn]:
    """The bot's answers to what the owner says in `talk`."""
    heard = {"intent": "inform", "entities": [{"entity": "company", "value": CONTACT["name"]}]}
    question = {"id": "send", "key": "send_case", "choices": [], "summary": dict(CONTACT)}
    receipt = {"kind": "receipt", "case_number": "MAT-2611-0001", "contact": dict(CONTACT)}
    return [
        EngineTurn(messages=[{"text": TROUBLE}], understanding=heard),
        EngineTurn(messages=[{"text": READ_BACK, "custom": {"question": question}}]),
        EngineTurn(messages=[{"text": READ_BACK, "custom": {"card": receipt}}]),
    ]


async def talk(owner: Owner, hanako: StaffClient, engine: ScriptedDialogueEngine) -> None:
    """A talk with contact data, a person who joins it, and a draft that is not sent."""
    engine.answers += hand_off()
    for said in (TROUBLE, " ".join(CONTACT.values()), "はい"):
        assert (await owner.say(said)).status_code == 200
    assert (await hanako.take()).status_code == 200
    await owner.say(f"{CONTACT['name']}です。{TROUBLE}")
    assert (await hanako.reply(REPLY)).status_code == 201
    assert (await hanako.put("draft", text=DRAFT)).status_code == 204


@pytest.fixture
async def talked(
    owner: Owner, hanako: StaffClient, engine: ScriptedDialogueEngine
) -> tuple[Owner, StaffClient]:
    await talk(owner, hanako, engine)
    return owner, hanako


async def messages_of(tx: Transaction, owner: Owner) -> list[Message]:
    return list(await list_after(tx, UUID(owner.id), 0))


class TestStored:
    async def test_nothing_that_anybody_said_is_readable(
        self, app: FastAPI, settings: Settings, talked: tuple[Owner, StaffClient]
    ):
        _, hanako = talked
        await hanako.hand_back(SUMMARY)
        await hanako.put("draft", text=DRAFT)

        stored = await dumped(app.state.database, settings)

        assert b"MAT-2611-0001" in stored  # It is the right place, and case numbers are plain.
        assert readable(stored, SAID) == []

    async def test_everybody_who_may_reads_it(self, talked: tuple[Owner, StaffClient]):
        owner, hanako = talked

        seen = await owner.messages()
        draft = await hanako.get("/draft")
        look = (await hanako.get("/messages")).json()

        assert {TROUBLE, READ_BACK, REPLY} <= {message["text"] for message in seen}
        cards = [message["card"] for message in seen if message["card"]]
        assert [card["contact"] for card in cards] == [CONTACT]
        assert draft.json() == {"text": DRAFT}
        assert {TROUBLE, REPLY} <= {message["text"] for message in look["messages"]}

    async def test_the_kind_of_a_card_can_be_searched(
        self, app: FastAPI, talked: tuple[Owner, StaffClient]
    ):
        async with app.state.database.read() as tx:
            query = select(Message).where(Message.card_kind == "receipt")
            found = (await tx.scalars(query)).all()

        assert [message.content["card"]["contact"] for message in found] == [CONTACT]

    async def test_jobs_hold_ids_only(self, app: FastAPI, talked: tuple[Owner, StaffClient]):
        async with app.state.database.read() as tx:
            jobs = (await tx.scalars(select(Job))).all()

        assert jobs
        stored = repr([(job.payload, job.last_error, job.key) for job in jobs]).encode()
        assert readable(stored, SAID) == []

    async def test_failing_statement_tells_nothing_of_its_values(self, database: Database):
        with pytest.raises(Exception, match="hidden due to hide_parameters") as failed:
            async with database.write() as tx:
                await tx.execute(text("INSERT INTO nowhere VALUES (:said)"), {"said": TROUBLE})

        assert TROUBLE not in str(failed.value)


class TestErase:
    async def test_erased_words_are_empty_and_nothing_sealed_is_left(
        self, app: FastAPI, talked: tuple[Owner, StaffClient]
    ):
        owner, _ = talked
        database: Database = app.state.database
        async with database.read() as tx:
            before = {str(row.text) for row in await tx.execute(select(RAW))}

        await owner.client.delete(owner.url, headers=owner.headers)

        async with database.read() as tx:
            messages = await messages_of(tx, owner)
            after = {str(row.text) for row in await tx.execute(select(RAW))}
            assert list(await tx.scalars(select(ReplyDraft))) == []
        assert len(messages) > 8
        assert {m.text for m in messages} == {""}
        assert all(m.content == {} for m in messages)
        assert {(m.payload, m.card_kind, m.understanding) for m in messages} == {(None,) * 3}
        assert not before & after

    async def test_what_cannot_be_opened_is_erased_as_well(
        self, app: FastAPI, talked: tuple[Owner, StaffClient]
    ):
        owner, _ = talked
        database: Database = app.state.database
        async with database.write() as tx:
            await tx.execute(update(RAW).values(text="v1:00000000:damaged:AAAA"))

        response = await owner.client.delete(owner.url, headers=owner.headers)

        assert response.status_code == 204
        async with database.read() as tx:
            assert {m.text for m in await messages_of(tx, owner)} == {""}

    async def test_other_conversations_keep_their_words(self, app: FastAPI, owner: Owner):
        await owner.say(TROUBLE)
        started = await owner.client.post("/api/chat/conversations", json={"channel": "web"})
        other = Owner(owner.client, started.json())
        await other.say(REPLY)

        await owner.client.delete(owner.url, headers=owner.headers)

        assert REPLY in {message["text"] for message in await other.messages()}


class TestMoved:
    async def test_words_of_one_talk_are_not_shown_in_another(self, database: Database):
        async with database.write() as tx:
            rows = []
            for number in range(2):
                talk = Conversation(id=new_id(), token_hash=str(number), expires_at=now())
                tx.add(talk)
                await tx.flush()
                message = Message(id=new_id(), author=Author.USER, text=f"{TROUBLE} {number}")
                await append(tx, talk, message)
                rows.append((talk.id, message.id))
        (mine, my_message), (_, theirs) = rows
        async with database.write() as tx:
            found = await tx.execute(select(RAW.c.text).where(RAW.c.id == theirs))
            moved = {"text": found.scalar_one()}
            await tx.execute(update(RAW).where(RAW.c.id == my_message).values(moved))

        async with database.read() as tx:
            with pytest.raises(SealBrokenError, match="another row"):
                await list_after(tx, mine, 0)

    async def test_draft_that_is_kept_again_opens(self, talked: tuple[Owner, StaffClient]):
        _, hanako = talked

        await hanako.put("draft", text=f"{DRAFT}、続き")

        assert (await hanako.get("/draft")).json() == {"text": f"{DRAFT}、続き"}


class TestSecureDelete:
    @pytest.mark.on_database("sqlite")  # PostgreSQL's pages are its own.
    async def test_deleted_draft_leaves_nothing(
        self, app: FastAPI, settings: Settings, talked: tuple[Owner, StaffClient]
    ):
        database: Database = app.state.database
        async with database.read() as tx:
            sealed = (await tx.execute(text("SELECT text FROM reply_draft"))).scalar_one()
        assert sealed.encode() in await dumped(database, settings)

        async with database.write() as tx:
            await tx.execute(delete(ReplyDraft))
        async with database.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        assert sealed.encode() not in await dumped(database, settings)


class TestRotation:
    async def test_messages_and_drafts_take_up_a_new_key(
        self, app: FastAPI, talked: tuple[Owner, StaffClient]
    ):
        owner, hanako = talked
        database: Database = app.state.database
        old = vault_of(database).current_key_id
        said = [message["text"] for message in await owner.messages()]
        async with database.read() as tx:
            count = len((await tx.execute(select(RAW.c.id))).all())

        new = await rotate(database)
        await app.state.worker.run_due()
        await retire(database, old)

        values = {key.id: key.values for key in (await state(database)).keys}
        assert values[old] == 0
        assert values[new] > 2 * count
        assert [message["text"] for message in await owner.messages()] == said
        assert (await hanako.get("/draft")).json() == {"text": DRAFT}
        assert await verify(database) == []

    async def test_message_that_cannot_be_opened_is_named(
        self, app: FastAPI, talked: tuple[Owner, StaffClient]
    ):
        database: Database = app.state.database
        async with database.write() as tx:
            ids = (await tx.scalars(select(RAW.c.id).order_by(RAW.c.id))).all()
            found = await tx.execute(select(RAW.c.content).where(RAW.c.id == ids[0]))
            moved = {"content": found.scalar_one()}
            await tx.execute(update(RAW).where(RAW.c.id == ids[-1]).values(moved))

        assert await verify(database) == [f"message {ids[-1]}"]
