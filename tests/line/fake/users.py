"""People who use LINE: what they do becomes events, what they see is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.line.fake import events
from tests.line.fake.files import JPEG, M4A, MP4, PDF

if TYPE_CHECKING:
    from tests.line.fake.account import Account
    from tests.line.fake.webhooks import WebhookAnswer

Json = dict[str, Any]
CONTENTS = {
    "image": ("image/jpeg", JPEG),
    "video": ("video/mp4", MP4),
    "audio": ("audio/x-m4a", M4A),
    "file": ("application/pdf", PDF),
}
MEDIA = {
    "image": {},
    "video": {"duration": 60_000},
    "audio": {"duration": 5_000},
    "file": {"fileName": "見積.pdf", "fileSize": 2138},
    "location": {"title": "燕市役所", "address": "新潟県燕市吉田西太田1934", "latitude": 37.673, "longitude": 138.882},
    "sticker": {
        "packageId": "446",
        "stickerId": "1988",
        "stickerResourceType": "ANIMATION",
        "keywords": ["thanks"],
    },
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Shown:
    """One entry of the chat on the user's screen."""

    author: str
    """`user` or `bot`."""
    message: Json
    id: str
    at: datetime
    how: str
    """`reply`, `push` or, from the user, `sent`."""
    is_unsent: bool = False
    is_read: bool = False
    """The account has marked it as read."""


class User:
    """One person in the chat with one account. Methods named `…s` do it and send the event."""

    def __init__(self, account: Account, user_id: str, display_name: str, *, is_friend: bool):
        self.account = account
        self.id = user_id
        self.display_name = display_name
        self.is_friend = is_friend
        self.is_blocked = False
        self.rich_menu: str | None = None
        self.chat: list[Shown] = []
        self.loading_until: datetime | None = None

    # What they see.

    @property
    def is_reachable(self) -> bool:
        """Whether what is sent appears."""
        return self.is_friend and not self.is_blocked

    @property
    def delivered(self) -> list[Json]:
        """The account's messages in the chat, in order."""
        return [shown.message for shown in self.chat if shown.author == "bot"]

    @property
    def texts(self) -> list[str]:
        """The account's texts; of other kinds their altText."""
        return [m["text"] if m["type"] == "text" else m.get("altText", "") for m in self.delivered]

    @property
    def quick_replies(self) -> list[Json]:
        """Actions of the quick replies on the screen now: only those of the last message."""
        last = self.chat[-1] if self.chat else None
        if last is None or last.author != "bot":
            return []
        return [item["action"] for item in last.message.get("quickReply", {}).get("items", [])]

    @property
    def actions(self) -> list[Json]:
        """Everything that can be tapped: quick replies, then buttons, the newest first."""
        buttons = [list(_actions_in(m)) for m in reversed(self.delivered)]
        return self.quick_replies + [action for found in buttons for action in found]

    @property
    def is_loading(self) -> bool:
        """Whether the loading animation shows."""
        return self.loading_until is not None and self.account.clock() < self.loading_until

    def show(self, message: Json, message_id: str, how: str) -> None:
        """Put the account's message into the chat."""
        at = self.account.clock()
        self.chat.append(Shown(author="bot", message=message, id=message_id, at=at, how=how))
        self.loading_until = None

    def start_loading(self, seconds: int) -> None:
        """Show the animation; a second call sets the remaining time anew."""
        if self.is_reachable:
            self.loading_until = self.account.clock() + timedelta(seconds=seconds)

    # What they do: events, to be sent by `account.webhook.deliver()`.

    def text(self, words: str, *, at: datetime | None = None, quoted: str | None = None) -> Json:
        """They write; gives the event, unsent."""
        content = events.text(self.account, self.account.line.message_id(), words, quoted)
        return self._message(content, at)

    def media(self, kind: str, *, at: datetime | None = None, **more: Any) -> Json:
        """They send an image, video, audio, file, location or sticker; gives the event.

        Args:
            kind: Which of them.
            at: When; now if None.
            **more: `content` is a file's bytes, `ready_after` the seconds until LINE gives it
                out; the rest stands in the event.
        """
        number = self.account.line.message_id()
        if kind in CONTENTS:
            claimed, raw = CONTENTS[kind]
            raw, ready_after = more.pop("content", raw), more.pop("ready_after", 0.0)
            self.account.keep(number, claimed, raw, ready_after=ready_after)
        filled = {**MEDIA[kind], **more}
        return self._message(events.media(self.account, number, kind, **filled), at)

    def unsend(self, message: Json | str, *, at: datetime | None = None) -> Json:
        """They take a message (its event or id) back; gives the event."""
        number = message if isinstance(message, str) else message["message"]["id"]
        for shown in self.chat:
            shown.is_unsent |= shown.id == number
        self.account.contents.pop(number, None)
        return events.of_user(self, "unsend", at=at, can_reply=False, unsend={"messageId": number})

    def postback(self, data: str, *, at: datetime | None = None, **params: Any) -> Json:
        """They press a button; gives the event."""
        content = {"data": data, **({"params": params} if params else {})}
        return events.of_user(self, "postback", at=at, postback=content)

    def follow(self, *, at: datetime | None = None) -> Json:
        """They add the account, or unblock it; gives the event."""
        unblocked = self.is_blocked
        self.is_friend, self.is_blocked = True, False
        return events.of_user(self, "follow", at=at, follow={"isUnblocked": unblocked})

    def unfollow(self, *, at: datetime | None = None) -> Json:
        """They block the account; gives the event."""
        self.is_blocked = True
        return events.of_user(self, "unfollow", at=at, can_reply=False)

    def event(self, kind: str, *, can_reply: bool = True, **more: Any) -> Json:
        """An event of any other kind, also of one that nobody knows."""
        return events.of_user(self, kind, can_reply=can_reply, **more)

    # The same, sent.

    async def says(self, words: str, **how: Any) -> WebhookAnswer:
        """Write a text."""
        return await self.account.webhook.deliver([self.text(words)], **how)

    async def sends(self, kind: str, **more: Any) -> Json:
        """Send an image, video, audio, file, location or sticker; see `media`. Gives the event."""
        event = self.media(kind, **more)
        await self.account.webhook.deliver([event])
        return event

    async def unsends(self, message: Json | str, **how: Any) -> WebhookAnswer:
        """Take a message back."""
        return await self.account.webhook.deliver([self.unsend(message)], **how)

    async def posts_back(self, data: str, **how: Any) -> WebhookAnswer:
        """Send a postback that no button need have."""
        return await self.account.webhook.deliver([self.postback(data)], **how)

    async def follows(self, **how: Any) -> WebhookAnswer:
        """Add or unblock the account."""
        return await self.account.webhook.deliver([self.follow()], **how)

    async def unfollows(self, **how: Any) -> WebhookAnswer:
        """Block the account."""
        return await self.account.webhook.deliver([self.unfollow()], **how)

    async def taps(self, label: str, **how: Any) -> Json:
        """Tap what bears this label and can be tapped now; gives its action.

        Raises:
            LookupError: Nothing on the screen bears it.
        """
        return await self.acts(self.find_action(label), **how)

    def find_action(self, label: str) -> Json:
        """The action with this label on the screen; see `taps`."""
        for action in self.actions:
            if action.get("label") == label:
                return action
        shown = [action.get("label") for action in self.actions]
        raise LookupError(f"nothing to tap is called {label!r}; there are {shown}")

    async def acts(self, action: Json, **how: Any) -> Json:
        """Do what an action does; `uri` and the like do nothing here. Gives the action."""
        sent = self.events_of(action)
        if sent:
            await self.account.webhook.deliver(sent, **how)
        return action

    def events_of(self, action: Json) -> list[Json]:
        """The events, unsent, of tapping an action."""
        if action["type"] == "message":
            return [self.text(action["text"])]
        if action["type"] != "postback":
            return []
        words = action.get("displayText") or action.get("text")
        if words:
            self._wrote({"type": "text", "text": words}, self.account.line.message_id())
        return [self.postback(action["data"])]

    def _message(self, content: Json, at: datetime | None) -> Json:
        self._wrote(content, content["id"])
        if "markAsReadToken" in content:
            self.account.read_tokens[content["markAsReadToken"]] = (self, len(self.chat))
        return events.of_user(self, "message", at=at, message=content)

    def _wrote(self, message: Json, number: str) -> None:
        at = self.account.clock()
        self.chat.append(Shown(author="user", message=message, id=number, at=at, how="sent"))


def _actions_in(value: Any) -> Iterator[Json]:
    """Every action of a message's buttons, in the order of the screen."""
    if isinstance(value, list):
        for item in value:
            yield from _actions_in(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in {"action", "actions", "defaultAction"}:
                yield from item if isinstance(item, list) else [item]
            elif name != "quickReply":
                yield from _actions_in(item)
