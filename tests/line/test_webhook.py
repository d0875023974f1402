"""The webhook: signed, stored once, answered at once, whatever else happens."""

import asyncio
import json
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import event as sql_event
from sqlalchemy.exc import OperationalError

from desk.chat.ports import EngineTurn
from desk.line.models import EventState, LineCount
from tests.line.conftest import ACCOUNT, LineDesk
from tests.line.fake import events
from tests.line.fake.webhooks import PATIENCE_SECONDS, WebhookFailedError, sign

URL = f"http://desk/line/webhook/{ACCOUNT}"


class TestAnonymous:
    async def test_body_without_a_signature_is_refused(self, desk: LineDesk):
        answer = await desk.account.webhook.deliver([desk.user.text("x")], signature="", expect=401)

        assert b"secret" not in answer.body
        assert await desk.events() == []

    async def test_signature_of_another_secret_is_refused(self, desk: LineDesk):
        await desk.account.webhook.deliver([desk.user.text("x")], secret="0" * 32, expect=401)

        assert await desk.events() == []

    @pytest.mark.parametrize("signature", ["é", "署名", "=", "a" * 5000])
    async def test_strange_signature_is_refused_like_a_wrong_one(
        self, desk: LineDesk, signature: str
    ):
        await desk.account.webhook.deliver([], signature=signature, expect=401)

    async def test_signature_is_checked_before_the_body_is_read(self, desk: LineDesk):
        await desk.account.webhook.send_raw(b"\xff\xfe no JSON", "x", expect=401)

    async def test_unknown_account_is_not_found(self, desk: LineDesk, client: httpx.AsyncClient):
        assert (await client.post("/line/webhook/nobody", content=b"{}")).status_code == 404


class TestSignature:
    async def test_both_secrets_count_while_they_are_changed(self, desk: LineDesk):
        old = desk.account.secrets[0]
        for secret in [old, "f" * 32]:
            body = desk.account.webhook.raw([])
            status = 200 if secret == old else 401
            await desk.account.webhook.send_raw(body, sign(secret, body), expect=status)

    @pytest.mark.parametrize("header", ["X-Line-Signature", "x-line-signature"])
    async def test_name_of_the_header_may_be_written_either_way(
        self, desk: LineDesk, client: httpx.AsyncClient, header: str
    ):
        body = desk.account.webhook.raw([])
        key = sign(desk.account.secrets[0], body)

        assert (await client.post(URL, content=body, headers={header: key})).status_code == 200


class TestTwoSecrets:
    @pytest.fixture
    def line_entry(self, fake) -> dict[str, Any]:
        return {"channel_secrets": ["1" * 32, fake.account.secrets[0]]}

    async def test_either_secret_opens(self, desk: LineDesk):
        for secret in ["1" * 32, desk.account.secrets[0]]:
            await desk.account.webhook.deliver([], secret=secret)

        await desk.account.webhook.deliver([], secret="2" * 32, expect=401)


class TestBody:
    async def test_no_events_is_what_the_console_sends_to_verify(self, desk: LineDesk):
        assert (await desk.account.webhook.verify()).body == b"{}"

    @pytest.mark.parametrize(
        "body", [b"\xff\xfe", b"{", b"[]", b'"x"', b"{}", b'{"events": {}}', b"[" * 100_000]
    )
    async def test_what_is_no_webhook_is_answered_400(self, desk: LineDesk, body: bytes):
        await desk.account.webhook.send_raw(body, sign(desk.account.secrets[0], body), expect=400)

    async def test_more_than_a_megabyte_is_refused(self, desk: LineDesk):
        body = b" " * (1024 * 1024 + 1)

        await desk.account.webhook.send_raw(body, sign(desk.account.secrets[0], body), expect=413)

    async def test_bad_event_is_counted_and_spoils_nothing(self, desk: LineDesk):
        good = desk.user.text("人が足りません")
        bad: list[Any] = [None, 7, {}, {**good, "timestamp": "x"}, {**good, "webhookEventId": 3}]
        text_without_text = {**desk.user.text("y"), "message": {"type": "text", "id": "1"}}

        raw = desk.account.webhook.raw([*bad, text_without_text, good])
        await desk.account.webhook.send_raw(raw, sign(desk.account.secrets[0], raw))
        await desk.pass_time(1.6)

        kinds = [row.kind for row in await desk.events()]
        assert sorted(kinds) == ["message.text", *["unreadable"] * 6]
        assert [asked["text"] for asked in desk.engine.asked] == ["人が足りません"]
        counts = {row.kind: row.number for row in await _counts(desk)}
        assert counts == {"message.text": 1, "unreadable": 6}

    async def test_bad_event_that_comes_again_is_stored_once(self, desk: LineDesk):
        for _ in range(2):
            await desk.account.webhook.deliver([{"type": 7}], checked=False)

        assert len(await desk.events()) == 1

    async def test_unknown_kind_is_stored_counted_and_left(self, desk: LineDesk):
        await desk.account.webhook.deliver(
            [
                desk.user.event("teleport"),
                {**desk.user.media("image"), "message": {"type": "smell"}},
            ],
            checked=False,
        )
        await desk.settle()

        assert {row.state for row in await desk.events()} == {EventState.IGNORED}
        counts = {row.kind for row in await _counts(desk)}
        assert counts == {"unknown:teleport", "unknown:message.smell"}
        assert desk.account.calls == []

    async def test_text_that_says_nothing_by_its_raw_form_is_kept_sealed(self, desk: LineDesk):
        await desk.user.says("秘密の話")

        async with desk.app.state.database.engine.connect() as connection:
            stored = (await connection.exec_driver_sql("SELECT raw FROM line_event")).scalar_one()
        assert "秘密" not in stored
        assert stored.startswith("v1:")
        assert json.loads((await desk.events())[0].raw)["message"]["text"] == "秘密の話"


class TestOnce:
    async def test_event_that_comes_ten_times_at_once_is_answered_once(self, desk: LineDesk):
        event = desk.user.text("人が足りません")

        await desk.account.webhook.deliver_at_once([event], times=10)
        await desk.pass_time(1.6)

        assert len(await desk.events()) == 1
        assert len(desk.engine.asked) == 1
        assert len(desk.account.replies) == 1
        assert desk.account.pushes == []

    async def test_redelivery_after_a_crash_before_the_answer_changes_nothing(self, desk: LineDesk):
        event = desk.user.text("人が足りません")
        await desk.account.webhook.deliver([event])
        await desk.pass_time(1.6)

        await desk.account.webhook.redeliver([event])
        await desk.pass_time(1.6)

        assert len(desk.engine.asked) == 1
        assert len(desk.account.replies) == 1

    async def test_nothing_is_stored_while_the_database_is_away_and_line_hears_of_it(
        self, desk: LineDesk
    ):
        event = desk.user.text("人が足りません")
        engine = desk.app.state.database.engine.sync_engine

        def refuse(*_: object) -> None:
            raise OperationalError("INSERT", {}, Exception("gone"))

        sql_event.listen(engine, "before_cursor_execute", refuse)
        with pytest.raises(WebhookFailedError, match="503"):
            await desk.account.webhook.deliver([event])
        sql_event.remove(engine, "before_cursor_execute", refuse)

        assert await desk.events() == []
        await desk.account.webhook.redeliver()
        await desk.pass_time(1.6)
        assert desk.user.texts[-1] == "echo: 人が足りません"
        assert (await desk.events())[0].is_redelivery


class TestPatience:
    async def test_slow_engine_keeps_no_webhook_waiting(self, desk: LineDesk):
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(**_: Any) -> EngineTurn:
            begun.set()
            await go_on.wait()
            return EngineTurn(messages=[{"text": "fertig"}])

        desk.engine.turn = slow  # type: ignore[method-assign]
        await desk.user.says("一つ目")
        desk.clock.advance(1.6)
        work = asyncio.create_task(desk.settle())
        await begun.wait()
        desk.account.webhook.patience_seconds = PATIENCE_SECONDS

        answer = await desk.user.says("二つ目")

        assert answer.seconds < 2
        go_on.set()
        await work
        await desk.pass_time(1.6)
        assert desk.user.texts[-2:] == ["fertig", "fertig"]

    async def test_signed_flood_of_events_is_stored_in_time(self, desk: LineDesk):
        desk.account.webhook.patience_seconds = PATIENCE_SECONDS
        many = [desk.user.text(f"{number}") for number in range(100)]

        answer = await desk.account.webhook.deliver(many)

        assert answer.seconds < 2
        assert len(await desk.events()) == 100


class TestStandby:
    async def test_account_that_stands_by_says_nothing(self, desk: LineDesk):
        event = events.of_user(
            desk.user, "message", mode="standby",
            message=events.text(desk.account, "123", "人が足りません"),
        )  # fmt: skip

        await desk.account.webhook.deliver([event])
        await desk.pass_time(60)

        assert desk.account.calls == []
        assert [row.state for row in await desk.events()] == [EventState.IGNORED]


async def _counts(desk: LineDesk) -> list[LineCount]:
    return list(await desk.app.state.line.service.list_counts(date(2000, 1, 1)))
