"""The sentences that desk itself says in LINE, from the knowledge base."""

import unicodedata

from advisor.knowledge import KnowledgeBase
from desk.line.events import MESSAGE_KINDS

STICKER = "message.sticker"


class LineTexts:
    """Sentences by what they are for."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.wording = kb.wording
        self.account_words = kb.word_list("account_words")
        self._continue_words = frozenset(map(_folded, kb.word_list("line_continue_words")))

    def asks_for_link(self, text: str) -> bool:
        """Whether these are the words with which a user asks for the link to our page."""
        return _folded(text) in self._continue_words

    def of_media(self, kind: str, *, is_for_staff: bool) -> str:
        """What is said of a picture, sticker or file."""
        if is_for_staff:
            return self.wording("line_media_for_staff")
        return self.wording("line_sticker" if kind == STICKER else "line_media")

    def arrived(self, kind: str) -> str:
        """The line that stands for a picture, sticker or file in the conversation."""
        name = kind.removeprefix("message.")
        return self.wording(f"line_got_{name if name in MESSAGE_KINDS else 'file'}")


def _folded(text: str) -> str:
    signs = unicodedata.normalize("NFKC", text).strip()
    return "".join(sign for sign in signs if sign.isalnum())
