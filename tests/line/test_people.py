"""Following, leaving, groups, pictures, suspension, and the owner's wish to be forgotten."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from desk.cases.models import Case, CaseEvent, CaseStatus, EventKind
from desk.chat.models import Conversation, Holder
from desk.db import now
from desk.line.models import (
    EventState,
    LineEvent,
    LineLink,
    LineSend,
    LineUser,
    SendKind,
    SendState,
)
from desk.notify.models import Delivery, NotificationTarget
from tests.line.conftest import LineDesk
from tests.line.fake import events
from tests.line.fake.faults import Fault
from tests.line.steps import open_case, staff_says


class TestFollow:
    async def test_greeting_and_privacy_notice_come_by_reply(self, desk: LineDesk):
        await desk.user.follows()
        await desk.settle()

        shown = "\n".join(desk.user.texts)
        assert "相談ナビ" in shown
        assert "窓口には送りません" in shown
        assert len(desk.account.replies) == 1
        assert (await desk.line_user()).greeted_at is not None

    async def test_greeting_is_not_repeated_with_the_first_answer(self, desk: LineDesk):
        await desk.user.follows()
        await desk.settle()

        await desk.say("人が足りません")

        assert len(desk.account.replies[-1].messages) == 1

    async def test_follow_and_first_words_in_one_batch_are_one_reply(self, desk: LineDesk):
        follow = desk.user.follow()
        desk.clock.advance(0.1)
        await desk.account.webhook.deliver([follow, desk.user.text("人が足りません")])
        await desk.pass_time(1.6)

        assert len(desk.account.replies) == 1
        assert desk.user.texts[-1] == "echo: 人が足りません"

    async def test_who_comes_back_is_greeted_again_and_keeps_the_conversation(self, desk: LineDesk):
        await desk.say("人が足りません")
        await desk.user.unfollows()
        await desk.settle()
        assert (await desk.line_user()).blocked_at is not None

        await desk.user.follows()
        await desk.settle()

        user = await desk.line_user()
        assert user.blocked_at is None
        assert "窓口には送りません" in "\n".join(desk.user.texts[-2:])
        assert len({m.conversation_id for m in await desk.messages()}) == 1

    async def test_greeting_that_is_too_late_is_not_pushed(self, desk: LineDesk):
        await desk.user.follows()
        await desk.pass_time(70)

        assert desk.account.pushes == []
        await desk.say("人が足りません")
        assert "窓口には送りません" in "\n".join(desk.user.texts)


class TestDisorder:
    async def test_words_from_before_a_block_do_not_lift_it(self, desk: LineDesk):
        late = desk.user.text("遅れて届く")
        desk.clock.advance(5)
        await desk.user.unfollows()
        await desk.settle()

        await desk.account.webhook.deliver([late])
        await desk.pass_time(1.6)

        assert (await desk.line_user()).blocked_at is not None

    async def test_block_that_is_over_is_not_taken_for_a_new_one(self, desk: LineDesk):
        late = desk.user.unfollow()
        desk.clock.advance(5)
        await desk.user.follows()
        await desk.settle()

        await desk.account.webhook.deliver([late])
        await desk.settle()

        assert (await desk.line_user()).blocked_at is None


class TestGroups:
    @pytest.mark.parametrize("kind", ["group", "room"])
    @pytest.mark.parametrize("what", ["join", "memberJoined"])
    async def test_one_polite_line_and_we_leave(self, desk: LineDesk, kind: str, what: str):
        group = desk.account.group(kind)
        more: dict[str, Any] = {}
        if what == "memberJoined":
            more = {"joined": {"members": [{"type": "user", "userId": desk.user.id}]}}
        event = events.of_group(group, desk.account, what, desk.user, **more)

        await desk.account.webhook.deliver([event])
        await desk.settle()

        assert group.is_left
        assert len(group.delivered) == 1
        assert [row.state for row in await desk.events()] == [EventState.HANDLED]

    async def test_what_is_said_in_a_group_is_neither_answered_nor_kept(self, desk: LineDesk):
        group = desk.account.group()
        said = events.text(desk.account, "1", "内輪の話")
        event = events.of_group(group, desk.account, "message", desk.user, message=said)

        await desk.account.webhook.deliver([event])
        await desk.settle()

        assert desk.account.calls == []
        assert [(row.state, row.raw) for row in await desk.events()] == [(EventState.IGNORED, "")]

    async def test_leaving_is_tried_again(self, desk: LineDesk):
        group = desk.account.group()
        desk.account.fail(Fault.ERROR_BEFORE, on="leave", times=2)

        await desk.account.webhook.deliver(
            [events.of_group(group, desk.account, "join", desk.user)]
        )
        await desk.settle()

        assert group.is_left
        assert len(group.delivered) == 1


class TestMedia:
    @pytest.mark.parametrize("kind", ["image", "video", "audio", "file", "location", "sticker"])
    async def test_it_is_answered_politely_by_reply(self, desk: LineDesk, kind: str):
        await desk.say("こんにちは")
        said = len(desk.user.texts)

        await desk.user.sends(kind)
        await desk.settle()

        assert len(desk.user.texts) == said + 1
        assert "言葉で書いてください" in desk.user.texts[-1]
        assert len(desk.engine.asked) == 1
        assert desk.account.calls_to("content") == []

    async def test_person_who_holds_the_talk_reads_that_it_came(self, desk: LineDesk):
        await desk.say("こんにちは")
        await desk.change(Conversation, holder=Holder.STAFF)

        await desk.user.sends("image")
        await desk.settle()

        assert (await desk.messages())[-1].text == "〔写真が届きました〕"
        assert "担当者に伝えました" in desk.user.texts[-1]
        assert len(desk.engine.asked) == 1

    async def test_while_a_case_is_open_its_log_and_its_hub_hear_of_it(self, desk: LineDesk):
        await desk.say("こんにちは")
        case_id = await open_case(desk)
        async with desk.app.state.database.write() as tx:
            tx.add(NotificationTarget(hub_id="matsumoto", kind="mail", address="a@example.jp"))

        await desk.user.sends("image")
        await desk.user.sends("sticker")
        await desk.settle()

        logged = [e.kind for e in await desk.rows(CaseEvent) if e.case_id == case_id]
        assert logged.count(EventKind.FILE_ARRIVED) == 1
        assert "owner_wrote" in [row.notice for row in await desk.rows(Delivery)]
        assert "担当者に伝えました" in desk.user.texts[-2]
        assert "言葉で書いてください" in desk.user.texts[-1]

    async def test_closed_case_hears_nothing(self, desk: LineDesk):
        await desk.say("こんにちは")
        await open_case(desk)
        await desk.change(Case, status=CaseStatus.CLOSED)

        await desk.user.sends("image")
        await desk.settle()

        assert EventKind.FILE_ARRIVED not in [e.kind for e in await desk.rows(CaseEvent)]
        assert "言葉で書いてください" in desk.user.texts[-1]

    async def test_words_reach_the_person_and_not_the_bot(self, desk: LineDesk):
        await desk.say("こんにちは")
        await desk.change(Conversation, holder=Holder.STAFF)

        await desk.say("聞こえますか")
        await desk.pass_time(60)

        assert (await desk.messages())[-1].text == "聞こえますか"
        assert len(desk.engine.asked) == 1
        assert not any("お答えを用意" in text for text in desk.user.texts)


class TestSuspended:
    async def test_bureau_is_told_once(self, desk: LineDesk):
        async with desk.app.state.database.write() as tx:
            tx.add(NotificationTarget(hub_id="bureau", kind="mail", address="a@example.jp"))
        event = events.of_account(desk.account, "botSuspended")

        for _ in range(2):
            await desk.account.webhook.deliver([event])

        told = await desk.rows(Delivery)
        assert [row.facts for row in told] == [{"trouble": "suspended"}]


class TestErase:
    async def test_nothing_of_the_user_is_left_and_nothing_is_sent_any_more(
        self, desk: LineDesk, client: httpx.AsyncClient
    ):
        await desk.say("人が足りません")
        await desk.say("続き")
        await desk.pass_time(120)
        desk.account.fail(Fault.ERROR_BEFORE, on="push", times=None)
        await staff_says(desk, "お電話します")
        await desk.settle()
        conversation_id = (await desk.messages())[0].conversation_id

        await desk.app.state.chat.erase(conversation_id)
        desk.account.heal()
        await desk.settle()

        assert await desk.rows(LineUser) == []
        assert await desk.rows(LineLink) == []
        assert {row.raw for row in await desk.rows(LineEvent)} == {""}
        sends = await desk.rows(LineSend)
        assert all(row.messages == {} and row.token is None for row in sends)
        assert SendState.PENDING not in {row.state for row in sends}
        assert not any("回答があります" in text for text in desk.user.texts)

    async def test_who_writes_again_begins_a_new_conversation(self, desk: LineDesk):
        await desk.say("人が足りません")
        first = (await desk.messages())[0].conversation_id
        await desk.app.state.chat.erase(first)
        await desk.settle()

        await desk.say("もう一度")

        assert desk.user.texts[-1] == "echo: もう一度"
        assert (await desk.messages())[0].conversation_id != first

    async def test_event_that_came_before_is_not_taken_again(self, desk: LineDesk):
        await desk.say("人が足りません")
        await desk.app.state.chat.erase((await desk.messages())[0].conversation_id)
        await desk.settle()
        asked = len(desk.engine.asked)

        await desk.account.webhook.redeliver([desk.account.webhook.sent[0]])
        await desk.pass_time(1.6)

        assert len(desk.engine.asked) == asked
        assert await desk.rows(LineUser) == [] or (await desk.line_user()).conversation_id is None


class TestExpired:
    async def test_conversation_that_is_over_is_followed_by_a_new_one(self, desk: LineDesk):
        await desk.say("人が足りません")
        first = (await desk.messages())[0].conversation_id
        await desk.change(Conversation, expires_at=now())

        await desk.say("ひさしぶりです")

        assert desk.user.texts[-1] == "echo: ひさしぶりです"
        async with desk.app.state.database.read() as tx:
            ids = list(await tx.scalars(select(Conversation.id)))
        assert len(ids) == 2
        assert (await desk.line_user()).conversation_id != first


class TestLooking:
    async def test_sends_are_listed_by_state_and_counted(self, desk: LineDesk):
        await desk.say("人が足りません")
        service = desk.app.state.line.service

        assert await service.list_sends() == []
        sent = await service.list_sends(states=[SendState.SENT])
        counts = await service.count_sends(desk.clock().replace(hour=0, minute=0))

        assert [row.kind for row in sent] == [SendKind.REPLY]
        assert counts == {("bureau", "reply", "sent"): 1}
