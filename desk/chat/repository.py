"""SQL of the conversations and their messages."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import aliased, load_only

from desk.chat.carry import carry_if_away
from desk.chat.models import (
    Author,
    Conversation,
    Holder,
    Message,
    Satisfaction,
    ToldFact,
    TypingSign,
)
from desk.db import Transaction, now
from desk.vault.rows import row_name
from desk.vault.searching import forget_talk
from desk.vault.types import BoundDict, BoundText

PORTION = 500
"""Messages that one query gives at most."""
LATELY = 20
"""Bubbles among which a pressed button nearly always is."""
TYPING_SHOWN = timedelta(seconds=6)
"""How long a sign of typing is shown; pages repeat it while somebody types."""


async def find_conversation(tx: Transaction, conversation_id: UUID) -> Conversation | None:
    """The conversation, if there is one."""
    return await tx.get(Conversation, conversation_id)


async def find_by_token_hash(tx: Transaction, token_hash: str) -> Conversation | None:
    """The conversation with this token, erased or expired ones too."""
    query = select(Conversation).where(Conversation.token_hash == token_hash)
    return (await tx.scalars(query)).one_or_none()


async def lock_conversation(tx: Transaction, conversation_id: UUID) -> Conversation:
    """The conversation as it stands, kept so until the transaction ends.

    Whoever decides by its holder what to write locks it first, so that nobody takes over
    in between. On SQLite the transaction holds the write lock already.
    """
    query = select(Conversation).where(Conversation.id == conversation_id).with_for_update()
    return (await tx.scalars(query, execution_options={"populate_existing": True})).one()


async def find_by_client_id(
    tx: Transaction, conversation_id: UUID, client_message_id: UUID
) -> Message | None:
    """The owner's message that was sent with this id."""
    query = select(Message).where(
        Message.conversation_id == conversation_id,
        Message.client_message_id == client_message_id,
    )
    return (await tx.scalars(query)).one_or_none()


async def get_message(tx: Transaction, message_id: UUID) -> Message:
    """The message; it exists, since only ids of stored messages are passed on."""
    return await tx.get_one(Message, message_id)


async def list_answers(tx: Transaction, message_id: UUID) -> Sequence[Message]:
    """Answers to one owner message, in order."""
    query = select(Message).where(Message.answers_id == message_id).order_by(Message.seq)
    return (await tx.scalars(query)).all()


async def list_after(tx: Transaction, conversation_id: UUID, after: int) -> Sequence[Message]:
    """Messages with a higher sequence number than `after`, in order; at most `PORTION`."""
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
        .limit(PORTION)
    )
    return (await tx.scalars(query)).all()


async def list_whole(
    tx: Transaction, conversation_id: UUID, *, most: int | None = None
) -> Sequence[Message]:
    """All messages of a conversation, in order.

    Args:
        tx: The transaction.
        conversation_id: Which conversation.
        most: Stop with the portion in which there are more; None for no limit.
    """
    messages: list[Message] = []
    while most is None or len(messages) <= most:
        after = messages[-1].seq if messages else 0
        more = await list_after(tx, conversation_id, after)
        messages.extend(more)
        if len(more) < PORTION:
            break
    return messages


async def has_payload(tx: Transaction, conversation_id: UUID, payload: str) -> bool:
    """Whether the bot offered a button with this payload in this conversation."""
    wanted, before = _canonical(payload), None
    for limit in (LATELY, 180):  # Nearly always it is one of the last bubbles.
        query = (
            select(Message)
            .options(load_only(Message.content, Message.seq))
            .where(Message.conversation_id == conversation_id, Message.author != Author.USER)
            .order_by(Message.seq.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(Message.seq < before)
        found = (await tx.scalars(query)).all()
        if any(wanted in _payloads(message.content) for message in found):
            return True
        if len(found) < limit:
            return False
        before = found[-1].seq
    return False


async def has_card(tx: Transaction, conversation_id: UUID, kind: str) -> bool:
    """Whether a card of this kind was shown in this conversation."""
    query = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.card_kind == kind
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def find_button_title(tx: Transaction, conversation_id: UUID, payload: str) -> str:
    """The words on the newest button with this payload; empty if none was shown lately."""
    query = (
        select(Message)
        .options(load_only(Message.content, Message.seq))
        .where(Message.conversation_id == conversation_id, Message.author != Author.USER)
        .order_by(Message.seq.desc())
        .limit(LATELY)
    )
    wanted = _canonical(payload)
    for message in await tx.scalars(query):
        for button in _buttons(message.content):
            if _canonical(str(button.get("payload"))) == wanted:
                return str(button.get("title") or "")
    return ""


def _buttons(content: dict[str, Any]) -> list[dict[str, Any]]:
    question = content.get("question") or {}
    return [*content.get("quick_replies", []), *question.get("choices", [])]


def _payloads(content: dict[str, Any]) -> set[str]:
    buttons = (str(button.get("payload")) for button in _buttons(content))
    return {_canonical(payload) for payload in [*buttons, *content.get("payloads", [])]}


def _canonical(payload: str) -> str:
    """The payload without the freedom that JSON has in white space and order."""
    name, brace, rest = payload.partition("{")
    try:
        values = json.loads(brace + rest) if brace else {}
    except ValueError:
        return payload
    return name + json.dumps(values, sort_keys=True)


async def append(tx: Transaction, conversation: Conversation, *messages: Message) -> None:
    """Add `messages` as the next of their conversation.

    The numbers are taken by an UPDATE, so that two writers cannot take the same one.
    """
    taken = await tx.execute(
        update(Conversation)
        .where(Conversation.id == conversation.id)
        .values(last_seq=Conversation.last_seq + len(messages), updated_at=now())
        .returning(Conversation.last_seq)
        .execution_options(synchronize_session=False)
    )
    first = int(taken.scalar_one()) - len(messages) + 1
    for seq, message in enumerate(messages, start=first):
        message.conversation_id = conversation.id
        message.seq = seq
        tx.add(message)
    await tx.flush()  # A later statement of this transaction may refer to the row.
    if any(message.author != Author.USER for message in messages):
        await carry_if_away(tx, conversation, first + len(messages) - 1)


async def is_asked_if_helped(tx: Transaction, conversation_id: UUID, after: str) -> bool:
    """Whether the owner was asked already if it helped, after this."""
    query = select(Satisfaction.id).where(
        Satisfaction.conversation_id == conversation_id, Satisfaction.after == after
    )
    return (await tx.execute(query)).first() is not None


async def keep_if_helped(
    tx: Transaction, conversation_id: UUID, asked_id: UUID, answer: str
) -> Satisfaction:
    """Keep the answer to one asking; the last one if there are several."""
    await tx.execute(
        update(Satisfaction)
        .where(Satisfaction.id == asked_id, Satisfaction.conversation_id == conversation_id)
        .values(answer=answer, answered_at=now())
    )
    return await tx.get_one(Satisfaction, asked_id)


async def note_understanding(
    tx: Transaction, message_id: UUID, understanding: Mapping[str, Any]
) -> None:
    """Keep what the bot understood of an owner's message."""
    bound = BoundDict(dict(understanding), row_name(message_id))
    await tx.execute(update(Message), [{"id": message_id, "understanding": bound}])


async def still_held(tx: Transaction, conversation_id: UUID, holder: Holder, version: int) -> bool:
    """Compare: the holder and version are still what the author of an answer saw.

    On PostgreSQL the row is locked, so that nobody takes over before the commit; on
    SQLite the transaction holds the write lock already.
    """
    query = (
        select(Conversation.id)
        .where(
            Conversation.id == conversation_id,
            Conversation.holder == holder,
            Conversation.version == version,
            Conversation.erased_at.is_(None),
        )
        .with_for_update()
    )
    return (await tx.execute(query)).first() is not None


async def last_staff_seq(tx: Transaction, conversation_id: UUID) -> int:
    """Sequence number of the last message that staff wrote; 0 if they wrote none."""
    query = select(func.coalesce(func.max(Message.seq), 0)).where(
        Message.conversation_id == conversation_id, Message.author == Author.STAFF
    )
    return int((await tx.execute(query)).scalar_one())


async def blank_messages(tx: Transaction, conversation_id: UUID) -> None:
    """Erase what was said; the rows stay, so that sequence numbers keep their meaning.

    Nothing is opened for it: what cannot be opened any more is erased as well.
    """
    query = select(Message.id).where(Message.conversation_id == conversation_id)
    ids = (await tx.scalars(query)).all()
    if ids:
        await tx.execute(update(Message), [_blank(id_) for id_ in ids])
        await forget_talk(tx, conversation_id)
    await tx.execute(delete(ToldFact).where(ToldFact.conversation_id == conversation_id))


async def list_user_messages(tx: Transaction, conversation_id: UUID) -> Sequence[Message]:
    """What the owner said, in order, that the bot answered: what the engine has heard."""
    answer = aliased(Message)
    answered = (
        select(answer.id)
        .where(answer.answers_id == Message.id, answer.author == Author.BOT)
        .exists()
    )
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.author == Author.USER, answered)
        .order_by(Message.seq)
    )
    return (await tx.scalars(query)).all()


async def read_text(tx: Transaction, message_id: UUID) -> str:
    """What a message says now; the owner may have taken it back since it was read."""
    return (await tx.execute(select(Message.text).where(Message.id == message_id))).scalar_one()


async def rewrite_message(tx: Transaction, message: Message, text: str) -> None:
    """Leave of an owner's message only `text`; what the bot understood of it goes."""
    message.text = text
    message.understanding = None
    await tx.flush()


def _blank(id_: UUID) -> dict[str, Any]:
    """The columns of an erased message."""
    row = row_name(id_)
    return {
        "id": id_,
        "text": BoundText("", row),
        "content": BoundDict({}, row),
        "payload": None,
        "card_kind": None,
        "understanding": None,
    }


async def add_told(tx: Transaction, message: Message, told: Mapping[str, Any]) -> None:
    """Note the facts that a stored message tells: `{on, facts: [[id, version], …]}`."""
    for fact, version in told.get("facts", ()):
        tx.add(
            ToldFact(
                message_id=message.id,
                conversation_id=message.conversation_id,
                fact=fact,
                version=version,
                told_on=date.fromisoformat(told["on"]),
            )
        )


async def list_told_versions(tx: Transaction) -> Sequence[tuple[str, str, date]]:
    """Every fact, version and date that was ever told, each combination once."""
    query = select(ToldFact.fact, ToldFact.version, ToldFact.told_on).distinct()
    return [(fact, version, on) for fact, version, on in await tx.execute(query)]


async def list_told(
    tx: Transaction, fact: str, version: str, on: date
) -> Sequence[tuple[UUID, datetime]]:
    """Conversations that were told one version of a fact, with the first time, oldest first."""
    first = func.min(Message.created_at)
    query = (
        select(ToldFact.conversation_id, first)
        .join(Message, Message.id == ToldFact.message_id)
        .where(ToldFact.fact == fact, ToldFact.version == version, ToldFact.told_on == on)
        .group_by(ToldFact.conversation_id)
        .order_by(first, ToldFact.conversation_id)
    )
    return [(conversation_id, at) for conversation_id, at in await tx.execute(query)]


async def last_spoken(tx: Transaction, conversation_id: UUID) -> dict[str, datetime]:
    """When each author last spoke in the conversation; who never did is missing."""
    query = (
        select(Message.author, func.max(Message.created_at))
        .where(Message.conversation_id == conversation_id)
        .group_by(Message.author)
    )
    return dict((await tx.execute(query)).all())


async def set_typing(tx: Transaction, conversation_id: UUID, author: Author) -> None:
    """Note that a side is typing; the sign goes out by itself."""
    insert = sqlite_insert if tx.is_sqlite else postgresql_insert
    until = now() + TYPING_SHOWN
    statement = insert(TypingSign).values(
        conversation_id=conversation_id, author=author, shown_until=until
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["conversation_id", "author"], set_={"shown_until": until}
        )
    )


async def clear_typing(tx: Transaction, conversation_id: UUID, author: Author | None) -> None:
    """Put the sign of one side out, or of both if None."""
    query = delete(TypingSign).where(TypingSign.conversation_id == conversation_id)
    if author is not None:
        query = query.where(TypingSign.author == author)
    await tx.execute(query)


async def list_typing(tx: Transaction, conversation_id: UUID) -> set[str]:
    """The sides that are typing at this moment."""
    query = select(TypingSign.author).where(
        TypingSign.conversation_id == conversation_id, TypingSign.shown_until > now()
    )
    return set(await tx.scalars(query))
