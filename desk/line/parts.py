"""Which messages of a conversation go to LINE, and in what form the account allows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from desk.chat.bubbles import HOLDER_NOTICE
from desk.chat.models import Author, Message
from desk.db import Transaction
from desk.line import repository
from desk.line.accounts import Confidential
from desk.line.messages import Bubble
from desk.line.models import LineUser

PLEASE_WAIT = 0
"""`part` of desk's word that the answer comes later; in LINE the holding message says it."""
PRIVATE_KINDS = frozenset({"consent", "contact"})
PRIVATE_KEYS = frozenset({"company_name", "send_case"})
"""Questions of the hand-off that name the company, or read everything back."""


class PartKind(StrEnum):
    """What a message is for the user."""

    OPENING = "opening"
    ANSWER = "answer"
    STAFF = "staff"
    NEWS = "news"
    HOLDER = "holder"
    """Who answers from now on: goes with what is said next, and is never paid for alone."""


COMPANIONS = frozenset({PartKind.OPENING, PartKind.HOLDER})
"""They go with what is said next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message that goes to LINE."""

    kind: PartKind
    message: Message


async def read_parts(
    tx: Transaction, user: LineUser, messages: Sequence[Message], mode: Confidential
) -> list[Part]:
    """What of these messages goes to LINE, in order.

    Answers go where the question came from: what was typed on our page is answered there,
    and so is what is not for LINE.
    """
    asked = {m.answers_id for m in messages if m.answers_id and m.author != Author.STAFF}
    public = await _public_questions(tx, user, asked)
    parts = []
    for message in messages:
        kind = _kind_of(message, public)
        if kind is PartKind.OPENING and mode is Confidential.FORBID:
            continue  # It invites to write here.
        if kind is not None:
            parts.append(Part(kind=kind, message=message))
    return parts


async def _public_questions(tx: Transaction, user: LineUser, asked: set[UUID]) -> set[UUID]:
    if not asked:
        return set()
    clients = await repository.client_ids_of(tx, list(asked))
    origins = await repository.public_origins(tx, user.id, list(clients))
    return {clients[client_id] for client_id in origins}


def _kind_of(message: Message, public: set[UUID]) -> PartKind | None:
    if message.author == Author.USER:
        return None
    if message.author == Author.STAFF:
        return PartKind.STAFF
    if message.answers_id is not None:
        waits = message.author == Author.SYSTEM and message.part == PLEASE_WAIT
        return PartKind.ANSWER if message.answers_id in public and not waits else None
    if message.content.get("notice") == HOLDER_NOTICE:
        return PartKind.HOLDER
    return PartKind.OPENING if message.author == Author.BOT else PartKind.NEWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How parts are said in LINE."""

    bubbles: Sequence[Bubble]
    link_text: str | None = None
    """Id of the sentence that stands above a link to our page; None without a link."""


def form_of(parts: Sequence[Part], mode: Confidential) -> Form:
    """The parts as bubbles, as far as they may be said in LINE; the rest behind a link."""
    if mode is Confidential.ALLOW:
        return Form(bubbles=[Bubble.from_row(part.message) for part in parts])
    kinds = {part.kind for part in parts}
    said = [p for p in parts if p.kind in {*COMPANIONS, PartKind.ANSWER}]
    bubbles = []
    is_asked = False
    for part in said if mode is Confidential.LINK_ONLY else []:
        bubble = Bubble.from_row(part.message)
        if is_private(bubble):
            is_asked = True
        else:
            bubbles.append(bubble)
    if is_asked:
        # The buttons beside a question that is not shown would answer it blindly.
        bubbles = [replace(bubble, quick_replies=()) for bubble in bubbles]
        link_text = "line_private_question"
    elif PartKind.STAFF in kinds:
        link_text = "line_staff_answered"
    elif PartKind.NEWS in kinds:
        link_text = "line_news"
    else:
        return Form(bubbles=bubbles)
    return Form(bubbles=bubbles, link_text=link_text)


def is_private(bubble: Bubble) -> bool:
    """Whether the bubble asks for what is not for LINE."""
    question = bubble.question or {}
    return question.get("kind") in PRIVATE_KINDS or question.get("key") in PRIVATE_KEYS
