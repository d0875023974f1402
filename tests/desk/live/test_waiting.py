"""Owners who wait for a person are told the truth and can go back to the bot."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from desk.cases.calendars import CalendarRules, HubCalendars
from desk.cases.models import EventKind
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import JST
from desk.db import now
from desk.jobs.models import Job
from desk.jobs.worker import Worker
from desk.live.ports import SetHours
from desk.live.waiting import UNANSWERED_JOB
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import (
    StaffClient,
    events_of,
    jobs_of,
    run_jobs,
    set_clock,
)

LEFT = "もどりました"
LATE = "返事がまだです"
CLOSED = "受付時間の外です"


async def notices(owner: Owner) -> list[str]:
    """What the system said after the takeover."""
    said = [m for m in await owner.messages(after=2) if m["author"] == "system"]
    return [message["text"] for message in said[1:]]


async def back_button(owner: Owner) -> str:
    offered = [reply for m in await owner.messages() for reply in m["quick_replies"]]
    payload: str = offered[-1]["payload"]
    assert payload.startswith("/back_to_bot")
    return payload


class TestUnanswered:
    async def test_owner_is_told_once_that_nobody_answers(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, case_id: UUID
    ):
        await hanako.take()
        await owner.say("a")

        await run_jobs(app)
        await run_jobs(app)

        assert len(await notices(owner)) == 1
        assert LATE in (await notices(owner))[0]
        assert "5分" in (await notices(owner))[0]
        kinds = [event.kind for event in await events_of(app, case_id)]
        assert kinds.count(EventKind.TALK_UNANSWERED) == 1

    async def test_time_begins_with_the_oldest_open_words_and_is_five_minutes(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        moment = now()
        set_clock(app, moment)
        await hanako.take()
        await owner.say("一つめ")
        set_clock(app, moment + timedelta(minutes=3))
        await owner.say("二つめ")

        timers = await jobs_of(app, UNANSWERED_JOB)

        assert [timer.run_at for timer in timers] == [moment + timedelta(minutes=5)]

    async def test_nothing_is_said_when_a_person_has_answered(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        await owner.say("a")
        await hanako.reply()

        await run_jobs(app)

        assert await notices(owner) == []

    async def test_words_that_the_reply_did_not_see_are_watched_anew(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        await owner.say("一つめ")
        seen = (await owner.messages())[-1]["seq"]
        await owner.say("二つめ")
        await hanako.reply(seen_seq=seen)

        await run_jobs(app)

        assert [LATE in text for text in await notices(owner)] == [True]

    async def test_words_that_were_open_at_the_takeover_are_watched(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        """The bot's answer will not come any more, so the person owes one."""
        await hanako.take()
        await owner.say("a")
        await hanako.hand_back()
        await hanako.take()

        await run_jobs(app)

        assert [text for text in await notices(owner) if LATE in text] != []

    async def test_timer_of_an_earlier_holder_says_nothing(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        await owner.say("a")
        await hanako.hand_back()

        await run_jobs(app)

        assert [text for text in await notices(owner) if LATE in text] == []

    async def test_owner_is_told_although_the_worker_was_killed(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        """kill -9 while the timer was being done: its lease runs out, another takes it."""
        await hanako.take()
        await owner.say("a")
        async with app.state.database.write() as tx:
            timer = update(Job).where(Job.kind == UNANSWERED_JOB)
            await tx.execute(
                timer.values(state="running", lease_owner="dead", lease_until=now(), attempts=1)
            )

        other = Worker(app.state.database, {UNANSWERED_JOB: app.state.waiting.tell})
        await other.run_due()

        assert len(await notices(owner)) == 1

    async def test_owner_is_told_once_although_the_worker_died_after_telling(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        await owner.say("a")
        (timer,) = await jobs_of(app, UNANSWERED_JOB)
        await app.state.waiting.tell(timer)

        await run_jobs(app)

        assert len(await notices(owner)) == 1


class TestClosed:
    opens_at = datetime(2099, 11, 25, 9, tzinfo=JST)

    async def test_owner_is_told_at_once_when_staff_will_be_there(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, hours: SetHours
    ):
        hours.opens_at = self.opens_at
        await hanako.take()
        await owner.say("a")

        await app.state.worker.run_due()

        (notice,) = await notices(owner)
        assert CLOSED in notice
        assert "11月25日の9:00" in notice

    async def test_holder_who_is_there_out_of_hours_gets_the_same_time(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, hours: SetHours
    ):
        hours.opens_at = self.opens_at
        await hanako.take()
        await hanako.put("presence")
        await owner.say("a")

        await app.state.worker.run_due()
        assert await notices(owner) == []

        await run_jobs(app)
        assert [CLOSED in text for text in await notices(owner)] == [True]

    async def test_silence_after_the_opening_is_told_too(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, hours: SetHours
    ):
        hours.opens_at = self.opens_at
        await hanako.take()
        await owner.say("a")
        await app.state.worker.run_due()

        timers = await jobs_of(app, UNANSWERED_JOB)
        assert timers[-1].run_at == self.opens_at + timedelta(minutes=5)
        set_clock(app, timers[-1].run_at)
        await run_jobs(app)

        first, second = await notices(owner)
        assert CLOSED in first
        assert LATE in second


class TestCalendar:
    """The hours are those that the hub itself has set (`desk.cases.calendars`)."""

    @pytest.fixture
    def hours(self, app: FastAPI) -> HubCalendars:
        calendars: HubCalendars = app.state.cases.calendars
        assert app.state.waiting._hours is calendars
        return calendars

    async def test_lunch_break_and_its_end_are_the_hub_s_own(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, hours: HubCalendars
    ):
        rules = CalendarRules(lunch_from="11:30", lunch_to="12:15")
        await hours.set_rules("matsumoto", rules, version=0)
        set_clock(app, datetime(2026, 11, 24, 11, 45, tzinfo=JST))
        await hanako.take()
        await owner.say("a")

        await run_jobs(app, kind=UNANSWERED_JOB)

        (notice,) = await notices(owner)
        assert CLOSED in notice
        assert "11月24日の12:15" in notice

    async def test_hub_that_is_open_on_saturdays_is_waited_for_on_saturdays(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, hours: HubCalendars
    ):
        rules = CalendarRules(weekdays=[5, 6])
        await hours.set_rules("matsumoto", rules, version=0)
        set_clock(app, datetime(2026, 11, 28, 10, tzinfo=JST))
        await hanako.take()
        await owner.say("a")

        await run_jobs(app, kind=UNANSWERED_JOB)

        assert [LATE in text for text in await notices(owner)] == [True]


class TestBackToBot:
    async def test_owner_goes_back_and_the_bot_answers_what_was_open(
        self,
        app: FastAPI,
        hanako: StaffClient,
        owner: Owner,
        engine: ScriptedDialogueEngine,
        case_id: UUID,
    ):
        await hanako.take()
        await owner.say("a")
        await run_jobs(app)

        response = await owner.press(await back_button(owner), "相談ナビにもどる")

        assert response.status_code == 202
        assert LEFT in response.json()["messages"][0]["text"]
        await run_jobs(app)
        assert [asked["text"] for asked in engine.asked] == ["a"]
        assert (await owner.messages())[-1]["text"] == "echo: a"
        event = (await events_of(app, case_id))[-1]
        assert (event.kind, event.actor) == (EventKind.TALK_RETURNED, "owner")
        assert (await hanako.reply(version=1)).status_code == 409

    async def test_press_that_is_sent_twice_is_one_change(
        self, app: FastAPI, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()
        await owner.say("a")
        await run_jobs(app)
        payload = await back_button(owner)

        first = await owner.press(payload)
        second = await owner.press(payload)

        assert LEFT in first.json()["messages"][0]["text"]
        assert LEFT not in second.json()["messages"][0]["text"]
        assert (await hanako.look())["version"] == 2

    async def test_button_is_refused_where_it_was_not_offered(
        self, hanako: StaffClient, owner: Owner
    ):
        await hanako.take()

        for payload in ("/back_to_bot", '/back_to_bot{"version": 1}'):
            response = await owner.press(payload)

            assert response.status_code == 422
            assert response.json()["code"] == "payload_not_offered"

    async def test_button_of_an_earlier_holder_leaves_the_talk_with_the_person(
        self, app: FastAPI, hanako: StaffClient, lead: StaffClient, owner: Owner
    ):
        """The owner decides about the person who is there now, with a new button."""
        await hanako.take()
        await owner.say("a")
        await run_jobs(app)
        old = await back_button(owner)
        await lead.post("steal")

        response = await owner.press(old)

        assert (await lead.look())["is_mine"] is True
        assert response.json()["messages"][0]["quick_replies"] != []
        await owner.press(await back_button(owner))
        assert (await lead.look())["holder"] == "bot"

    async def test_press_itself_is_no_open_question(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, engine: ScriptedDialogueEngine
    ):
        await hanako.take()
        await owner.say("a")
        await run_jobs(app)
        await hanako.reply("遅くなりました")

        response = await owner.press(await back_button(owner))
        await run_jobs(app)

        assert LEFT in response.json()["messages"][0]["text"]
        assert engine.asked == []
        assert (await hanako.look())["open_count"] == 0

    @pytest.mark.parametrize("message_id", ["6a0e2a4e-5b1c-4f0e-9c0a-0a1b2c3d4e5f"])
    async def test_repeated_id_gets_the_same_answer(
        self, app: FastAPI, hanako: StaffClient, owner: Owner, message_id: str
    ):
        await hanako.take()
        await owner.say("a")
        await run_jobs(app)
        body = {"client_message_id": message_id, "payload": await back_button(owner)}

        answers = [
            await owner.client.post(f"{owner.url}/messages", json=body, headers=owner.headers)
            for _ in range(2)
        ]

        assert answers[0].json() == answers[1].json()
