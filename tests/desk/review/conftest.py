"""Talks as the chat leaves them, reviewers, and the review over a small corpus."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from desk.auth.models import Role, StaffUser
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.cases.service import CaseDraft, CaseService
from desk.chat import repository as chat
from desk.chat.models import Author, Conversation, Message, Satisfaction
from desk.config import Settings
from desk.db import Database, new_id, now
from desk.review.service import ReviewService
from desk.review.tasks import TaskService

FALLBACK = "すみません、うまく読み取れませんでした。近いものがあれば選んでください。"
TRAINED = "求人を出しても応募がまったく来なくて困っています"
HELD_OUT = "右腕になる人が見つからず新しい仕事に手が出せません"
DOMAIN = f'responses:\n  utter_not_understood:\n    - text: "{FALLBACK}"\n'
NO_LOTS = {"review_sample_percent": 0.0, "review_second_percent": 0.0, "review_test_percent": 0.0}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one training and one held-out sentence."""
    root = tmp_path / "repository"
    for folder in ("bot/data/nlu", "tests/nlu", "tests/conversations"):
        (root / folder).mkdir(parents=True)
    (root / "domain.yml").write_text(DOMAIN, encoding="utf-8")
    (root / "bot/data/nlu/state_concern.yml").write_text(
        f'version: "3.1"\nnlu:\n- intent: state_concern\n  examples:\n  - text: |\n      {TRAINED}\n',
        encoding="utf-8",
    )
    (root / "tests/nlu/state_concern.yml").write_text(
        f'- text: "{HELD_OUT}"\n  intent: state_concern\n', encoding="utf-8"
    )
    return root


@dataclass
class Line:
    """Something the owner says, and the answer."""

    text: str
    intent: str = "state_concern"
    confidence: float = 0.9
    concerns: tuple[str, ...] = ()
    answer: str = "わかりました。"
    asks: str | None = None
    """What the answer asks."""
    payload: str | None = None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A conversation that was made, with the ids of its messages."""

    id: UUID
    said: list[UUID]
    answers: list[UUID]
    case_id: UUID | None


MakeTalk = Callable[..., Awaitable[Talk]]
AddUser = Callable[..., Awaitable[StaffUser]]


@pytest.fixture
def review_settings(settings: Settings) -> Settings:
    """No lots, so that only reasons and disagreements count; tests switch them on."""
    return settings.model_copy(update=NO_LOTS)


@pytest.fixture
def make_review(
    database: Database, review_settings: Settings, root: Path
) -> Callable[..., ReviewService]:
    """The review, perhaps with other settings."""

    def make(**changes: Any) -> ReviewService:
        return ReviewService(database, review_settings.model_copy(update=changes), root)

    return make


@pytest.fixture
def review(make_review: Callable[..., ReviewService]) -> ReviewService:
    return make_review()


@pytest.fixture
def tasks(database: Database, review: ReviewService) -> TaskService:
    return TaskService(database, review)


@pytest.fixture
def add_user(database: Database, settings: Settings) -> AddUser:
    auth = AuthService(database, settings, passwords=Passwords(time_cost=1, memory_kib=64, lanes=1))

    async def add(role: Role = Role.LEAD, hub: str | None = "matsumoto") -> StaffUser:
        login = f"{role}-{new_id().hex}"
        await auth.create_user(login, "名前", role, hub, "correct horse battery")
        return await auth.get_user_by_login(login)

    return add


@pytest.fixture
def make_talk(database: Database, settings: Settings) -> MakeTalk:
    cases = CaseService(database, today=settings.today_jst, promise_business_days=3)

    async def make(*lines: Line, hub: str | None = "matsumoto", helped: str | None = None) -> Talk:
        said, answers = [], []
        async with database.write() as tx:
            talk = Conversation(
                id=new_id(), token_hash=new_id().hex, expires_at=now() + timedelta(days=1)
            )
            tx.add(talk)
            await tx.flush()
            for line in lines:
                message, answer = _messages(line)
                await chat.append(tx, talk, message)
                await chat.append(tx, talk, answer)
                said.append(message.id)
                answers.append(answer.id)
            if helped is not None:
                tx.add(Satisfaction(conversation_id=talk.id, after="advice", answer=helped))
        case_id = None
        if hub is not None:
            draft = CaseDraft(
                conversation_id=talk.id,
                handoff_number=1,
                turn_id=str(said[-1]),
                hub_id=hub,
                prefix="MAT",
                headline="人が足りない",
                snapshot={},
                consent={},
            )
            await cases.open_case(draft)
            case_id = (await cases.list_cases(None, limit=100))[-1].id
        return Talk(id=talk.id, said=said, answers=answers, case_id=case_id)

    return make


def _messages(line: Line) -> tuple[Message, Message]:
    message = Message(
        id=new_id(),
        author=Author.USER,
        text=line.text,
        payload=line.payload,
        client_message_id=new_id(),
        understanding={
            "intent": line.intent,
            "confidence": line.confidence,
            "entities": [{"entity": "concern", "value": each} for each in line.concerns],
        },
    )
    content = {"question": {"key": line.asks, "choices": []}} if line.asks else {}
    answer = Message(
        id=new_id(),
        author=Author.BOT,
        text=line.answer,
        answers_id=message.id,
        part=1,
        content={**content, **line.more},
    )
    return message, answer
