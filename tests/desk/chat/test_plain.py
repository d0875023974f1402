"""The conversation without JavaScript: nothing lost, nothing doubled, nobody else's."""

import asyncio
import re

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from desk.chat.models import Author, Conversation, Message
from desk.chat.page import COOKIE
from desk.chat.ports import DialogueEngineError, ScriptedDialogueEngine
from desk.db import Database
from desk.rates import RateLimiter

TICKET = re.compile(r'name="ticket" value="([^"]*)"')


async def ticket_of(client: httpx.AsyncClient, path: str = "/chat") -> str:
    found = TICKET.search((await client.get(path)).text)
    assert found
    return found[1]


async def send(
    client: httpx.AsyncClient,
    text: str,
    *,
    ticket: str,
    path: str = "/chat",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    return await client.post(path, data={"ticket": ticket, "text": text}, headers=headers or {})


async def said_in(database: Database) -> list[str]:
    async with database.read() as tx:
        query = select(Message.text).where(Message.author == Author.USER).order_by(Message.seq)
        return list(await tx.scalars(query))


async def conversations_in(database: Database) -> int:
    async with database.read() as tx:
        return (await tx.scalars(select(func.count()).select_from(Conversation))).one()


class TestFirstQuestion:
    async def test_is_stored_answered_and_shown_on_a_page_that_can_be_loaded_again(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        answer = await send(client, "若い人が辞める", ticket=await ticket_of(client))

        assert (answer.status_code, answer.headers["location"]) == (303, "/chat/plain#end")
        for _ in range(2):
            page = (await client.get("/chat/plain")).text
            assert "若い人が辞める" in page
            assert "echo: 若い人が辞める" in page
        assert await said_in(database) == ["若い人が辞める"]

    async def test_every_page_has_a_ticket_of_its_own(self, client: httpx.AsyncClient) -> None:
        assert await ticket_of(client) != await ticket_of(client)

    async def test_sent_again_is_the_same_message(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        ticket = await ticket_of(client)

        for _ in range(3):
            await send(client, "若い人が辞める", ticket=ticket)

        assert await said_in(database) == ["若い人が辞める"]
        assert await conversations_in(database) == 1

    async def test_sent_twice_at_once_is_the_same_message(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        ticket = await ticket_of(client)

        answers = await asyncio.gather(
            *(send(client, "応募がない", ticket=ticket) for _ in range(4))
        )

        assert {answer.status_code for answer in answers} == {303}
        assert await said_in(database) == ["応募がない"]
        assert await conversations_in(database) == 1

    async def test_other_words_after_going_back_are_another_message(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        ticket = await ticket_of(client)

        await send(client, "応募がない", ticket=ticket)
        await send(client, "応募がない。燕市です", ticket=ticket)

        assert await said_in(database) == ["応募がない", "応募がない。燕市です"]
        assert await conversations_in(database) == 1

    async def test_is_kept_though_the_engine_is_away(
        self, client: httpx.AsyncClient, database: Database, engine: ScriptedDialogueEngine
    ) -> None:
        engine.answers.append(DialogueEngineError("away"))

        await send(client, "応募がない", ticket=await ticket_of(client))

        assert await said_in(database) == ["応募がない"]
        assert "新しい返事があるか見る" in (await client.get("/chat/plain")).text

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ],
    )
    async def test_is_refused_from_another_site(
        self, client: httpx.AsyncClient, database: Database, headers: dict[str, str]
    ) -> None:
        ticket = await ticket_of(client)
        answer = await send(client, "よそから", ticket=ticket, headers=headers)

        assert answer.status_code == 403
        assert COOKIE not in answer.cookies
        assert await conversations_in(database) == 0

    @pytest.mark.parametrize("ticket", ["", "short", "x" * 44, "ひ" * 43])
    async def test_needs_a_ticket(
        self, client: httpx.AsyncClient, database: Database, ticket: str
    ) -> None:
        assert (await send(client, "応募がない", ticket=ticket)).status_code == 422
        assert await conversations_in(database) == 0

    @pytest.mark.parametrize(
        ("text", "status"), [("", 422), (" \r\n", 422), ("あ" * 2000, 303), ("あ" * 2001, 422)]
    )
    async def test_of_no_or_too_many_characters_stays_in_the_form(
        self, client: httpx.AsyncClient, text: str, status: int
    ) -> None:
        ticket = await ticket_of(client)
        answer = await send(client, text, ticket=ticket)

        assert answer.status_code == status
        if status == 422:
            assert 'role="alert"' in answer.text
            assert text.strip() in answer.text
            assert f'value="{ticket}"' in answer.text

    async def test_line_ends_count_as_one_character(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        text = "あ\r\n" * 999 + "あ"

        assert (await send(client, text, ticket=await ticket_of(client))).status_code == 303
        assert await said_in(database) == [text.replace("\r\n", "\n")]

    async def test_is_held_back_when_too_many_begin(
        self, client: httpx.AsyncClient, app: FastAPI, database: Database
    ) -> None:
        app.state.new_conversation_limiter = RateLimiter(1, 60)
        await send(client, "一つめ", ticket=await ticket_of(client))

        answer = await send(client, "二つめ", ticket=await ticket_of(client))

        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert "二つめ" in answer.text
        assert await said_in(database) == ["一つめ"]

    async def test_markup_stays_text(self, client: httpx.AsyncClient) -> None:
        await send(client, "<img src=x onerror=alert(1)>", ticket=await ticket_of(client))

        page = (await client.get("/chat/plain")).text
        assert "<img" not in page
        assert "&lt;img src=x" in page


class TestGoingOn:
    async def test_further_words_go_to_the_same_conversation_once(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        await send(client, "応募がない", ticket=await ticket_of(client))
        ticket = await ticket_of(client, "/chat/plain")

        for _ in range(2):
            await send(client, "燕市です", ticket=ticket, path="/chat/plain")
        await send(
            client,
            "燕市です",
            ticket=await ticket_of(client, "/chat/plain"),
            path="/chat/plain",
        )

        assert await said_in(database) == ["応募がない", "燕市です", "燕市です"]
        assert await conversations_in(database) == 1

    async def test_is_limited_like_the_api(
        self, client: httpx.AsyncClient, app: FastAPI, database: Database
    ) -> None:
        await send(client, "応募がない", ticket=await ticket_of(client))
        app.state.message_limiter = RateLimiter(1, 60)
        ticket = await ticket_of(client, "/chat/plain")

        first = await send(client, "一つ", ticket=ticket, path="/chat/plain")
        second = await send(client, "二つ", ticket=ticket, path="/chat/plain")

        assert (first.status_code, second.status_code) == (303, 429)
        assert "二つ" in second.text
        assert await said_in(database) == ["応募がない", "一つ"]

    async def test_the_cookie_goes_nowhere_else_and_not_to_scripts(
        self, client: httpx.AsyncClient
    ) -> None:
        answer = await send(client, "応募がない", ticket=await ticket_of(client))

        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "path=/chat" in cookie
        assert "max-age" not in cookie

    @pytest.mark.parametrize("cookie", [None, "x" * 43])
    async def test_without_a_conversation_one_is_led_to_the_beginning(
        self, client: httpx.AsyncClient, cookie: str | None
    ) -> None:
        if cookie:
            client.cookies.set(COOKIE, cookie)
        shown = await client.get("/chat/plain")
        written = await send(client, "だれか", ticket="t" * 43, path="/chat/plain")

        assert (shown.status_code, shown.headers["location"]) == (303, "/chat")
        assert (written.status_code, written.headers["location"]) == (303, "/chat")

    async def test_the_first_page_leads_back_to_it(self, client: httpx.AsyncClient) -> None:
        assert '<p hidden><a href="/chat/plain">' in (await client.get("/chat")).text
        await send(client, "応募がない", ticket=await ticket_of(client))

        assert '<p><a href="/chat/plain">' in (await client.get("/chat")).text

    async def test_answers_of_many_pages_are_all_shown(
        self, client: httpx.AsyncClient, app: FastAPI
    ) -> None:
        ticket = await ticket_of(client)
        await send(client, "はじめ", ticket=ticket)
        conversation = await app.state.chat.find_by_token(ticket)
        async with app.state.database.write() as tx:
            for number in range(4, 600):
                tx.add(
                    Message(
                        conversation_id=conversation.id,
                        seq=number + 100,
                        author=Author.USER,
                        text=f"第{number}",
                    )
                )

        assert "第599" in (await client.get("/chat/plain")).text


class TestErasing:
    async def test_takes_words_and_cookie_away(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        ticket = await ticket_of(client)
        await send(client, "消したい話", ticket=ticket)

        answer = await client.post("/chat/plain/erase")

        assert "相談の内容を消しました" in answer.text
        assert "消したい話" not in "".join(await said_in(database))
        assert COOKIE not in client.cookies
        # The old form, sent again, brings nothing back and begins nothing.
        again = await send(client, "消したい話", ticket=ticket)
        assert (again.status_code, again.headers["location"]) == (303, "/chat")
        assert await conversations_in(database) == 1

    async def test_is_refused_from_another_site(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        await send(client, "残る話", ticket=await ticket_of(client))

        answer = await client.post("/chat/plain/erase", headers={"Sec-Fetch-Site": "cross-site"})

        assert answer.status_code == 403
        assert await said_in(database) == ["残る話"]
