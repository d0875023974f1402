"""Conversations whose case goes to another hub while a person holds them."""

from collections.abc import Callable

import structlog

from desk.auth import repository as accounts
from desk.auth.rights import visible_hub
from desk.cases.models import Case, CaseEvent, EventKind
from desk.chat import repository as chat
from desk.chat.bubbles import HOLDER_NOTICE, system_message
from desk.chat.models import Conversation, Holder
from desk.chat.stream import Fanout
from desk.db import Transaction
from desk.live import handover, repository
from desk.live.models import ChangeKind
from desk.live.texts import LiveTexts

log = structlog.get_logger()


class HandedOnTalks:
    """Gives a conversation back to the bot when its holder loses sight of it.

    One of the case desk's ears (`desk.cases.ports.StaffEars`): the transfer and the change
    of holder are written in one transaction, so that no owner is left with a person who
    can no longer answer.
    """

    def __init__(
        self, fanout: Fanout, texts: LiveTexts, *, wake_jobs: Callable[[], None] = lambda: None
    ) -> None:
        self._fanout = fanout
        self._texts = texts
        self._wake_jobs = wake_jobs

    async def hear(self, tx: Transaction, case: Case, event: CaseEvent) -> None:
        """Take note of a transfer; the rest is for others."""
        if event.kind != EventKind.TRANSFERRED:
            return
        conversation = await chat.lock_conversation(tx, case.conversation_id)
        if not await _is_out_of_sight(tx, conversation, case):
            return
        await handover.give_to_bot(
            tx, conversation, kind=ChangeKind.HANDED_ON, actor_id=event.actor_id
        )
        text = self._texts.wording("live_returned")
        notice = system_message(self._texts.system_name, text, notice=HOLDER_NOTICE)
        await chat.append(tx, conversation, notice)
        tx.after_commit(lambda: self._fanout.publish(conversation.id))
        tx.after_commit(self._wake_jobs)
        log.info("conversation_handed_on", conversation_id=str(conversation.id))


async def _is_out_of_sight(tx: Transaction, conversation: Conversation, case: Case) -> bool:
    """Whether a person holds the conversation on account of a case that they do not see."""
    if conversation.holder != Holder.STAFF or conversation.holder_id is None:
        return False
    change = await repository.find_change(tx, conversation.id, conversation.version)
    if change is None or change.case_id != case.id:
        return False
    holder = await accounts.find_user(tx, conversation.holder_id)
    return holder is None or visible_hub(holder) not in {None, case.hub_id}
