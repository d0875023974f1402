"""What is personal stays out of LINE; the same conversation goes on on our own page."""

from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from desk.chat.ports import EngineTurn
from desk.line.models import LineEvent, SendReason
from tests.line.conftest import LineDesk
from tests.line.fake.faults import Fault
from tests.line.steps import staff_says

PHONE = "電話は090-1234-5678です"


def links_of(desk: LineDesk) -> list[str]:
    """Paths of the links in the chat, in order."""
    found = [a["uri"] for a in reversed(desk.user.actions) if a["type"] == "uri"]
    assert all(uri.startswith("https://desk.example/line/open/") for uri in found)
    return [uri.removeprefix("https://desk.example") for uri in found]


def question(kind: str, key: str) -> dict[str, Any]:
    choices = [{"title": "はい", "payload": f'/answer{{"question": "{key}"}}', "value": True}]
    asked = {"id": key, "kind": kind, "key": key, "choices": choices}
    return {"text": f"{key}を教えてください", "custom": {"question": asked}}


class TestLinkOnly:
    async def test_personal_words_are_answered_by_a_warning_and_a_link(self, desk: LineDesk):
        await desk.say(PHONE)

        assert [asked["text"] for asked in desk.engine.asked] == [PHONE]
        assert not any("echo" in text for text in desk.user.texts)
        assert "送信取消" in desk.user.texts[-1]
        assert len(links_of(desk)) == 1
        assert len(desk.account.replies) == 1
        assert [m.text for m in await desk.messages()][-1] == f"echo: {PHONE}"

    async def test_words_after_them_are_answered_in_line_again(self, desk: LineDesk):
        await desk.say(PHONE)
        await desk.say("人が足りません")

        assert desk.user.texts[-1] == "echo: 人が足りません"
        assert PHONE not in "\n".join(desk.user.texts)

    @pytest.mark.parametrize(
        ("kind", "key"),
        [
            ("consent", "share_info_consent"),
            ("contact", "contact_name"),
            ("fact", "company_name"),
            ("confirm", "send_case"),
        ],
    )
    async def test_questions_of_the_hand_off_are_asked_on_our_page_only(
        self, desk: LineDesk, kind: str, key: str
    ):
        desk.engine.answers = [EngineTurn(messages=[{"text": "承知しました"}, question(kind, key)])]

        await desk.say("担当者に相談")

        assert key not in "\n".join(desk.user.texts)
        assert "承知しました" in "\n".join(desk.user.texts)
        assert len(links_of(desk)) == 1
        assert desk.user.quick_replies == []
        assert len(desk.account.replies) == 1

    async def test_other_questions_are_asked_in_line(self, desk: LineDesk):
        desk.engine.answers = [EngineTurn(messages=[question("fact", "employees")])]

        await desk.say("はい")

        assert "employees" in desk.user.texts[-1]
        assert links_of(desk) == []

    async def test_full_turn_with_a_question_behind_the_link_stays_one_reply(self, desk: LineDesk):
        bubbles = [{"text": f"泡{n}"} for n in range(6)]
        desk.engine.answers = [
            EngineTurn(messages=[*bubbles, question("consent", "share_info_consent")])
        ]

        await desk.say("担当者に相談")

        assert len(desk.account.replies) == 1
        assert len(desk.account.replies[0].messages) <= 5
        assert "/line/open/" in str(desk.account.replies[0].messages)

    async def test_staff_reach_line_as_a_word_and_a_link(self, desk: LineDesk):
        await desk.say("人が足りません")
        await desk.pass_time(120)

        await staff_says(desk, "田中様の件")
        await desk.settle()

        assert "田中様" not in str(desk.user.delivered)
        assert "回答があります" in desk.user.texts[-1]
        assert (await desk.sends())[-1].reason == SendReason.STAFF
        assert len(links_of(desk)) == 1

    @pytest.mark.parametrize("words", ["続き", " つづき。", "続き！"])
    async def test_the_word_for_it_brings_a_new_link(self, desk: LineDesk, words: str):
        await desk.say(words)

        assert desk.engine.asked == []
        assert len(links_of(desk)) == 1

    async def test_warning_whose_token_is_rejected_is_pushed(self, desk: LineDesk):
        desk.account.fail(Fault.TOKEN_REFUSED, on="reply")

        await desk.say(PHONE)

        assert "送信取消" in desk.user.texts[-1]
        assert len(desk.account.pushes) == 1


class TestForbid:
    @pytest.fixture
    def line_entry(self) -> dict[str, Any]:
        return {"confidential": "forbid"}

    async def test_no_word_of_the_owner_reaches_the_engine_or_stays(self, desk: LineDesk):
        await desk.say("人が足りません")

        assert desk.engine.asked == []
        assert "LINEではお受けしていません" in desk.user.texts[-1]
        assert len(links_of(desk)) == 1
        assert [m.author for m in await desk.messages()] == ["bot", "bot"]
        assert {row.raw for row in await desk.rows(LineEvent)} == {""}

    async def test_following_is_answered_by_the_link(self, desk: LineDesk):
        await desk.user.follows()
        await desk.settle()

        assert len(links_of(desk)) == 1
        assert "相談ナビです" not in "\n".join(desk.user.texts)


class TestAllow:
    @pytest.fixture
    def line_entry(self) -> dict[str, Any]:
        return {"confidential": "allow"}

    async def test_everything_is_said_in_line(self, desk: LineDesk):
        desk.engine.answers = [EngineTurn(messages=[question("contact", "contact_phone")])]

        await desk.say(PHONE)

        assert "contact_phone" in desk.user.texts[-1]
        assert desk.user.quick_replies[0]["label"] == "はい"


class TestLinkPage:
    async def opened(self, desk: LineDesk, client: httpx.AsyncClient) -> dict[str, str]:
        page = await client.post(links_of(desk)[-1])
        assert page.status_code == 200
        found: dict[str, str] = {}

        class Reader(HTMLParser):
            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                given = dict(attrs)
                if given.get("id") == "opened":
                    found.update({k: v or "" for k, v in given.items()})

        Reader().feed(page.text)
        return found

    async def test_conversation_goes_on_there_with_everything_said_so_far(
        self, desk: LineDesk, client: httpx.AsyncClient
    ):
        await desk.say("人が足りません")
        await desk.say("続き")

        found = await self.opened(desk, client)

        answer = await client.get(
            f"/api/chat/conversations/{found['data-id']}/messages",
            headers={"Authorization": f"Bearer {found['data-token']}"},
        )
        assert "echo: 人が足りません" in [m["text"] for m in answer.json()["messages"]]

    async def test_looking_uses_nothing_up_and_the_link_opens_once(
        self, desk: LineDesk, client: httpx.AsyncClient
    ):
        await desk.say("続き")
        path = links_of(desk)[-1]

        for _ in range(3):
            assert (await client.get(path)).status_code == 200
        assert "相談の続きを開く" in (await client.get(path)).text
        assert (await client.post(path)).status_code == 200
        again = await client.post(path)

        assert again.status_code == 410
        assert "もう使えません" in again.text
        assert "data-token" not in again.text

    async def test_link_ends_after_fifteen_minutes(self, desk: LineDesk, client: httpx.AsyncClient):
        await desk.say("続き")
        desk.clock.advance(15 * 60)

        assert "もう使えません" in (await client.get(links_of(desk)[-1])).text
        assert (await client.post(links_of(desk)[-1])).status_code == 410

    async def test_token_stands_in_no_address_and_nobody_keeps_the_page(
        self, desk: LineDesk, client: httpx.AsyncClient
    ):
        await desk.say("続き")

        page = await client.post(links_of(desk)[-1])

        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "unsafe-inline" not in page.headers["content-security-policy"]
        assert "location" not in page.headers

    async def test_another_site_cannot_open_it(self, desk: LineDesk, client: httpx.AsyncClient):
        await desk.say("続き")

        page = await client.post(links_of(desk)[-1], headers={"Sec-Fetch-Site": "cross-site"})

        assert page.status_code == 403

    async def test_browser_without_scripts_goes_on_by_forms(
        self, desk: LineDesk, client: httpx.AsyncClient
    ):
        await desk.say("人が足りません")
        await desk.say("続き")

        page = await client.post(links_of(desk)[-1], data={"plain": "1"}, follow_redirects=True)

        assert page.url.path == "/chat/plain"
        assert "echo: 人が足りません" in page.text

    async def test_what_is_typed_there_is_answered_there(
        self, desk: LineDesk, client: httpx.AsyncClient
    ):
        await desk.say("続き")
        found = await self.opened(desk, client)
        shown = len(desk.user.texts)

        answer = await client.post(
            f"/api/chat/conversations/{found['data-id']}/messages",
            json={"client_message_id": found["data-id"], "text": "ここで書きます"},
            headers={"Authorization": f"Bearer {found['data-token']}"},
        )
        await desk.settle()

        assert answer.json()["messages"][0]["text"] == "echo: ここで書きます"
        assert len(desk.user.texts) == shown
        await desk.say("LINEにもどりました")
        assert desk.user.texts[-1] == "echo: LINEにもどりました"
        assert "ここで書きます" not in "\n".join(desk.user.texts)
