"""What the detector knows of the language, read from `words.yml`."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Self

from advisor.loading import load_yaml

WORDS_FILE = Path(__file__).with_name("words.yml")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class Kind(StrEnum):
    """What was found."""

    PHONE = "phone"
    MAIL = "mail"
    ADDRESS = "address"
    NAME = "name"
    BIRTH = "birth"
    NUMBER = "number"
    """My Number, cards, accounts, insurance."""
    HEALTH = "health"
    FAMILY = "family"
    PAY = "pay"
    CONDUCT = "conduct"
    """Dismissal, offences and crimes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Word lists; what each one means stands in `words.yml`."""

    letter_variants: tuple[str, ...]
    digit_words: Mapping[str, str]
    kanji_digits: str
    kanji_numerals: str
    dashes: str
    joints: str
    at_marks: tuple[str, ...]
    dot_marks: tuple[str, ...]
    postal_mark: str
    block_mark: str
    street: str
    lot_marks: tuple[str, ...]
    lot_pairs: tuple[str, ...]
    area_ends: str
    counters: tuple[str, ...]
    eras: tuple[str, ...]
    date_marks: tuple[str, ...]
    birth_words: tuple[str, ...]
    birthday_words: tuple[str, ...]
    number_words: tuple[str, ...]
    money_marks: tuple[str, ...]
    pos_person: str
    pos_proper: str
    pos_family: str
    pos_given: str
    pos_place: str
    nickname: str
    not_nicknames: tuple[str, ...]
    adverb_end: str
    honorifics: tuple[str, ...]
    not_names: tuple[str, ...]
    role_ends: str
    titles: tuple[str, ...]
    firm_ends: tuple[str, ...]
    place_words: tuple[str, ...]
    person_roles: tuple[str, ...]
    introductions: tuple[str, ...]
    called: tuple[str, ...]
    topic_particles: tuple[str, ...]
    name_particles: tuple[str, ...]
    loose_particles: tuple[str, ...]
    of: str
    list_marks: tuple[str, ...]
    firm_tails: tuple[str, ...]
    firm_starts: tuple[str, ...]
    place_names: tuple[str, ...]
    full_name_particles: tuple[str, ...]
    sure_signs: tuple[str, ...]
    person_signs: tuple[str, ...]
    people_words: tuple[str, ...]
    sentence_ends: str
    single_people: tuple[str, ...]
    roles: tuple[str, ...]
    kin: tuple[str, ...]
    oneself: tuple[str, ...]
    oneself_particles: str
    not_single: tuple[str, ...]
    general: tuple[str, ...]
    health_patterns: tuple[str, ...]
    health: tuple[str, ...]
    family_patterns: tuple[str, ...]
    family: tuple[str, ...]
    hypothetical: tuple[str, ...]
    pay: tuple[str, ...]
    pay_general: tuple[str, ...]
    sums: tuple[str, ...]
    conduct_patterns: tuple[str, ...]
    conduct: tuple[str, ...]

    @classmethod
    def load(cls, path: Path = WORDS_FILE) -> Self:
        """Read the lists; a missing or unknown one is an error that names it."""
        data = load_yaml(path)
        if wrong := set(data) ^ {each.name for each in fields(cls)}:
            raise ValueError(f"{path}: missing or unknown lists: {', '.join(sorted(wrong))}")
        lists: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**lists)

    def tidy(self, text: str) -> str:
        """The text with one spelling for what is written in several ways (NFKC and variants)."""
        text = _VARIATION.sub("", unicodedata.normalize("NFKC", text))
        for pair in self.letter_variants:
            text = text.replace(pair[0], pair[1])
        return text


@cache
def words() -> Words:
    """The lists, read once."""
    return Words.load()


def any_of(found: Iterable[str]) -> str:
    """A pattern for one of these words, the longest first."""
    ordered = sorted(found, key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(re.escape, ordered))})"
