"""The fake sends webhooks as LINE does, and is as impatient."""

import asyncio
import json
import random
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, Request, Response

from tests.line.fake import events
from tests.line.fake.clock import Clock
from tests.line.fake.line import FakeLine
from tests.line.fake.users import User
from tests.line.fake.webhooks import TooSlowError, WebhookFailedError, scatter, sign


class Bot:
    """A bot's server that keeps what it gets."""

    def __init__(self) -> None:
        self.status = 200
        self.seconds = 0.0
        self.got: list[tuple[bytes, str]] = []
        self.app = FastAPI()
        self.app.add_api_route("/hook", self.take, methods=["POST"])

    async def take(self, request: Request) -> Response:
        raw = await request.body()
        self.got.append((raw, request.headers.get("x-line-signature", "")))
        await asyncio.sleep(self.seconds)
        return Response(status_code=self.status)

    @property
    def events(self) -> list[list[dict[str, object]]]:
        return [json.loads(raw)["events"] for raw, _ in self.got]


@pytest_asyncio.fixture
async def bot(line: FakeLine) -> AsyncIterator[Bot]:
    bot = Bot()
    transport = httpx.ASGITransport(app=bot.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        line.account.webhook.client = client
        line.account.webhook.url = "/hook"
        yield bot


@pytest.fixture
def user(line: FakeLine) -> User:
    return line.user()


class TestDelivery:
    async def test_the_raw_bytes_are_signed(self, bot: Bot, user: User, line: FakeLine) -> None:
        await user.says("𠮷野家の採用")

        raw, signature = bot.got[0]
        assert "𠮷野家".encode() in raw
        assert signature == sign(line.account.secrets[0], raw)
        assert json.loads(raw)["destination"] == line.account.bot_user_id

    async def test_another_secret_signs_when_it_is_asked_for(self, bot: Bot, user: User) -> None:
        await user.says("x", secret="other")

        assert bot.got[0][1] == sign("other", bot.got[0][0])

    async def test_any_signature_can_be_sent_and_none(self, bot: Bot, user: User) -> None:
        await user.says("x", signature="é")
        await user.says("x", signature="")

        assert bot.got[1][1] == ""
        assert bot.got[0][1] not in {"", sign(user.account.secrets[0], bot.got[0][0])}

    async def test_the_consoles_button_sends_no_event(self, bot: Bot, line: FakeLine) -> None:
        await line.account.webhook.verify()

        assert bot.events == [[]]

    async def test_a_slow_answer_is_a_failure(self, bot: Bot, user: User) -> None:
        user.account.webhook.patience_seconds = 0.1
        bot.seconds = 0.5

        with pytest.raises(TooSlowError):
            await user.says("x")

    async def test_a_refusal_is_a_failure_unless_it_is_expected(self, bot: Bot, user: User) -> None:
        bot.status = 401

        await user.says("x", expect=401)
        with pytest.raises(WebhookFailedError, match="answered 401, not 2xx"):
            await user.says("x")
        bot.status = 200
        with pytest.raises(WebhookFailedError, match="answered 200, not 401"):
            await user.says("x", expect=401)

    async def test_patience_is_two_seconds(self, line: FakeLine) -> None:
        assert line.account.webhook.patience_seconds == 2.0


class TestAgain:
    async def test_what_failed_is_redelivered_with_the_same_id_and_token(
        self, bot: Bot, user: User
    ) -> None:
        bot.status = 503
        with pytest.raises(WebhookFailedError):
            await user.says("x")
        bot.status = 200

        await user.account.webhook.redeliver()

        [first], [second] = bot.events
        assert second.pop("deliveryContext") == {"isRedelivery": True}
        assert first.pop("deliveryContext") == {"isRedelivery": False}
        assert first == second
        assert user.account.webhook.undelivered == []

    async def test_duplicates_arrive_at_the_same_moment(self, bot: Bot, user: User) -> None:
        bot.seconds = 0.1

        answers = await user.account.webhook.deliver_at_once([user.text("x")], times=10)

        assert len(answers) == 10
        assert sum(answer.seconds for answer in answers) > 0.5
        assert len({str(events) for events in bot.events}) == 1
        assert len(user.account.webhook.sent) == 1

    def test_scattered_events_are_all_there_and_some_twice(self, user: User) -> None:
        made = [user.text(str(number)) for number in range(30)]

        batches = scatter(made, random.Random(1))

        order = [event["message"]["text"] for batch in batches for event in batch]
        assert set(order) == {str(number) for number in range(30)}
        assert len(order) > 30
        assert order != sorted(order, key=int)
        assert 1 < max(map(len, batches)) <= 3


class TestEvents:
    async def test_a_tap_on_a_postback_shows_its_words_and_sends_its_data(
        self, bot: Bot, user: User
    ) -> None:
        action = {"type": "postback", "label": "はい", "data": "p:1", "displayText": "はい!"}
        items = [{"type": "action", "action": action}]
        user.show({"type": "text", "text": "?", "quickReply": {"items": items}}, "1", "push")

        await user.taps("はい")

        assert bot.events[0][0]["postback"] == {"data": "p:1"}
        assert user.chat[-1].message == {"type": "text", "text": "はい!"}

    async def test_a_tap_on_an_address_sends_nothing(self, bot: Bot, user: User) -> None:
        action = {"type": "uri", "label": "開く", "uri": "https://example.jp/"}
        box = {
            "type": "box",
            "layout": "vertical",
            "contents": [{"type": "button", "action": action}],
        }
        contents = {"type": "bubble", "body": box}
        user.show({"type": "flex", "altText": "x", "contents": contents}, "1", "push")

        assert (await user.taps("開く"))["uri"] == "https://example.jp/"
        assert bot.got == []

    def test_a_seed_gives_the_same_events_again(self) -> None:
        made = []
        for seed in (7, 7, 8):
            person = FakeLine(Clock(), seed=seed).user()
            made.append([person.text("x"), person.follow(), person.media("image")])

        assert made[0] == made[1] != made[2]

    def test_an_event_of_the_account_has_no_source(self, line: FakeLine) -> None:
        event = events.of_account(line.account, "botSuspended")
        line.account.webhook.prepare([event])

        assert "source" not in event

    def test_unfollow_and_unsend_and_standby_give_no_token(self, user: User) -> None:
        assert "replyToken" not in user.unfollow()
        assert "replyToken" not in user.unsend(user.text("x"))
        assert "replyToken" not in user.event("follow", mode="standby", follow={})

    def test_following_again_says_so(self, user: User) -> None:
        assert user.follow()["follow"] == {"isUnblocked": False}
        user.unfollow()
        assert user.follow()["follow"] == {"isUnblocked": True}

    async def test_events_that_are_not_lines_are_not_sent_by_mistake(
        self, bot: Bot, user: User
    ) -> None:
        event = user.text("x")
        del event["deliveryContext"]

        await user.account.webhook.deliver([event], checked=False)

        assert len(bot.got) == 1


class TestTheEndpoint:
    def test_it_is_set_read_and_tested(self, api: httpx.Client, line: FakeLine) -> None:
        address = f"{line.base}/nothing-here"
        path = "/v2/bot/channel/webhook/endpoint"
        assert api.get(path).status_code == 404
        assert api.put(path, json={"endpoint": "http://example.jp/"}).status_code == 400

        assert api.put(path, json={"endpoint": address}).status_code == 200

        assert api.get(path).json() == {"endpoint": address, "active": True}
        tested = api.post("/v2/bot/channel/webhook/test", json={}).json()
        assert (tested["success"], tested["statusCode"]) == (False, 404)
        assert tested["reason"] == "ERROR_STATUS_CODE"

    def test_nobody_there_is_told_apart(self, api: httpx.Client) -> None:
        body = {"endpoint": "http://127.0.0.1:1/"}

        tested = api.post("/v2/bot/channel/webhook/test", json=body).json()

        assert (tested["success"], tested["reason"]) == (False, "COULD_NOT_CONNECT")
