"""What desk says to owners about their cases, as a message of the conversation."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from advisor.consultation.talk import japanese_date
from advisor.knowledge import KnowledgeBase
from desk.cases.models import Case
from desk.cases.ports import LastWords
from desk.chat import repository
from desk.chat.models import Author, Message
from desk.chat.stream import Fanout
from desk.db import Transaction, new_id, now


class ConversationVoice:
    """Speaks as the system in the conversation of a case."""

    def __init__(self, kb: KnowledgeBase, fanout: Fanout) -> None:
        self._kb = kb
        self._fanout = fanout

    async def lock(self, tx: Transaction, conversation_id: UUID) -> None:
        """Keep the conversation as it stands; see `OwnerVoice`."""
        await repository.lock_conversation(tx, conversation_id)

    async def tell(
        self, tx: Transaction, case: Case, wording: str, arguments: Mapping[str, object]
    ) -> bool:
        """Say a sentence of `knowledge/wording`; see `OwnerVoice`."""
        conversation = await repository.find_conversation(tx, case.conversation_id)
        if conversation is None or conversation.erased_at or conversation.expires_at < now():
            return False
        message = Message(
            id=new_id(),
            author=Author.SYSTEM,
            author_name=self._kb.wording("system_name"),
            text=self._kb.wording(wording, **self._words(arguments)),
        )
        await repository.append(tx, conversation, message)
        tx.after_commit(lambda: self._fanout.publish(case.conversation_id))
        return True

    def _words(self, arguments: Mapping[str, object]) -> dict[str, str]:
        """The values as owners read them."""
        words = {}
        for key, value in arguments.items():
            if key == "hub_id":
                words["hub"] = self._kb.hubs[str(value)].name
            elif isinstance(value, date):
                words[key] = japanese_date(value, self._kb)
            else:
                words[key] = str(value)
        return words

    async def last_words(self, tx: Transaction, case: Case) -> LastWords:
        """When owner and staff last spoke in the conversation."""
        spoken = await repository.last_spoken(tx, case.conversation_id)
        return LastWords(owner_at=spoken.get(Author.USER), staff_at=spoken.get(Author.STAFF))
