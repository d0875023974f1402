"""What the chat asks of the people's side (`desk.chat.ports.StaffSide`)."""

import json
from collections.abc import Callable, Sequence
from uuid import UUID

from desk.chat import repository as chat
from desk.chat.bubbles import system_message
from desk.chat.models import Author, Conversation, Holder, Message
from desk.chat.notices import tell_staff_of_message
from desk.db import Transaction
from desk.live import handover, repository
from desk.live.models import ChangeKind
from desk.live.texts import BACK_TO_BOT, LiveTexts
from desk.live.waiting import WaitingOwners


class LiveStaffSide:
    """The owner's messages and buttons that are for people."""

    def __init__(
        self,
        texts: LiveTexts,
        waiting: WaitingOwners,
        *,
        wake_jobs: Callable[[], None] = lambda: None,
    ) -> None:
        self._texts = texts
        self._waiting = waiting
        self._wake_jobs = wake_jobs

    def takes(self, payload: str | None) -> bool:
        """Whether a button of the owner leads back to the bot."""
        return payload is not None and payload.partition("{")[0] == BACK_TO_BOT

    async def pressed(
        self, tx: Transaction, conversation: Conversation, message: Message
    ) -> Sequence[Message]:
        """Give the conversation back to the bot on the owner's wish, by compare-and-set.

        The button speaks for the holder under whom it was offered. Where another person
        has come meanwhile, the owner is told, with a new button.
        """
        buttons = []
        if conversation.holder != Holder.STAFF:
            text = self._texts.wording("live_is_bot")
        elif _version_of(message.payload) != conversation.version:
            text = self._texts.wording("live_is_person")
            buttons = [self._texts.back_button(conversation.version)]
        else:
            _, waiting = await handover.give_to_bot(
                tx, conversation, kind=ChangeKind.LEFT, actor_id=None
            )
            text = self._texts.wording("live_left_open" if waiting else "live_left")
            tx.after_commit(self._wake_jobs)
        notice = system_message(
            self._texts.system_name, text, answers=message, part=1, quick_replies=buttons
        )
        await chat.append(tx, conversation, notice)
        return [notice]

    async def received(self, tx: Transaction, conversation: Conversation, message: Message) -> None:
        """Set the timer for an owner's message while a person holds the conversation.

        The hub is told of it unless the person has the conversation before them.
        """
        await chat.clear_typing(tx, conversation.id, Author.USER)
        await self._waiting.watch(tx, conversation)
        if not await repository.is_present(tx, conversation.id, conversation.holder_id):
            await tell_staff_of_message(tx, conversation)
        tx.after_commit(self._wake_jobs)

    async def erase(self, tx: Transaction, conversation_id: UUID) -> None:
        """Forget the drafts and signs of an erased conversation."""
        await chat.clear_typing(tx, conversation_id, None)
        await repository.erase(tx, conversation_id)


def _version_of(payload: str | None) -> int | None:
    """The version that a button speaks for."""
    _, brace, rest = (payload or "").partition("{")
    try:
        version = json.loads(brace + rest)["version"]
    except (ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, int) else None
