"""Puts what is to be said into LINE's messages: at most five, always ones that LINE takes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from desk.db import Transaction
from desk.line.links import Links
from desk.line.messages import Bubble, Link, line_messages
from desk.line.models import LineUser
from desk.line.parts import Form
from desk.line.texts import LineTexts

COLLECT = "c:"
"""Before the id of the owner message whose answer a pressed button asks for."""


def say(text: str) -> list[dict[str, Any]]:
    """One sentence."""
    return [{"type": "text", "text": text}]


class Packer:
    """Makes the messages of one call."""

    def __init__(self, texts: LineTexts, links: Links) -> None:
        self._texts = texts
        self._links = links

    async def form(self, tx: Transaction, user: LineUser, form: Form) -> list[dict[str, Any]]:
        """What a part of the conversation looks like in LINE; a link is made in `tx`."""
        link = await self._link(tx, user, form.link_text) if form.link_text else None
        return line_messages(form.bubbles, self._texts.wording, link=link)

    async def link(self, tx: Transaction, user: LineUser, text_id: str) -> list[dict[str, Any]]:
        """A sentence above a link to the user's conversation on our page."""
        link = await self._link(tx, user, text_id)
        return line_messages([], self._texts.wording, link=link)

    async def _link(self, tx: Transaction, user: LineUser, text_id: str) -> Link:
        wording = self._texts.wording
        return Link(
            text=wording(text_id),
            label=wording("line_link_button"),
            uri=await self._links.make(tx, user),
        )

    def bubbles(self, bubbles: Sequence[Bubble]) -> list[dict[str, Any]]:
        """Bubbles without anything that is not for LINE."""
        return line_messages(bubbles, self._texts.wording)

    def holding(self, client_message_id: UUID) -> list[dict[str, Any]]:
        """The word that the answer comes later, with the button that fetches it."""
        wording = self._texts.wording
        messages = say(wording("line_holding"))
        label = wording("line_holding_button")
        action = {
            "type": "postback",
            "label": label,
            "data": f"{COLLECT}{client_message_id}",
            "displayText": label,
        }
        messages[-1]["quickReply"] = {"items": [{"type": "action", "action": action}]}
        return messages
