"""Replies and pushes at the fake: tokens, retry keys, quota, blocked users, faults."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.line.fake import events
from tests.line.fake.clock import Clock
from tests.line.fake.faults import Fault
from tests.line.fake.line import FakeLine
from tests.line.fake.users import User
from tests.line.fake.webhooks import sign

HELLO = [{"type": "text", "text": "こんにちは"}]
TOKEN_REFUSED = {"message": "Invalid reply token"}
Reply = Callable[[str], httpx.Response]
Push = Callable[..., httpx.Response]


@pytest.fixture
def user(line: FakeLine) -> User:
    return line.user()


@pytest.fixture
def reply(api: httpx.Client) -> Reply:
    def send(token: str, messages: Any = HELLO) -> httpx.Response:
        body = {"replyToken": token, "messages": messages}
        return api.post("/v2/bot/message/reply", json=body)

    return send


@pytest.fixture
def push(api: httpx.Client, user: User) -> Push:
    def send(key: str | None = None, to: str | None = None, words: str = "x") -> httpx.Response:
        headers = {"X-Line-Retry-Key": key} if key else {}
        body = {"to": to or user.id, "messages": [{"type": "text", "text": words}]}
        return api.post("/v2/bot/message/push", json=body, headers=headers)

    return send


def arrived(user: User) -> dict[str, Any]:
    """An event whose webhook has just been sent."""
    event = user.text("相談")
    user.account.webhook.prepare([event])
    return event


class TestTheDoor:
    def test_without_a_valid_token_it_is_401_with_lines_words(self, line: FakeLine) -> None:
        answer = httpx.get(f"{line.api_base}/v2/bot/info", headers={"Authorization": "Bearer x"})

        assert answer.status_code == 401
        assert answer.json() == {
            "message": "Authentication failed due to the following reason: invalid token. Confirm "
            "that the access token in the authorization header is valid."
        }
        assert len(answer.headers["x-line-request-id"]) > 8

    def test_a_body_that_is_no_json_says_where(self, api: httpx.Client) -> None:
        headers = {"Content-Type": "application/json"}
        answer = api.post("/v2/bot/message/push", content=b'{"to":\n x}', headers=headers)

        told = "The request body could not be parsed as JSON (line: 2, column: 2)"
        assert (answer.status_code, answer.json()["message"]) == (400, told)

    def test_another_content_type_is_415(self, api: httpx.Client) -> None:
        headers = {"Content-Type": "text/plain"}
        answer = api.post("/v2/bot/message/push", content=b"{}", headers=headers)

        assert answer.status_code == 415
        assert answer.json()["message"] == "The content type, text/plain, is not supported"

    def test_more_than_two_megabytes_are_413(self, api: httpx.Client) -> None:
        headers = {"Content-Type": "application/json"}
        answer = api.post("/v2/bot/message/push", content=b" " * (2**21 + 1), headers=headers)

        assert answer.status_code == 413

    def test_content_is_only_at_the_other_address(self, api: httpx.Client, line: FakeLine) -> None:
        number = arrived_image(line)

        assert api.get(f"/v2/bot/message/{number}/content").status_code == 404
        content = api.get(f"{line.data_base}/v2/bot/message/{number}/content")
        assert content.headers["content-type"] == "image/jpeg"


def arrived_image(line: FakeLine) -> str:
    event = line.user().media("image")
    number: str = event["message"]["id"]
    return number


class TestReplies:
    def test_a_token_is_good_once(self, user: User, reply: Reply) -> None:
        token = arrived(user)["replyToken"]

        first, second = reply(token), reply(token)

        assert len(first.json()["sentMessages"]) == 1
        assert (second.status_code, second.json()) == (400, TOKEN_REFUSED)
        assert user.delivered == HELLO

    @pytest.mark.parametrize(("seconds", "status"), [(59, 200), (60, 200), (61, 400)])
    def test_a_token_lives_a_minute_from_its_arrival(
        self, user: User, reply: Reply, clock: Clock, seconds: int, status: int
    ) -> None:
        token = arrived(user)["replyToken"]

        clock.advance(seconds)

        assert reply(token).status_code == status

    @pytest.mark.parametrize(("minutes", "status"), [(19.9, 200), (20.1, 400)])
    def test_redelivery_gives_another_minute_but_not_beyond_twenty(
        self, user: User, reply: Reply, clock: Clock, minutes: float, status: int
    ) -> None:
        event = arrived(user)
        clock.advance(minutes * 60)

        user.account.webhook.prepare([event], redelivered=True)

        assert reply(event["replyToken"]).status_code == status

    def test_redelivery_does_not_revive_a_used_token(self, user: User, reply: Reply) -> None:
        event = arrived(user)
        reply(event["replyToken"])

        user.account.webhook.prepare([event], redelivered=True)

        assert reply(event["replyToken"]).json() == TOKEN_REFUSED

    def test_a_token_that_nobody_got_yet_or_ever_is_invalid(self, user: User, reply: Reply) -> None:
        assert reply(user.text("x")["replyToken"]).json() == TOKEN_REFUSED
        assert reply("0" * 32).json() == TOKEN_REFUSED

    def test_a_refused_body_does_not_use_the_token(
        self, line: FakeLine, user: User, reply: Reply
    ) -> None:
        token = arrived(user)["replyToken"]

        refused = reply(token, [{"type": "text", "text": ""}])  # type: ignore[call-arg]

        assert refused.json() == {
            "message": "The request body has 1 error(s)",
            "details": [{"message": "May not be empty", "property": "messages[0].text"}],
        }
        assert any("messages[0].text" in violation for violation in line.violations)
        line.violations.clear()
        assert reply(token).status_code == 200

    def test_a_retry_key_is_refused_here(self, user: User, api: httpx.Client) -> None:
        body = {"replyToken": arrived(user)["replyToken"], "messages": HELLO}
        headers = {"X-Line-Retry-Key": str(uuid4())}

        answer = api.post("/v2/bot/message/reply", json=body, headers=headers)

        assert answer.status_code == 400
        assert user.delivered == []

    def test_replies_are_free(self, user: User, reply: Reply) -> None:
        reply(arrived(user)["replyToken"])

        assert user.account.used == 0


class TestPushes:
    def test_a_repeated_key_is_409_with_what_was_sent(self, push: Push, user: User) -> None:
        key = str(uuid4())

        first, second = push(key), push(key)

        assert second.status_code == 409
        assert second.json()["message"] == "The retry key is already accepted"
        assert second.json()["sentMessages"] == first.json()["sentMessages"]
        accepted = second.headers["x-line-accepted-request-id"]
        assert accepted == first.headers["x-line-request-id"]
        assert len(user.delivered) == 1

    @pytest.mark.parametrize(("hours", "status"), [(23.9, 409), (24.1, 200)])
    def test_a_key_is_known_for_a_day(
        self, push: Push, clock: Clock, hours: float, status: int
    ) -> None:
        key = str(uuid4())
        push(key)

        clock.advance(hours * 3600)

        assert push(key).status_code == status

    def test_quota_counts_receivers_and_ends_with_429(
        self, push: Push, user: User, api: httpx.Client
    ) -> None:
        user.account.quota = 2
        messages = [{"type": "text", "text": "x"}] * 5
        api.post("/v2/bot/message/push", json={"to": user.id, "messages": messages})
        push()

        refused = push()

        assert refused.status_code == 429
        assert refused.json() == {"message": "You have reached your monthly limit."}
        quota = api.get("/v2/bot/message/quota").json()
        used = api.get("/v2/bot/message/quota/consumption").json()
        assert (quota, used) == ({"type": "limited", "value": 2}, {"totalUsage": 2})
        assert len(user.delivered) == 6

    def test_a_refused_key_can_be_used_again(self, push: Push, user: User) -> None:
        user.account.quota, key = 0, str(uuid4())
        assert push(key).status_code == 429

        user.account.quota = 1

        assert push(key).status_code == 200

    def test_who_has_blocked_us_gets_nothing_and_costs_nothing(
        self, push: Push, user: User, api: httpx.Client
    ) -> None:
        user.unfollow()

        assert push().status_code == 200
        assert (user.delivered, user.account.used) == ([], 0)
        assert api.get(f"/v2/bot/profile/{user.id}").status_code == 404
        user.follow()
        assert api.get(f"/v2/bot/profile/{user.id}").json()["displayName"] == "佐藤 花子"

    def test_unknown_receivers_are_told_apart(self, push: Push) -> None:
        assert push(to="U" + "0" * 32).json() == {"message": "Failed to send messages"}
        told = "The property, 'to', in the request body is invalid (line: -, column: -)"
        assert push(to="佐藤").json() == {"message": told}


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "seen", "status"),
        [
            (Fault.ERROR_BEFORE, 0, 500),
            (Fault.ERROR_AFTER, 1, 500),
            (Fault.RATE_LIMITED, 0, 429),
            (Fault.REFUSED, 0, 400),
        ],
    )
    def test_an_answer_may_lie_about_what_was_done(
        self, push: Push, user: User, fault: Fault, seen: int, status: int
    ) -> None:
        user.account.fail(fault, on="push")

        assert push().status_code == status
        assert len(user.delivered) == seen
        assert [call.accepted for call in user.account.pushes] == [bool(seen)]
        assert push().status_code == 200

    @pytest.mark.parametrize(("fault", "seen"), [(Fault.RESET_BEFORE, 0), (Fault.RESET_AFTER, 1)])
    def test_a_connection_may_be_reset(
        self, push: Push, user: User, fault: Fault, seen: int
    ) -> None:
        user.account.fail(fault)

        with pytest.raises(httpx.ReadError):
            push()

        assert len(user.delivered) == seen
        assert user.account.pushes[0].status == 0

    def test_a_key_repairs_a_push_that_was_accepted_unseen(self, push: Push, user: User) -> None:
        user.account.fail(Fault.ERROR_AFTER, on="push")
        key = str(uuid4())

        assert push(key).status_code == 500
        assert push(key).status_code == 409
        assert len(user.delivered) == 1

    @pytest.mark.parametrize(("fault", "seen"), [(Fault.SLOW, 1), (Fault.STUCK, 0)])
    def test_an_answer_may_come_too_late(
        self, api: httpx.Client, user: User, fault: Fault, seen: int
    ) -> None:
        user.account.fail(fault, seconds=5)

        with pytest.raises(httpx.ReadTimeout):
            api.post("/v2/bot/message/push", json={"to": user.id, "messages": HELLO}, timeout=0.3)

        assert len(user.delivered) == seen

    def test_a_fault_can_wait_and_hit_one_endpoint(self, push: Push, user: User) -> None:
        user.account.fail(Fault.ERROR_BEFORE, on="push", skip=1, times=2)
        user.account.fail(Fault.ERROR_BEFORE, on="reply")

        assert [push().status_code for _ in range(4)] == [200, 500, 500, 200]
        assert not user.account.faults.are_over


class TestTheScreen:
    def test_quick_replies_are_those_of_the_last_message_and_vanish(
        self, api: httpx.Client, user: User
    ) -> None:
        def message(label: str) -> dict[str, Any]:
            action = {"type": "message", "label": label, "text": label}
            items = [{"type": "action", "action": action}]
            return {"type": "text", "text": "x", "quickReply": {"items": items}}

        body = {"to": user.id, "messages": [message("はい"), message("いいえ")]}
        api.post("/v2/bot/message/push", json=body)
        assert [action["label"] for action in user.quick_replies] == ["いいえ"]

        user.text("別のこと")

        assert user.quick_replies == []
        with pytest.raises(LookupError, match="nothing to tap is called 'いいえ'"):
            user.find_action("いいえ")

    @pytest.mark.parametrize(
        ("seconds", "status"), [(5, 202), (60, 202), (4, 400), (7, 400), (65, 400)]
    )
    def test_the_animation_lasts_whole_fives(
        self, api: httpx.Client, line: FakeLine, user: User, seconds: int, status: int
    ) -> None:
        body = {"chatId": user.id, "loadingSeconds": seconds}
        assert api.post("/v2/bot/chat/loading/start", json=body).status_code == status
        line.violations.clear()  # The file and the SDK know 5 and 60 too.
        assert user.is_loading is (status == 202)

    def test_the_animation_ends_with_time_or_a_message(
        self, api: httpx.Client, user: User, clock: Clock, push: Push
    ) -> None:
        body = {"chatId": user.id, "loadingSeconds": 10}
        api.post("/v2/bot/chat/loading/start", json=body)
        clock.advance(6)
        api.post("/v2/bot/chat/loading/start", json=body)
        clock.advance(6)
        assert user.is_loading

        push()

        assert not user.is_loading

    def test_what_is_unsent_cannot_be_fetched(self, api: httpx.Client, line: FakeLine) -> None:
        event = line.user().media("image")
        line.account.users[event["source"]["userId"]].unsend(event)

        address = f"{line.data_base}/v2/bot/message/{event['message']['id']}/content"
        assert api.get(address).status_code == 404


class TestTheAccount:
    def test_two_accounts_do_not_know_each_others_users(
        self, api: httpx.Client, line: FakeLine, user: User
    ) -> None:
        other = line.add_account("tsubame").user()

        assert api.get(f"/v2/bot/profile/{user.id}").status_code == 200
        assert api.get(f"/v2/bot/profile/{other.id}").status_code == 404

    def test_it_tells_its_chat_mode(self, api: httpx.Client, line: FakeLine) -> None:
        line.account.chat_mode = "chat"

        info = api.get("/v2/bot/info").json()

        assert (info["userId"], info["chatMode"]) == (line.account.bot_user_id, "chat")

    def test_the_signature_is_hmac_sha256_in_base64(self) -> None:
        # As openssl gives: printf '{"events":[]}' | openssl dgst -sha256 -hmac secret -binary | base64
        assert sign("secret", b'{"events":[]}') == "pkK1lVPJPiJ+wPLziRD79xIxohl8AImYM8AEeM7IbzQ="

    def test_a_reply_to_a_group_goes_into_it(
        self, line: FakeLine, user: User, reply: Reply
    ) -> None:
        group = line.account.group()
        event = events.of_group(group, line.account, "join", user)
        line.account.webhook.prepare([event])

        assert reply(event["replyToken"]).status_code == 200

        assert (group.delivered, user.delivered) == (HELLO, [])

    def test_a_group_is_left_once(self, api: httpx.Client, line: FakeLine) -> None:
        group = line.account.group()

        assert api.post(f"/v2/bot/group/{group.id}/leave").status_code == 200
        assert api.post(f"/v2/bot/group/{group.id}/leave").status_code == 404
