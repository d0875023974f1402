"""The sentences that desk itself says to owners, from the knowledge base."""

from advisor.consultation.talk import concern_buttons
from advisor.knowledge import KnowledgeBase
from desk.chat.bubbles import ChatTexts


def chat_texts(kb: KnowledgeBase) -> ChatTexts:
    """What desk itself says to owners."""
    replies = [{"title": b.title, "payload": b.payload} for b in concern_buttons(kb)]
    return ChatTexts(
        bot_name=kb.wording("bot_name"),
        system_name=kb.wording("system_name"),
        opening=[
            {"text": kb.wording("opening_greeting")},
            {"text": kb.wording("opening_privacy"), "quick_replies": replies},
        ],
        please_wait=kb.wording("please_wait"),
        gave_up=kb.wording("gave_up"),
        wording=kb.wording,
        account_words=kb.word_list("account_words"),
    )
