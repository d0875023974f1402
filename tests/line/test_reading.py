"""Messages are marked as read at LINE once the bot or staff have read them, if LINE leaves it to us."""

from typing import Any

import pytest
from sqlalchemy import select

from desk.auth.models import Role, StaffUser
from desk.chat.models import Conversation
from desk.db import new_id
from desk.jobs.models import Job, JobState
from desk.line.models import LineCount
from desk.line.reading import FAILED, READ_JOB
from desk.live.service import LiveService
from tests.line.conftest import LineDesk
from tests.line.fake.faults import Fault
from tests.line.steps import open_case


@pytest.fixture
def manual(desk: LineDesk) -> LineDesk:
    """An account in whose manager people may chat by hand."""
    desk.account.chat_mode, desk.account.mark_as_read_mode = "chat", "manual"
    return desk


def marks(desk: LineDesk) -> list[Any]:
    return desk.account.calls_to("mark_read")


def is_read(desk: LineDesk) -> list[bool]:
    """Of each message of the user."""
    return [shown.is_read for shown in desk.user.chat if shown.author == "user"]


async def failures(desk: LineDesk) -> int:
    async with desk.app.state.database.read() as tx:
        rows = (await tx.scalars(select(LineCount).where(LineCount.kind == FAILED))).all()
    return sum(row.number for row in rows)


class TestBot:
    async def test_what_the_bot_has_taken_is_marked(self, manual: LineDesk):
        await manual.say("人が足りません")

        assert is_read(manual) == [True]
        assert [call.status for call in marks(manual)] == [200]

    async def test_messages_in_a_row_are_marked_by_one_call(self, manual: LineDesk):
        for words in ("人が", "足り", "ません"):
            await manual.user.says(words)
            manual.clock.advance(0.2)
        await manual.pass_time(1.6)

        assert is_read(manual) == [True] * 3
        assert len(marks(manual)) == 1

    async def test_sticker_is_marked_too(self, manual: LineDesk):
        await manual.user.sends("sticker")
        await manual.settle()

        assert is_read(manual) == [True]

    async def test_nothing_is_marked_where_line_does_it(self, desk: LineDesk):
        for words in ("一", "二", "三"):
            await desk.say(words)

        assert marks(desk) == []
        assert len(desk.account.calls_to("info")) == 1
        assert len([job for job in await desk.rows(Job) if job.kind == READ_JOB]) == 1

    async def test_mode_is_asked_once_an_hour(self, manual: LineDesk):
        for words in ("一", "二", "三"):
            await manual.say(words)
        assert len(manual.account.calls_to("info")) == 1
        manual.account.mark_as_read_mode = "auto"

        await manual.pass_time(3600)
        await manual.say("四")

        assert len(manual.account.calls_to("info")) == 2
        assert is_read(manual) == [True, True, True, False]

    async def test_job_that_is_done_twice_harms_nothing(self, manual: LineDesk):
        await manual.say("人が足りません")
        await manual.again(READ_JOB)
        await manual.settle()

        assert is_read(manual) == [True]

    async def test_what_was_taken_back_is_not_marked(self, manual: LineDesk):
        text = manual.user.text("まちがい")
        await manual.account.webhook.deliver([text, manual.user.unsend(text)])
        await manual.pass_time(1.6)

        assert marks(manual) == []


class TestFailure:
    @pytest.mark.parametrize(
        "fault", [Fault.ERROR_BEFORE, Fault.RESET_BEFORE, Fault.RATE_LIMITED, Fault.REFUSED]
    )
    async def test_it_is_counted_and_not_tried_again(self, manual: LineDesk, fault: Fault):
        manual.account.fail(fault, on="mark_read")

        await manual.say("人が足りません")
        await manual.pass_time(600)

        assert len(marks(manual)) == 1
        assert await failures(manual) == 1
        assert manual.user.texts[-1] == "echo: 人が足りません"
        jobs = [job for job in await manual.rows(Job) if job.kind == READ_JOB]
        assert [job.state for job in jobs] == [JobState.DONE]

    async def test_next_message_marks_what_was_missed(self, manual: LineDesk):
        manual.account.fail(Fault.ERROR_BEFORE, on="mark_read")
        await manual.say("一")

        await manual.say("二")

        assert is_read(manual) == [True, True]

    async def test_line_that_does_not_tell_its_mode_is_left_alone_for_a_while(
        self, manual: LineDesk
    ):
        manual.account.fail(Fault.ERROR_BEFORE, on="info", times=None)
        for words in ("一", "二", "三"):
            await manual.say(words)
        assert len(manual.account.calls_to("info")) == 1
        assert marks(manual) == []
        manual.account.heal()

        await manual.pass_time(300)
        await manual.say("四")

        assert is_read(manual) == [True] * 4


class TestStaff:
    @pytest.fixture
    async def held(self, manual: LineDesk) -> LineDesk:
        """A talk that a person of its hub holds, with a message that nobody has seen."""
        await manual.say("こんにちは")
        await open_case(manual)
        state = manual.app.state
        await state.auth.create_user("jiro", "次郎", Role.STAFF, "matsumoto", "correct horse")
        talk = await conversation(manual)
        await live(manual).take(await jiro(manual), talk.id, version=talk.version)
        await manual.settle()
        await manual.say("聞こえますか")
        return manual

    async def test_it_stays_unread_until_staff_open_the_talk(self, held: LineDesk):
        assert is_read(held) == [True, False]

        await live(held).note_reading(await jiro(held), (await conversation(held)).id)
        await held.settle()

        assert is_read(held) == [True, True]

    async def test_reply_marks_it(self, held: LineDesk):
        talk = await conversation(held)
        await live(held).reply(
            await jiro(held), talk.id, client_message_id=new_id(), version=talk.version, text="はい"
        )
        await held.settle()

        assert is_read(held) == [True, True]

    async def test_who_has_it_open_need_not_open_it_again(self, held: LineDesk):
        talk, user = await conversation(held), await jiro(held)
        await held.app.state.beside.show_presence(user, talk.id, is_typing=False)

        await held.say("もしもし")

        assert is_read(held) == [True, True, True]

    async def test_opening_it_often_marks_once(self, held: LineDesk):
        before = len(marks(held))
        for _ in range(3):
            await live(held).note_reading(await jiro(held), (await conversation(held)).id)
            await held.settle()

        assert len(marks(held)) == before + 1

    async def test_looking_into_the_bot_s_talk_marks_nothing(self, manual: LineDesk):
        await manual.say("こんにちは")
        await open_case(manual)
        state = manual.app.state
        await state.auth.create_user("jiro", "次郎", Role.STAFF, "matsumoto", "correct horse")
        before = len(marks(manual))

        await live(manual).note_reading(await jiro(manual), (await conversation(manual)).id)
        await manual.settle()

        assert len(marks(manual)) == before


def live(desk: LineDesk) -> LiveService:
    service: LiveService = desk.app.state.live
    return service


async def jiro(desk: LineDesk) -> StaffUser:
    user: StaffUser = await desk.app.state.auth.get_user_by_login("jiro")
    return user


async def conversation(desk: LineDesk) -> Conversation:
    (found,) = await desk.rows(Conversation)
    return found
