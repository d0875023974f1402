"""The fake gives out pictures and files as LINE does, and takes marks of what was read."""

from datetime import timedelta

import httpx
import pytest

from tests.line.fake.clock import Clock
from tests.line.fake.faults import Fault
from tests.line.fake.files import JPEG, MP4
from tests.line.fake.line import FakeLine
from tests.line.fake.users import User


@pytest.fixture
def user(line: FakeLine) -> User:
    return line.user()


def address(line: FakeLine, number: str, more: str = "") -> str:
    return f"{line.data_base}/v2/bot/message/{number}/content{more}"


class TestContent:
    def test_picture_is_there_at_once(self, api: httpx.Client, line: FakeLine, user: User) -> None:
        number = user.media("image")["message"]["id"]

        found = api.get(address(line, number))

        assert (found.status_code, found.content) == (200, JPEG)

    def test_video_is_made_ready_first(
        self, api: httpx.Client, line: FakeLine, clock: Clock, user: User
    ) -> None:
        number = user.media("video", ready_after=30)["message"]["id"]
        assert api.get(address(line, number)).status_code == 202
        status = address(line, number, "/transcoding")
        assert api.get(status).json() == {"status": "processing"}

        clock.advance(31)

        assert api.get(status).json() == {"status": "succeeded"}
        assert api.get(address(line, number)).content == MP4

    def test_what_cannot_be_made_ready_says_so(self, api: httpx.Client, line: FakeLine) -> None:
        line.account.keep("1", "video/mp4", b"", is_broken=True)

        assert api.get(address(line, "1", "/transcoding")).json() == {"status": "failed"}
        assert api.get(address(line, "1")).status_code == 202

    def test_it_is_deleted_after_a_while(
        self, api: httpx.Client, line: FakeLine, clock: Clock
    ) -> None:
        line.account.keep("1", "image/jpeg", JPEG, lives=timedelta(minutes=1))
        assert api.get(address(line, "1")).status_code == 200

        clock.advance(61)

        assert api.get(address(line, "1")).status_code == 404
        assert api.get(address(line, "1", "/transcoding")).status_code == 404

    def test_faults_meet_it_as_any_call(self, api: httpx.Client, line: FakeLine) -> None:
        line.account.keep("1", "image/jpeg", JPEG)
        line.account.fail(Fault.ERROR_BEFORE, on="content")

        assert [api.get(address(line, "1")).status_code for _ in range(2)] == [500, 200]


class TestMarks:
    @pytest.fixture
    def chatting(self, line: FakeLine) -> FakeLine:
        line.account.chat_mode = "chat"
        return line

    def test_mark_is_of_the_message_and_all_before_it(
        self, api: httpx.Client, chatting: FakeLine, user: User
    ) -> None:
        user.text("一")
        second = user.text("二")
        user.text("三")

        body = {"markAsReadToken": second["message"]["markAsReadToken"]}
        answer = api.post("/v2/bot/chat/markAsRead", json=body)

        assert answer.status_code == 200
        assert [shown.is_read for shown in user.chat] == [True, True, False]

    def test_it_is_refused_without_chat_and_for_an_unknown_token(
        self, api: httpx.Client, line: FakeLine, user: User
    ) -> None:
        token = user.text("一")["message"]["markAsReadToken"]

        without = api.post("/v2/bot/chat/markAsRead", json={"markAsReadToken": token})
        unknown = api.post("/v2/bot/chat/markAsRead", json={"markAsReadToken": "x"})

        assert "Please ensure that chat is enabled" in without.json()["message"]
        assert (without.status_code, unknown.status_code) == (400, 400)
        assert not user.chat[0].is_read
