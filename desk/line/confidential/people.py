"""Names of people in a text, by Sudachi's parts of speech and what stands around them."""

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sudachipy import SplitMode

from advisor.retrieval.language import SudachiTokenizer
from desk.line.confidential.words import Words, any_of

_KATAKANA: Final = re.compile(r"[\u30a1-\u30fa\u30fc\u30fb]{2,8}")
_KANJI_OR_KANA: Final = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u3005\u4e00-\u9fff]+")
_GIVEN: Final = re.compile(
    r"[\u3005\u4e00-\u9fff][\u3005\u3041-\u3096\u4e00-\u9fff]{0,3}|[\u3041-\u3096]{3,5}"
)
_GAP: Final = re.compile(r"(?<=[\u4e00-\u9fff])[ \u3000]+(?=[\u4e00-\u9fff])")
"""Between family name and given name."""
_NICKNAME: Final = 3
"""Characters of a nickname, at most."""
_SHORT: Final = 3
"""So many katakana may be a name although the dictionary knows a word of that sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word of the text."""

    surface: str
    begin: int
    end: int
    pos: tuple[str, ...]
    is_known: bool
    """Whether the dictionary has it."""


class NameFinder:
    """Finds names of people; safe in threads."""

    def __init__(self, words: Words) -> None:
        """Load the dictionary (a fifth of a second)."""
        self._words = words
        self._lock = threading.Lock()
        self._tokenizer = SudachiTokenizer.shared_dictionary().create(mode=SplitMode.C)
        self._honorifics = frozenset(words.honorifics)
        self._titles = frozenset(words.titles)
        self._role_before = re.compile(
            rf"(?:{any_of((*words.roles, *words.kin, *words.titles, *words.person_roles))}){words.of}$"
        )
        self._called = re.compile(any_of((*words.called, *words.introductions)))
        self._is_place = re.compile(any_of((*words.place_words, *words.firm_ends)))
        self._firm = re.compile(any_of(words.firm_ends))
        self._particle = re.compile(any_of(words.topic_particles))
        self._loose = re.compile(any_of(words.loose_particles))
        self._long_not_names = tuple(word for word in words.not_names if len(word) > 1)
        self._sure = re.compile(any_of(words.sure_signs))
        self._person = re.compile(any_of((*words.sure_signs, *words.person_signs)))
        self._roman = re.compile(rf"(?<![A-Za-z])[A-Z][a-z]{{2,}}\s?{any_of(words.honorifics)}")
        self._firm_tails = tuple(words.firm_tails)
        self._after_name = re.compile(any_of(words.name_particles) + "|$")
        self._firm_start = re.compile(any_of(words.firm_starts) + "$")
        self._full = re.compile(any_of(words.full_name_particles) + "|$")
        self._place_names = frozenset(words.place_names)
        self._people = re.compile(any_of(words.people_words))

    def finds(self, sentence: str) -> bool:
        """Whether the sentence (`Words.tidy`) names a person."""
        sentence = _GAP.sub("", sentence)
        tokens = self._tokens(sentence)
        return (
            self._roman.search(sentence) is not None
            or any(
                self._is_addressed(tokens, at, sentence) or self._is_person(tokens, at, sentence)
                for at in range(len(tokens))
            )
            or self._is_list(tokens, sentence)
        )

    def locate(self, sentence: str) -> Iterator[tuple[int, int]]:
        """Where names stand in a sentence (`Words.tidy`, without gaps in names).

        What stands before an honorific is told without it, a full name in one piece.
        """
        tokens = self._tokens(sentence)
        for match in self._roman.finditer(sentence):
            name = re.match("[A-Z][a-z]+", match.group())
            assert name is not None  # The pattern begins so.
            yield match.start(), match.start() + name.end()
        in_list = self._is_list(tokens, sentence)
        for at, token in enumerate(tokens):
            if self._is_addressed(tokens, at, sentence):
                begin = token.begin - len(self._whole(tokens, at))
                while family := _token_ending_at(tokens, begin):
                    if not self._is_name(family):
                        break
                    begin = family.begin
                yield begin, token.begin
            elif self._is_person(tokens, at, sentence):
                after = tokens[at + 1] if at + 1 < len(tokens) else None
                is_full = after is not None and self._is_full_name(token, after)
                yield token.begin, after.end if after is not None and is_full else token.end
            elif in_list and self._is_name(token):
                yield token.begin, token.end

    def without_gaps(self, text: str) -> str:
        """The text without the spaces between family names and given names."""
        return _GAP.sub("", text)

    def _tokens(self, sentence: str) -> list[Token]:
        with self._lock:
            return [
                Token(
                    surface=each.surface(),
                    begin=each.begin(),
                    end=each.end(),
                    pos=tuple(each.part_of_speech()),
                    is_known=not each.is_oov(),
                )
                for each in self._tokenizer.tokenize(sentence)
            ]

    def _is_addressed(self, tokens: Sequence[Token], at: int, sentence: str) -> bool:
        """A name before さん and its like; trades, relatives and companies are none."""
        if at == 0 or tokens[at].surface not in self._honorifics:
            return False
        before = tokens[at - 1]
        word = self._whole(tokens, at)
        said = sentence[: tokens[at].begin]
        if tokens[at].surface == self._words.nickname and len(word) <= _NICKNAME:
            is_adverb = sentence[tokens[at].end :].startswith(self._words.adverb_end)
            return not is_adverb and not said.endswith(self._words.not_nicknames)
        if word in self._words.not_names or said.endswith(self._long_not_names):
            return False
        if said[-1] in self._words.role_ends or before.surface.isascii():
            return False
        if self._words.pos_place in before.pos:
            return before.surface[-1] not in self._words.area_ends
        if self._is_name(before):
            return True
        if _KATAKANA.fullmatch(word):
            return not before.is_known or len(word) <= _SHORT
        return not before.is_known and bool(_KANJI_OR_KANA.fullmatch(before.surface))

    def _whole(self, tokens: Sequence[Token], at: int) -> str:
        """The katakana before a place, which the dictionary may have cut."""
        word, here = "", at - 1
        while here >= 0 and _KATAKANA.fullmatch(tokens[here].surface + word):
            word = tokens[here].surface + word
            here -= 1
        return word or tokens[at - 1].surface

    def _is_name(self, token: Token) -> bool:
        return self._words.pos_person in token.pos

    def _is_person(self, tokens: Sequence[Token], at: int, sentence: str) -> bool:
        """A name without さん, by its title, its role, or what is said of it."""
        token, after = tokens[at], sentence[tokens[at].end :]
        is_place = self._words.pos_place in token.pos
        if self._firm.match(after) or self._words.pos_proper not in token.pos:
            return False
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if following is not None and following.surface in self._titles:
            return not is_place
        has_role = self._role_before.search(sentence[: token.begin]) is not None
        if is_place or (at > 0 and tokens[at - 1].surface in self._place_names):
            return has_role and self._tells(after, self._person)
        if not self._is_name(token):
            return False
        if (called := self._called.match(after)) is not None:
            return not self._is_place.match(after[called.end() :])
        if following is not None and self._is_full_name(token, following):
            rest = sentence[following.end :]
            if token.surface in self._place_names and not self._full.match(rest):
                return False
            return not self._firm.match(rest)
        return has_role or self._stands_alone(token, sentence)

    def _stands_alone(self, token: Token, sentence: str) -> bool:
        """Whether a name without anything is a person and no place or company."""
        before, after = sentence[: token.begin], sentence[token.end :]
        if token.surface in self._place_names or self._words.pos_family not in token.pos:
            signs = self._sure if token.surface in self._place_names else self._person
            return self._tells(after, signs)
        if self._firm_start.search(before) or token.surface.endswith(self._firm_tails):
            return False
        return self._after_name.match(after) is not None

    def _is_full_name(self, first: Token, second: Token) -> bool:
        words = self._words
        return (
            self._is_name(first)
            and words.pos_family in first.pos
            and self._is_name(second)
            and words.pos_given in second.pos
            and _GIVEN.fullmatch(second.surface) is not None
            and second.surface[-1] not in words.role_ends
        )

    def _tells(self, after: str, signs: re.Pattern[str]) -> bool:
        """Whether what follows a name is said of people."""
        if (loose := self._loose.match(after)) is not None:
            return signs.match(after[loose.end() :]) is not None
        particle = self._particle.match(after)
        return particle is not None and signs.search(after[:_NEAR]) is not None

    def _is_list(self, tokens: Sequence[Token], sentence: str) -> bool:
        """Several names in a row, where the sentence is about people."""
        for first, mark, second in zip(tokens, tokens[1:], tokens[2:], strict=False):
            if (
                self._is_name(first)
                and mark.surface in self._words.list_marks
                and self._is_name(second)
                and not self._firm.match(sentence[second.end :])
            ):
                return any(each.search(sentence) for each in (self._people, self._sure))
        return False


def _token_ending_at(tokens: Sequence[Token], end: int) -> Token | None:
    return next((token for token in tokens if token.end == end), None)


_NEAR: Final = 24
"""Characters after a name in which something is said of the person."""
