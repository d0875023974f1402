"""The public chat API: tokens, idempotence, order, errors, erasure."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from desk.cases.models import Case, CaseKind
from desk.chat.models import Conversation, Holder, Message
from desk.chat.ports import DialogueEngineError, EngineTurn, ScriptedDialogueEngine
from desk.chat.rates import RateLimiter
from desk.db import now
from desk.jobs.models import Job
from tests.desk.chat.conftest import Owner

QUESTION = {
    "id": "employees",
    "kind": "fact",
    "key": "employees",
    "choices": [{"title": "5", "payload": '/choose{"question": "employees"}', "value": 5}],
}


async def make_due(app: FastAPI) -> None:
    async with app.state.database.write() as tx:
        await tx.execute(update(Job).values(run_at=now()))


class TestStart:
    async def test_greeting_tells_the_purpose_before_the_first_input(self, owner: Owner):
        assert [m["seq"] for m in owner.greeting] == [1, 2]
        assert all(m["author"] == "bot" for m in owner.greeting)
        assert owner.greeting[1]["quick_replies"]

    async def test_unknown_field_is_refused_with_a_problem(self, client: httpx.AsyncClient):
        response = await client.post("/api/chat/conversations", json={"chanel": "web"})

        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"


class TestAuthorisation:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/messages"),
            ("GET", "/events"),
            ("GET", "/report"),
            ("DELETE", ""),
        ],
    )
    async def test_anonymous(self, client: httpx.AsyncClient, owner: Owner, method: str, path: str):
        assert (await client.request(method, owner.url + path)).status_code == 401

    async def test_token_of_another_conversation_opens_nothing(
        self, client: httpx.AsyncClient, owner: Owner
    ):
        other = (await client.post("/api/chat/conversations", json={})).json()
        headers = {"Authorization": f"Bearer {other['token']}"}

        response = await client.get(f"{owner.url}/messages", headers=headers)

        assert response.status_code == 401

    async def test_unknown_conversation_looks_like_a_wrong_token(
        self, client: httpx.AsyncClient, owner: Owner
    ):
        url = f"/api/chat/conversations/{uuid4()}/messages"

        assert (await client.get(url, headers=owner.headers)).status_code == 401


class TestSend:
    async def test_answers_come_with_the_response_and_stand_in_the_log(
        self, owner: Owner, engine: ScriptedDialogueEngine
    ):
        engine.answers = [EngineTurn(messages=[{"text": "a"}, {"text": "b"}])]

        response = await owner.say("こんにちは")

        assert response.status_code == 200
        assert [m["text"] for m in response.json()["messages"]] == ["a", "b"]
        assert [m["seq"] for m in await owner.messages()] == [1, 2, 3, 4, 5]

    async def test_repeated_id_gets_the_same_answer_and_one_turn(
        self, owner: Owner, engine: ScriptedDialogueEngine
    ):
        message_id = str(uuid4())

        first = await owner.say("a", message_id=message_id)
        second = await owner.say("a", message_id=message_id)

        assert first.json() == second.json()
        assert len(engine.asked) == 1

    async def test_same_id_sent_at_once_is_one_message(
        self, owner: Owner, engine: ScriptedDialogueEngine
    ):
        message_id = str(uuid4())

        responses = await asyncio.gather(*(owner.say("a", message_id=message_id) for _ in range(5)))

        assert {r.status_code for r in responses} <= {200, 202}
        assert [m["author"] for m in await owner.messages(after=2)] == ["user", "bot"]
        assert len(engine.asked) == 1

    @pytest.mark.parametrize(
        ("text", "status"), [("あ" * 2000, 200), ("あ" * 2001, 413), ("   ", 422), ("", 422)]
    )
    async def test_length_of_text(self, owner: Owner, text: str, status: int):
        assert (await owner.say(text)).status_code == status

    async def test_characters_outside_the_basic_plane_survive(self, owner: Owner):
        text = "葛\U000e0100城の𠮷野家👨‍👩‍👧です"

        await owner.say(text)

        assert (await owner.messages(after=2))[0]["text"] == text

    async def test_individual_number_is_masked_before_it_is_stored(
        self, owner: Owner, engine: ScriptedDialogueEngine
    ):
        await owner.say("番号は123456789018です")

        assert "123456789018" not in (await owner.messages(after=2))[0]["text"]
        assert "123456789018" not in engine.asked[0]["text"]

    async def test_text_and_payload_together_are_refused(self, owner: Owner):
        body = {"client_message_id": str(uuid4()), "text": "a", "payload": "/help"}

        response = await owner.client.post(
            f"{owner.url}/messages", json=body, headers=owner.headers
        )

        assert response.status_code == 422


class TestPayload:
    async def test_payload_of_a_shown_choice_reaches_the_engine(
        self, owner: Owner, engine: ScriptedDialogueEngine
    ):
        engine.answers = [EngineTurn(messages=[{"text": "?", "custom": {"question": QUESTION}}])]
        await owner.say("a")

        response = await owner.press(QUESTION["choices"][0]["payload"], "5")

        assert response.status_code == 200
        assert engine.asked[1]["payload"] == QUESTION["choices"][0]["payload"]
        assert engine.asked[1]["metadata"]["is_button"] is True

    async def test_invented_payload_is_refused_and_nothing_is_stored(
        self, owner: Owner, engine: ScriptedDialogueEngine
    ):
        response = await owner.press('/choose{"question": "share_info_consent", "value": true}')

        assert response.status_code == 422
        assert response.json()["code"] == "payload_not_offered"
        assert await owner.messages(after=2) == []
        assert engine.asked == []

    async def test_person_can_be_asked_for_at_any_time(self, owner: Owner):
        assert (await owner.press("/talk_to_human", "担当者に相談")).status_code == 200


class TestEngineAway:
    async def test_owner_is_told_honestly_and_answered_later_once(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine
    ):
        engine.answers = [DialogueEngineError("away")]

        response = await owner.say("a")
        assert response.status_code == 202
        assert [m["author"] for m in response.json()["messages"]] == ["system"]
        await make_due(app)
        await app.state.worker.run_due()
        await app.state.worker.run_due()

        assert [m["author"] for m in await owner.messages(after=2)] == ["user", "system", "bot"]

    async def test_after_three_tries_a_case_for_attention_is_opened_once(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine
    ):
        engine.answers = [DialogueEngineError("away")] * 3

        await owner.say("a")
        for _ in range(4):
            await make_due(app)
            await app.state.worker.run_due()

        async with app.state.database.read() as tx:
            cases = list(await tx.scalars(select(Case)))
        assert [case.kind for case in cases] == [CaseKind.ATTENTION]
        authors = [m["author"] for m in await owner.messages(after=2)]
        assert authors == ["user", "system", "system"]

    async def test_message_whose_request_died_is_answered_by_the_worker(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine
    ):
        """The process was killed after storing the message: its lease runs out."""
        engine.answers = [DialogueEngineError("killed")]
        await owner.say("a")
        async with app.state.database.write() as tx:
            await tx.execute(update(Job).values(state="running", lease_until=now()))

        await app.state.worker.run_due()

        assert [m["text"] for m in await owner.messages(after=2)][-1] == "echo: a"


class TestHolder:
    async def hold(self, app: FastAPI) -> None:
        async with app.state.database.write() as tx:
            await tx.execute(
                update(Conversation).values(holder=Holder.STAFF, version=Conversation.version + 1)
            )

    async def test_message_to_a_person_is_not_given_to_the_bot(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine
    ):
        await self.hold(app)

        response = await owner.say("a")

        assert response.status_code == 202
        assert engine.asked == []

    async def test_late_answer_after_a_takeover_is_discarded(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine
    ):
        test = self

        class TakenOver(ScriptedDialogueEngine):
            async def turn(self, **given: object) -> EngineTurn:  # type: ignore[override]
                await test.hold(app)
                return EngineTurn(messages=[{"text": "late"}])

        app.state.chat._engine = TakenOver()

        response = await owner.say("a")

        assert response.status_code == 202
        assert [m["author"] for m in await owner.messages(after=2)] == ["user"]


class TestErase:
    async def test_erased_conversation_holds_no_text_and_cannot_be_read(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine
    ):
        await owner.say("うちの社員のこと")

        response = await owner.client.delete(owner.url, headers=owner.headers)
        assert response.status_code == 204
        await app.state.worker.run_due()

        listed = await owner.client.get(f"{owner.url}/messages", headers=owner.headers)
        assert listed.status_code == 404
        assert engine.forgotten == [owner.id]
        async with app.state.database.read() as tx:
            assert set(await tx.scalars(select(Message.text))) == {""}


class TestLimits:
    async def test_too_many_messages_are_slowed_down_with_the_time_to_wait(
        self, app: FastAPI, owner: Owner
    ):
        app.state.message_limiter = RateLimiter(2, 3600)

        responses = [await owner.say("a") for _ in range(3)]

        assert [r.status_code for r in responses] == [200, 200, 429]
        assert int(responses[-1].headers["retry-after"]) >= 1


class TestReport:
    async def test_report_shows_what_was_said_as_text_not_as_markup(self, owner: Owner):
        await owner.say("<script>alert(1)</script>")

        response = await owner.client.get(f"{owner.url}/report", headers=owner.headers)

        assert response.status_code == 200
        assert "&lt;script&gt;alert(1)" in response.text
        assert "<script>" not in response.text


class TestDocs:
    async def test_api_page_asks_nothing_of_other_hosts(self, client: httpx.AsyncClient):
        page = (await client.get("/docs")).text

        assert "swagger" in page
        assert "//" not in page.replace("http://desk", "").replace("://www.w3.org", "")

    async def test_openapi_describes_the_public_api_only(self, client: httpx.AsyncClient):
        paths = (await client.get("/openapi.json")).json()["paths"]

        assert "/api/chat/conversations/{conversation_id}/messages" in paths
        assert not any(path.startswith(("/console", "/internal")) for path in paths)


class TestHealth:
    async def test_not_ready_without_an_engine(
        self, client: httpx.AsyncClient, engine: ScriptedDialogueEngine
    ):
        engine.ready = False

        response = await client.get("/readyz")

        assert response.status_code == 503
        assert response.json()["missing"] == ["rasa"]
        assert (await client.get("/healthz")).status_code == 200
