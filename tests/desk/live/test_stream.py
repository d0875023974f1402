"""The event streams of staff and owner: resumed by number, told of every change."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

from fastapi import FastAPI, Request
from sse_starlette import ServerSentEvent

from desk.auth.dependencies import COOKIE
from desk.chat import endpoints as chat_endpoints
from desk.live import endpoints as live_endpoints
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import StaffClient, conversation_of


def request_of(app: FastAPI, token: str = "") -> Request:
    cookie = (b"cookie", f"{COOKIE}={token}".encode())
    return Request({"type": "http", "app": app, "headers": [cookie]})


async def staff_stream(
    app: FastAPI, staff: StaffClient, owner: Owner, *, after: int = 0
) -> AsyncIterator[ServerSentEvent]:
    signed = await app.state.auth.find_session(staff.token)
    return live_endpoints._events(request_of(app, staff.token), signed, UUID(owner.id), after)


async def owner_stream(app: FastAPI, owner: Owner, *, after: int) -> AsyncIterator[ServerSentEvent]:
    conversation = await conversation_of(app, owner)
    state = app.state
    return chat_endpoints._events(request_of(app), conversation, state.chat, state.fanout, after)


async def until(stream: AsyncIterator[ServerSentEvent], name: str) -> dict[str, object]:
    """The data of the next event of this name."""
    async for event in stream:
        if event.event == name:
            data: dict[str, object] = json.loads(event.data)
            return data
    raise AssertionError(f"the stream ended without {name}")


class TestStaffStream:
    async def test_resumes_after_the_number_that_the_page_has(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await owner.say("a")

        async with aclosing(await staff_stream(app, hanako, owner, after=2)) as stream:
            assert (await until(stream, "hello")) == {}
            assert (await until(stream, "talk"))["holder"] == "bot"
            assert (await until(stream, "message"))["seq"] == 3

    async def test_owner_s_words_come_at_once(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()

        async with aclosing(await staff_stream(app, hanako, owner, after=3)) as stream:
            await until(stream, "talk")
            await owner.say("いますか")

            assert (await until(stream, "talk"))["open_count"] == 1
            assert (await until(stream, "message"))["text"] == "いますか"

    async def test_colleague_who_takes_the_talk_is_seen(
        self, app: FastAPI, hanako: StaffClient, taro: StaffClient, owner: Owner
    ):
        async with aclosing(await staff_stream(app, hanako, owner)) as stream:
            assert (await until(stream, "talk"))["can_take"] is True
            await taro.take()

            assert (await until(stream, "talk"))["holder_name"] == "名前 taro"

    async def test_ends_when_the_owner_erases_the_talk(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        async with aclosing(await staff_stream(app, hanako, owner, after=2)) as stream:
            await until(stream, "talk")
            await owner.client.delete(owner.url, headers=owner.headers)

            assert [event async for event in stream] == []

    async def test_ends_when_the_session_has_ended(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, monkeypatch
    ):
        monkeypatch.setattr(live_endpoints, "SESSION_CHECK_SECONDS", 0)
        stream = await staff_stream(app, hanako, owner, after=2)
        async with aclosing(stream):
            await until(stream, "talk")
            await app.state.auth.end_session(hanako.token)
            app.state.fanout.publish(UUID(owner.id))

            assert [event async for event in stream] == []


class TestOwnerStream:
    async def test_tells_who_answers_and_that_the_person_is_typing(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        async with aclosing(await owner_stream(app, owner, after=2)) as stream:
            assert await until(stream, "holder") == {"holder": "bot", "name": None}
            assert await until(stream, "typing") == {"is_typing": False}

            await hanako.take()
            assert await until(stream, "holder") == {"holder": "staff", "name": "名前 hanako"}

            await hanako.put("presence", is_typing=True)
            assert await until(stream, "typing") == {"is_typing": True}

            await hanako.reply("お待たせしました")
            assert await until(stream, "typing") == {"is_typing": False}
            assert (await until(stream, "message"))["text"] == "お待たせしました"
