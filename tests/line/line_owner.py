"""An owner who talks in LINE with the running product, and compares it with what desk said."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from desk.chat import repository
from desk.chat.models import Author
from desk.chat.schemas import MessageOut
from desk.config import Settings
from desk.db import Database
from desk.line.messages import PAYLOAD_MARK
from desk.line.models import LineSend, LineUser, SendState
from desk.vault.service import open_database
from tests.line.fake.users import User
from tests.product import Product
from tests.talker import Talker

T = TypeVar("T")
ANSWER_SECONDS = 60
LOOK_SECONDS = 0.1
LONG_TITLE = 8
"""A title of which so many letters stand on a button is known by them."""


class Desk:
    """The product's database, read on a thread of its own."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line-owners")
        self._thread.start()
        self.database: Database = self.run(self._open())

    async def _open(self) -> Database:
        return open_database(Settings(_env_file=None, data=self.product.data))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the coroutine."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_SECONDS * 2)

    def close(self) -> None:
        """Give back the database and the thread."""
        self.run(self.database.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class LineOwner(Talker):
    """One user of LINE. What they get must be what desk said, whole and in order."""

    def __init__(self, desk: Desk, user: User) -> None:
        self.desk = desk
        self.user = user
        self.last: list[dict[str, Any]] = []
        self.seq = 0
        self.conversation_id: UUID | None = None

    @property
    def id(self) -> str:
        """Of the conversation."""
        assert self.conversation_id is not None, "nothing was said yet"
        return str(self.conversation_id)

    def send(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Write or tap; wait until everything that desk answers has been delivered."""
        shown = len(self.user.delivered)
        if "text" in body:
            self.desk.run(self.user.says(body["text"]))
        else:
            self.desk.run(self._press(body["payload"], body.get("title", "")))
        deadline = time.monotonic() + ANSWER_SECONDS
        while (answers := self.desk.run(self._answers())) is None:
            assert time.monotonic() < deadline, f"no answer to {body} within {ANSWER_SECONDS} s"
            time.sleep(LOOK_SECONDS)
        self.last = answers
        self._compare(self.user.delivered[shown:])
        return self.last

    async def _press(self, payload: str, title: str) -> None:
        """Tap what carries the payload, or (too long for LINE) says its title."""
        data = f"{PAYLOAD_MARK}{payload}"
        for action in self.user.actions:
            if action.get("data") == data or action.get("text") == title != "":
                await self.user.acts(action)
                return
        # What stands in the rich menu, or on a button further up.
        await self.user.posts_back(data)

    async def _answers(self) -> list[dict[str, Any]] | None:
        """The answers to the newest owner message; None while some are on their way."""
        async with self.desk.database.read() as tx:
            users = await tx.scalars(select(LineUser))
            me = next((each for each in users if each.user_id == self.user.id), None)
            if me is None or me.conversation_id is None:
                return None
            messages = await repository.list_whole(tx, me.conversation_id)
            mine = [m for m in messages if m.author == Author.USER]
            if not mine or mine[-1].seq <= self.seq:
                return None
            answers = [m for m in messages if m.seq > mine[-1].seq]
            sends = await tx.scalars(select(LineSend).where(LineSend.line_user_id == me.id))
            is_sent = all(send.state == SendState.SENT for send in sends)
            if not any(m.author == Author.BOT for m in answers) or not is_sent:
                return None
            if me.sent_seq < messages[-1].seq:
                return None
        self.conversation_id = me.conversation_id
        self.seq = messages[-1].seq
        return [MessageOut.from_row(m).model_dump(mode="json") for m in answers]

    def _compare(self, delivered: list[dict[str, Any]]) -> None:
        """Everything that the page would show stands in what came by LINE."""
        read = "\n".join(words for message in delivered for words in strings_in(message))
        for message in self.last:
            for line in message["text"].splitlines():
                assert line.strip() in read, f"not in LINE: {line!r}\n{read}"
            self._compare_card(message["card"], read)
        if self.question is not None and self.last[-1]["question"]:
            offered = "\n".join(str(action) for action in self.user.actions)
            for choice in self.question["choices"]:
                title = choice["title"][:LONG_TITLE]
                assert title in offered or title in read, f"cannot be chosen: {choice['title']}"

    def _compare_card(self, card: dict[str, Any] | None, read: str) -> None:
        if card is None:
            return
        wanted = [card.get("case_number"), card.get("hub_name")]
        for item in card.get("items", []):
            wanted += [item["title"], (item.get("source") or {}).get("title")]
        for words in filter(None, wanted):
            assert words in read, f"not in LINE: {words!r} of the {card['kind']} card\n{read}"


def strings_in(value: Any) -> Iterator[str]:
    """Every text of a message of LINE, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
