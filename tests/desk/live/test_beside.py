"""What staff and owner see of each other while nobody has said anything yet."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from desk.chat.models import TypingSign
from desk.db import now
from desk.live.models import ReplyDraft, StaffPresence
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import StaffClient


async def names_seen_by(staff: StaffClient) -> list[str]:
    return [person["name"] for person in (await staff.look())["present"]]


async def typing_shown_to(owner: Owner) -> bool:
    response = await owner.client.get(f"{owner.url}/messages", headers=owner.headers)
    shown: bool = response.json()["typing"]["is_typing"]
    return shown


class TestPresence:
    async def test_colleagues_see_each_other_and_not_themselves(
        self, hanako: StaffClient, taro: StaffClient
    ):
        await hanako.put("presence")
        await taro.put("presence")

        assert await names_seen_by(hanako) == ["名前 taro"]
        assert await names_seen_by(taro) == ["名前 hanako"]

    async def test_sign_runs_out_by_itself(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient
    ):
        await hanako.put("presence")
        async with app.state.database.write() as tx:
            await tx.execute(update(StaffPresence).values(expires_at=now() - timedelta(seconds=1)))

        assert await names_seen_by(taro) == []
        await taro.put("presence")
        async with app.state.database.read() as tx:
            assert list(await tx.scalars(select(StaffPresence.staff_id))) == [taro.user.id]

    async def test_who_leaves_is_gone_at_once(self, hanako: StaffClient, taro: StaffClient):
        await hanako.put("presence")

        await hanako.client.delete(f"{hanako.url}/presence")

        assert await names_seen_by(taro) == []


class TestTyping:
    async def test_owner_sees_that_the_holder_is_typing(self, hanako: StaffClient, owner: Owner):
        await hanako.take()

        await hanako.put("presence", is_typing=True)
        assert await typing_shown_to(owner) is True

        await hanako.put("presence", is_typing=False)
        assert await typing_shown_to(owner) is False

    async def test_owner_does_not_see_others_typing(
        self, hanako: StaffClient, taro: StaffClient, owner: Owner
    ):
        await taro.put("presence", is_typing=True)
        await hanako.take()
        await taro.put("presence", is_typing=True)

        assert await typing_shown_to(owner) is False

    async def test_sign_goes_out_with_the_reply_and_by_itself(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        await hanako.put("presence", is_typing=True)
        await hanako.reply()
        assert await typing_shown_to(owner) is False

        await hanako.put("presence", is_typing=True)
        async with app.state.database.write() as tx:
            await tx.execute(update(TypingSign).values(shown_until=now() - timedelta(seconds=1)))
        assert await typing_shown_to(owner) is False

    async def test_staff_see_that_the_owner_is_typing(self, hanako: StaffClient, owner: Owner):
        await hanako.take()

        response = await owner.client.put(f"{owner.url}/typing", headers=owner.headers)

        assert response.status_code == 204
        assert (await hanako.look())["owner_is_typing"] is True
        await owner.say("a")
        assert (await hanako.look())["owner_is_typing"] is False

    async def test_nothing_is_noted_while_the_bot_answers(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await owner.client.put(f"{owner.url}/typing", headers=owner.headers)

        async with app.state.database.read() as tx:
            assert list(await tx.scalars(select(TypingSign.author))) == []

    async def test_anonymous_types_in_no_conversation(
        self, client: httpx.AsyncClient, owner: Owner
    ):
        assert (await client.put(f"{owner.url}/typing")).status_code == 401


class TestDraft:
    async def test_each_has_a_draft_of_their_own(self, hanako: StaffClient, taro: StaffClient):
        await hanako.put("draft", text="花子の下書き")
        await taro.put("draft", text="太郎の下書き")
        await hanako.put("draft", text="花子の下書き、続き")

        assert (await hanako.get("/draft")).json() == {"text": "花子の下書き、続き"}
        assert (await taro.get("/draft")).json() == {"text": "太郎の下書き"}

    async def test_empty_draft_is_none(self, app: FastAPI, hanako: StaffClient):
        await hanako.put("draft", text="a")
        await hanako.put("draft", text=" \n")

        async with app.state.database.read() as tx:
            assert list(await tx.scalars(select(ReplyDraft.text))) == []

    @pytest.mark.parametrize(("length", "status"), [(10_000, 204), (10_001, 413)])
    async def test_more_than_a_reply_may_have_is_kept(
        self, hanako: StaffClient, length: int, status: int
    ):
        assert (await hanako.put("draft", text="あ" * length)).status_code == status

    async def test_drafts_are_erased_with_the_owner_s_words(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, case_id: UUID
    ):
        await hanako.put("draft", text="山田さんへ")
        await hanako.put("presence")

        await owner.client.delete(owner.url, headers=owner.headers)

        async with app.state.database.read() as tx:
            assert list(await tx.scalars(select(ReplyDraft.text))) == []
            assert list(await tx.scalars(select(StaffPresence.staff_id))) == []
