"""What several tests of LINE do and look at."""

from uuid import UUID

from sqlalchemy import select

from desk.cases.service import CaseDraft
from desk.chat import repository
from desk.chat.bubbles import HOLDER_NOTICE, system_message
from desk.chat.models import Conversation, Message
from desk.db import new_id
from desk.line.models import LineSend
from desk.notify.models import Delivery, NotificationTarget
from tests.line.conftest import LineDesk

ECHO = "echo: はい"


async def greeted(desk: LineDesk) -> LineDesk:
    """With the greeting over, and somebody whom the bureau's notices reach."""
    await desk.say("こんにちは")
    async with desk.app.state.database.write() as tx:
        tx.add(NotificationTarget(hub_id="bureau", kind="mail", address="a@example.jp"))
    desk.account.calls.clear()
    return desk


async def notices(desk: LineDesk) -> list[str]:
    return [row.facts["trouble"] for row in await desk.rows(Delivery)]


async def last(desk: LineDesk) -> LineSend:
    return (await desk.sends())[-1]


async def staff_says(desk: LineDesk, text: str) -> None:
    """A person says something, as the console stores it."""
    async with desk.app.state.database.write() as tx:
        conversation = (await tx.scalars(select(Conversation))).one()
        said = Message(id=new_id(), author="staff", author_name="佐藤", text=text)
        await repository.append(tx, conversation, said)


async def holder_is_told(desk: LineDesk, text: str) -> None:
    """The word about who answers from now on, as desk/live stores it."""
    async with desk.app.state.database.write() as tx:
        conversation = (await tx.scalars(select(Conversation))).one()
        notice = system_message("お知らせ", text, notice=HOLDER_NOTICE)
        await repository.append(tx, conversation, notice)


async def open_case(desk: LineDesk, hub_id: str = "matsumoto") -> UUID:
    """Hand the conversation over to a hub."""
    (message, *_) = await desk.messages()
    draft = CaseDraft(
        conversation_id=message.conversation_id,
        handoff_number=1,
        turn_id=str(message.id),
        hub_id=hub_id,
        prefix="MAT",
        headline="人が足りない",
        snapshot={},
        consent={},
    )
    await desk.app.state.cases.open_case(draft)
    (case,) = await desk.app.state.cases.list_cases(None)
    opened: UUID = case.id
    return opened
