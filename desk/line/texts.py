"""The sentences that desk itself says in LINE, from the knowledge base."""

import unicodedata

from advisor.knowledge import KnowledgeBase
from desk.line.events import MESSAGE_KINDS

STICKER = "message.sticker"


class LineTexts:
    """Sentences by what they are for."""

    def __init__(self, kb: KnowledgeBase, *, keep_files_days: int = 0, most_mb: int = 10) -> None:
        """The sentences.

        Args:
            kb: Where they are.
            keep_files_days: For so many days after its case a file is kept; 0 is for ever.
            most_mb: Larger files are not kept.
        """
        self._keep_files_days = keep_files_days
        self._most_mb = most_mb
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

    def of_kept_file(self, *, is_guarded: bool) -> str:
        """What is said of a picture or file that is kept for staff, and for how long.

        Args:
            is_guarded: Papers about people are not for LINE.
        """
        days = self._keep_files_days
        kept = "line_file_kept" if days else "line_file_kept_for_ever"
        words = self.wording(kept, days=days, most_mb=self._most_mb)
        return f"{words}{self.wording('line_file_private')}" if is_guarded else words

    def arrived(self, kind: str) -> str:
        """The line that stands for a picture, sticker or file in the conversation."""
        name = kind.removeprefix("message.")
        return self.wording(f"line_got_{name if name in MESSAGE_KINDS else 'file'}")


def _folded(text: str) -> str:
    signs = unicodedata.normalize("NFKC", text).strip()
    return "".join(sign for sign in signs if sign.isalnum())
