"""A wrong answer becomes a task, and a trial that fails until the content is mended."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from advisor.loading import load_yaml
from desk.auth.models import Role
from desk.chat.repository import blank_messages, get_message
from desk.db import Database
from desk.review.errors import (
    AdviceIncompleteError,
    AdviceSourceError,
    AnswerNotFoundError,
    PersonalLeftError,
    TaskNotFoundError,
)
from desk.review.export import make_export
from desk.review.models import TaskState
from desk.review.service import ReviewService, forget_message
from desk.review.tasks import Correction, TaskService
from tests.conversations import test_conversations
from tests.desk.review.conftest import AddUser, Line, MakeTalk, Talk
from tests.talker import Talker

TODAY = date(2026, 11, 24)
WRONG = "類型Bは、いま申し込めます。"
BUTTON = '/choose{"question": "F4.future_talk", "value": 0}'
RIGHT = {
    "right": "類型Bの受付は2023年に終わった。",
    "must_say": "受付は終わりました",
    "never_say": "いま申し込めます",
    "source_url": "https://www.kanto.meti.go.jp/",
    "source_on": date(2026, 11, 20),
    "asked": "副業の類型Bは今申し込めますか",
}


def correction(**changes: Any) -> Correction:
    return Correction(**{**RIGHT, **changes})


@pytest.fixture
async def talk(make_talk: MakeTalk) -> Talk:
    return await make_talk(
        Line("事務の山田花子さんが辞めそう"),
        Line("ない", payload=BUTTON),
        Line("副業の類型Bは今申し込めますか", intent="ask_program", answer=WRONG),
        Line("ありがとう", intent="thank"),
    )


class Listener(Talker):
    """An owner to whom one answer is always given."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.sent: list[dict[str, Any]] = []

    def send(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        self.sent.append(body)
        self.last = [{"text": self.answer, "question": None, "card": None}]
        return self.last


class TestTask:
    async def test_task_stands_in_the_list_until_it_is_done(
        self, tasks: TaskService, talk: Talk, add_user: AddUser
    ):
        user = await add_user()

        task_id = await tasks.add(user, talk.answers[2], correction(), today=TODAY)

        (item,) = await tasks.list_tasks(user, TaskState.OPEN)
        assert (item.task.id, item.task.created_by, item.answered) == (task_id, user.id, WRONG)
        await tasks.set_state(user, task_id, TaskState.DONE)
        assert await tasks.list_tasks(user, TaskState.OPEN) == []
        (item,) = await tasks.list_tasks(user, TaskState.DONE)
        assert item.task.done_by == user.id
        await tasks.set_state(user, task_id, TaskState.OPEN)
        assert (await tasks.list_tasks(user, TaskState.OPEN))[0].task.done_by is None

    async def test_other_hubs_neither_mark_see_nor_end_it(
        self, tasks: TaskService, talk: Talk, add_user: AddUser
    ):
        own, other = await add_user(), await add_user(Role.LEAD, "nagaoka")
        task_id = await tasks.add(own, talk.answers[2], correction(), today=TODAY)

        with pytest.raises(AnswerNotFoundError):
            await tasks.add(other, talk.answers[2], correction(), today=TODAY)
        with pytest.raises(TaskNotFoundError):
            await tasks.set_state(other, task_id, TaskState.DONE)
        assert await tasks.list_tasks(other, TaskState.OPEN) == []

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"right": " "}, AdviceIncompleteError),
            ({"must_say": ""}, AdviceIncompleteError),
            ({"must_say": "あ" * 61}, AdviceIncompleteError),
            ({"source_url": "javascript:alert(1)"}, AdviceSourceError),
            ({"source_url": "kanto.meti.go.jp"}, AdviceSourceError),
            ({"source_on": date(2026, 11, 25)}, AdviceSourceError),
            ({"must_say": "山田花子さんに聞いた"}, PersonalLeftError),
            ({"asked": "山田花子さんが類型Bを使えますか"}, PersonalLeftError),
            ({"asked": ""}, AdviceIncompleteError),
        ],
    )
    async def test_it_needs_what_is_right_and_a_source(
        self, tasks: TaskService, talk: Talk, add_user: AddUser, changes: dict, error
    ):
        with pytest.raises(error):
            await tasks.add(await add_user(), talk.answers[2], correction(**changes), today=TODAY)

    async def test_only_answers_of_the_bot_are_wrong(
        self, tasks: TaskService, talk: Talk, add_user: AddUser
    ):
        with pytest.raises(AnswerNotFoundError):
            await tasks.find_answer(await add_user(), talk.said[2])


class TestScenario:
    @pytest.fixture
    async def written(
        self,
        tasks: TaskService,
        review: ReviewService,
        database: Database,
        talk: Talk,
        add_user: AddUser,
        root: Path,
    ) -> Path:
        right = correction(with_before=True)
        task_id = await tasks.add(await add_user(), talk.answers[2], right, today=TODAY)
        (await make_export(database, review, tasks)).write(root)
        return root / "tests/conversations" / f"reviewed_{task_id.hex}.yml"

    async def test_loader_plays_it_and_it_fails_until_the_answer_is_right(self, written: Path):
        trial = load_yaml(written)
        assert set(trial) <= {"why", "today", "turns", "cases"}
        play = test_conversations.TestConversations().play

        with pytest.raises(AssertionError, match="turn 3"):
            play(Listener(WRONG), trial)
        owner = Listener("類型Bの受付は終わりました。")
        play(owner, trial)

        assert owner.sent == [
            {"text": "事務のAさんが辞めそう"},
            {"payload": BUTTON, "title": "ない"},
            {"text": "副業の類型Bは今申し込めますか"},
        ]

    async def test_day_of_the_answer_is_that_of_the_trial(
        self, written: Path, database: Database, talk: Talk
    ):
        async with database.read() as tx:
            told = (await get_message(tx, talk.answers[2])).created_at

        days = date.fromisoformat(load_yaml(written)["today"]) - told.date()
        assert 0 <= days.days <= 1

    @pytest.mark.parametrize(
        "line",
        [
            Line("電話は090-1234-5678です"),
            Line("はい", payload='/satisfaction{"asked": "1", "answer": "no"}'),
            Line("どうぞ", asks="company_name"),
        ],
    )
    async def test_trial_with_personal_data_on_the_way_keeps_the_last_turn(
        self, tasks: TaskService, make_talk: MakeTalk, add_user: AddUser, line: Line
    ):
        lines = [line, Line("つばめ製作所")] if line.asks else [line]
        talk = await make_talk(*lines, Line("類型Bは今申し込めますか", answer=WRONG))
        user = await add_user()
        shown = await tasks.find_answer(user, talk.answers[-1])
        right = correction(with_before=True, asked="類型Bは今いけますか")
        await tasks.add(user, talk.answers[-1], right, today=TODAY)

        (trial,) = (await tasks.scenarios()).values()

        assert shown.before is None
        assert [turn["say"] for turn in trial["turns"]] == ["類型Bは今いけますか"]

    async def test_turns_before_leave_only_if_somebody_read_them(
        self, tasks: TaskService, talk: Talk, add_user: AddUser
    ):
        user = await add_user()
        shown = await tasks.find_answer(user, talk.answers[2])
        await tasks.add(user, talk.answers[2], correction(), today=TODAY)

        (trial,) = (await tasks.scenarios()).values()

        assert shown.before == ["事務のAさんが辞めそう", "ない"]
        assert len(trial["turns"]) == 1

    async def test_unsent_question_goes_from_the_task(
        self, tasks: TaskService, talk: Talk, add_user: AddUser, database: Database
    ):
        user = await add_user()
        await tasks.add(user, talk.answers[2], correction(), today=TODAY)
        async with database.write() as tx:
            await forget_message(tx, talk.said[2])

        (item,) = await tasks.list_tasks(user, TaskState.OPEN)
        assert (item.task.asked, item.task.correction) == ("", RIGHT["right"])
        assert await tasks.scenarios() == {}

    async def test_nothing_is_written_of_an_erased_talk(
        self, tasks: TaskService, talk: Talk, add_user: AddUser, database: Database
    ):
        await tasks.add(await add_user(), talk.answers[2], correction(), today=TODAY)
        async with database.write() as tx:
            await blank_messages(tx, talk.id)

        assert await tasks.scenarios() == {}
