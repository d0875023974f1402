"""GiNZA's tokenizer (Sudachi through spaCy) as a Rasa tokenizer.

Only tokenizer and word vectors of ja_ginza are loaded: parser, tagger and named entities would cost
20–30 ms a message. Tokens are cut from the normalised text and carry offsets into the original.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import numpy as np
import spacy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token as RasaToken
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.language import Language

from bot.nlu.clauses import Token, split_clauses
from bot.nlu.fingerprint import code_fingerprint
from bot.nlu.keys import CLAUSES, NORMALISED, WORDS
from bot.nlu.text import NormalisedText, normalise

_SPACY_MODEL = "ja_ginza"
_UNUSED_PARTS = [
    "tok2vec",
    "parser",
    "attribute_ruler",
    "ner",
    "morphologizer",
    "compound_splitter",
    "bunsetu_recognizer",
]
# Sudachi's analyser keeps state while it works; two threads in it at once raise an error.
_LOCK = threading.Lock()
WORD_VECTOR_SIZE = 300


@lru_cache(maxsize=1)
def _ginza() -> Language:
    """The language with its tokenizer and vectors, loaded once a process."""
    return spacy.load(_SPACY_MODEL, exclude=_UNUSED_PARTS)


def tokenize(text: str) -> tuple[Token, ...]:
    """Words of a text, with dictionary spelling, reading and part of speech; no white space."""
    if not text:
        return ()
    with _LOCK:
        doc = _ginza().make_doc(text)
    tokens = []
    for word in doc:
        if word.text.isspace():
            continue
        reading = "".join(word.morph.get("Reading"))
        tokens.append(
            Token(
                text=word.text,
                start=word.idx,
                end=word.idx + len(word.text),
                norm=word.norm_,
                reading=reading or word.text,
                tag=word.tag_,
            )
        )
    return tuple(tokens)


def word_vector(word: Token) -> np.ndarray | None:
    """The unit vector of a word or else of its dictionary spelling; None where GiNZA has neither."""
    return _vector_of(word.text, word.norm)


@lru_cache(maxsize=8192)
def _vector_of(*spellings: str) -> np.ndarray | None:
    vocab = _ginza().vocab
    for spelling in spellings:
        if vocab.has_vector(spelling):
            vector = np.asarray(vocab.get_vector(spelling), dtype=np.float32)
            length = float(np.linalg.norm(vector))
            if length > 0:
                return vector / length
    return None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class GinzaTokenizer(Tokenizer):
    """Stores tokens (for Rasa, on the original text), words and clauses (on the normalised).

    Config:
        intent_tokenization_flag, intent_split_symbol: Rasa's own settings for intent names.
    """

    @staticmethod
    def supported_languages() -> list[str]:
        """GiNZA knows Japanese only."""
        return ["ja"]

    @staticmethod
    def required_packages() -> list[str]:
        """Packages whose versions change the tokens."""
        return ["spacy", "ja_ginza"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The configuration used where config.yml says nothing."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Retrain when the code of this package changes."""
        return code_fingerprint()

    def tokenize(self, message: Message, attribute: str) -> list[RasaToken]:
        """Tokens of one attribute; for the text also words and clauses go onto the message."""
        text = _normalised(message, attribute)
        words = tokenize(text.text)
        if attribute == TEXT:
            message.set(WORDS, words)
            message.set(CLAUSES, split_clauses(text, words))
        return _on_original(text, words)


def _normalised(message: Message, attribute: str) -> NormalisedText:
    """The normalised text of an attribute, made here where no earlier component has made it."""
    if attribute == TEXT and isinstance(message.get(NORMALISED), NormalisedText):
        return message.get(NORMALISED)
    return normalise(message.get(attribute) or "")


def _on_original(text: NormalisedText, words: tuple[Token, ...]) -> list[RasaToken]:
    """Rasa tokens with offsets into the original; words out of one code point become one."""
    tokens: list[RasaToken] = []
    for word in words:
        span = text.to_original(word.start, word.end)
        if tokens and span.start < tokens[-1].end:
            span_start = tokens.pop().start
        else:
            span_start = span.start
        tokens.append(
            RasaToken(text.original[span_start : span.end], span_start, span.end, lemma=word.norm)
        )
    return tokens
