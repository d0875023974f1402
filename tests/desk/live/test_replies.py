"""Replies of staff: only by the holder, once, and the draft is never lost."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from desk.chat.models import Conversation
from desk.db import now
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import StaffClient


async def staff_texts(owner: Owner) -> list[str]:
    return [m["text"] for m in await owner.messages() if m["author"] == "staff"]


class TestReply:
    async def test_owner_reads_it_under_the_name_of_its_author(
        self, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        await owner.say("相談です")

        response = await hanako.reply("お待たせしました")

        assert response.status_code == 201
        said = (await owner.messages())[-1]
        assert said == {
            **said,
            "author": "staff",
            "author_name": "名前 hanako",
            "text": "お待たせしました",
        }
        assert said["seq"] == response.json()["seq"]
        assert (await hanako.look())["open_count"] == 0

    async def test_repeated_id_is_one_message_and_the_same_answer(
        self, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        message_id = str(uuid4())

        answers = await asyncio.gather(
            *(hanako.reply("a", client_message_id=message_id) for _ in range(3))
        )

        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["seq"] for answer in answers}) == 1
        assert await staff_texts(owner) == ["a"]

    async def test_repeated_id_gets_its_answer_also_when_the_talk_has_moved_on(
        self, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        message_id = str(uuid4())
        first = await hanako.reply("a", client_message_id=message_id)
        await hanako.hand_back()

        second = await hanako.reply("a", client_message_id=message_id, version=1)

        assert second.json() == first.json()
        assert await staff_texts(owner) == ["a"]

    async def test_id_of_somebody_else_s_message_is_refused(
        self, hanako: StaffClient, owner: Owner
    ):
        message_id = str(uuid4())
        await owner.say("a", message_id=message_id)
        await hanako.take()

        response = await hanako.reply("b", client_message_id=message_id)

        assert response.status_code == 409
        assert response.json()["code"] == "message_id_taken"

    async def test_nobody_replies_while_the_bot_holds_the_talk(
        self, hanako: StaffClient, owner: Owner
    ):
        assert (await hanako.reply()).status_code == 409
        assert await staff_texts(owner) == []

    async def test_colleague_does_not_reply_in_another_s_talk(
        self, hanako: StaffClient, taro: StaffClient, owner: Owner
    ):
        await hanako.take()

        assert (await taro.reply()).status_code == 409
        assert await staff_texts(owner) == []

    async def test_holder_of_an_older_version_does_not_reply(
        self, hanako: StaffClient, owner: Owner
    ):
        """Given back and taken again: what was written for the first time is not sent."""
        await hanako.take()
        await hanako.hand_back()
        await hanako.take()

        assert (await hanako.reply(version=1)).status_code == 409
        assert (await hanako.reply(version=3)).status_code == 201

    async def test_refused_reply_leaves_the_draft(
        self, hanako: StaffClient, lead: StaffClient, owner: Owner
    ):
        await hanako.take()
        await hanako.put("draft", text="途中まで書いた返事")
        await lead.post("steal")

        assert (await hanako.reply("途中まで書いた返事", version=1)).status_code == 409
        assert (await hanako.get("/draft")).json() == {"text": "途中まで書いた返事"}

    async def test_sent_reply_takes_its_draft_away(self, hanako: StaffClient):
        await hanako.take()
        await hanako.put("draft", text="返事")

        await hanako.reply("返事")

        assert (await hanako.get("/draft")).json() == {"text": ""}

    @pytest.mark.parametrize(
        ("text", "status"), [("あ" * 2000, 201), ("あ" * 2001, 413), (" \n ", 422), ("\0", 422)]
    )
    async def test_length_of_a_reply(self, hanako: StaffClient, text: str, status: int):
        await hanako.take()

        assert (await hanako.reply(text)).status_code == status

    async def test_reply_that_the_owner_can_no_longer_read_is_refused(
        self, app: FastAPI, hanako: StaffClient
    ):
        await hanako.take()
        async with app.state.database.write() as tx:
            await tx.execute(update(Conversation).values(expires_at=now() - timedelta(days=1)))

        response = await hanako.reply()

        assert response.json()["code"] == "conversation_over"

    async def test_message_the_author_had_not_read_stays_open(
        self, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        await owner.say("一つめ")
        seen = (await owner.messages())[-1]["seq"]
        await owner.say("二つめ")

        await hanako.reply(seen_seq=seen)

        assert (await hanako.look())["open_count"] == 1
