"""What shows by its form: telephone numbers, addresses of mail and post, birthdays, numbers."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from desk.chat.masking import mask_numbers
from desk.line.confidential.words import Kind, Words, any_of

_HIRAGANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_LEAST_SPOKEN: Final = 4
"""So many digits in words are read as digits; fewer are ordinary words."""
_LEAST_PHONE: Final = 9
"""A telephone number has at least so many digits."""


class Patterns:
    """Expressions built from the word lists."""

    def __init__(self, words: Words) -> None:
        self._words = words
        joint = rf"[{re.escape(words.joints)}\s()\[\]./-]{{0,2}}"
        self._phone = re.compile(
            rf"(?<![0-9])(?:\+81{joint}|0){joint}[0-9](?:{joint}[0-9]){{8,9}}(?![0-9])"
        )
        spoken = any_of(words.digit_words)
        self._spoken = re.compile(rf"(?:{spoken}|[0-9])(?:{joint}(?:{spoken}|[0-9]))+")
        self._digit_word = re.compile(spoken)
        at, dot = any_of(words.at_marks), any_of(words.dot_marks)
        local, host = r"(?<![A-Za-z0-9._+-])[A-Za-z0-9._+-]{1,64}", r"[A-Za-z0-9-]{1,63}"
        self._mail = re.compile(
            rf"{local}\s*[(\[]?\s*(?:@|{at})\s*[)\]]?\s*{host}\s*(?:\.|{dot})\s*[A-Za-z]",
            re.IGNORECASE,
        )
        self._address = re.compile("|".join(self._addresses()))
        self._birth = re.compile("|".join(self._births()))
        number = any_of(words.number_words)
        self._number = re.compile(rf"{number}.{{0,16}}?(?:[0-9][ -]?){{6,}}")
        self._money = re.compile(rf"(?<![0-9,])[0-9][0-9,]*{any_of(words.money_marks)}")

    def _addresses(self) -> Iterator[str]:
        words = self._words
        numeral = f"[0-9{words.kanji_numerals}]{{1,8}}"
        yield rf"{words.postal_mark}\s*[0-9]{{3}}-?[0-9]{{4}}"
        yield rf"[^\W0-9_]{{2}}{numeral}{words.block_mark}(?!\w*{words.street})"
        yield rf"{numeral}{words.block_mark}\s*{numeral}"
        yield rf"{numeral}{any_of(words.lot_marks)}"
        first, second = words.lot_pairs
        yield rf"{numeral}{first}\s*{numeral}{second}"
        joint = rf"\s*[-{words.of}]\s*"
        counter = any_of(words.counters)
        yield (
            rf"[{words.area_ends}][^0-9\s,、。]{{0,12}}\s?[0-9]{{1,5}}(?:{joint}[0-9]{{1,4}}){{1,3}}"
            rf"(?![0-9]|\s*{counter})"
        )

    def _births(self) -> Iterator[str]:
        words = self._words
        numeral = f"[0-9{words.kanji_numerals}]{{1,4}}"
        mark = rf"(?:{any_of(words.date_marks)}|[./-])"
        era = any_of(words.eras)
        date = rf"(?:{era})?\s*{numeral}{mark}\s*{numeral}{mark}\s*{numeral}{mark}?"
        yield rf"{date}[^0-9\n]{{0,3}}{any_of(words.birth_words)}"
        yield rf"{any_of(words.birthday_words)}[^0-9\n]{{0,6}}{date}"

    def find(self, text: str, account_words: tuple[str, ...]) -> Iterator[Kind]:
        """What the form of a text (`Words.tidy`) shows."""
        plain = re.sub(f"(?<=[0-9])[{self._words.dashes}](?=[0-9])", "-", text)
        if self._phone.search(plain) or self._phone.search(self._said(plain)):
            yield Kind.PHONE
        if self._mail.search(plain):
            yield Kind.MAIL
        if self._address.search(plain):
            yield Kind.ADDRESS
        if self._birth.search(plain):
            yield Kind.BIRTH
        without_money = self._money.sub("", plain)
        if (
            self._number.search(plain)
            or mask_numbers(without_money, account_words) != without_money
        ):
            yield Kind.NUMBER

    def locate(self, text: str) -> Iterator[tuple[Kind, int, int]]:
        """Where such things stand in a text (`Words.tidy`): kind, begin and end.

        A number in words is found where enough digits follow each other.
        """
        plain = re.sub(f"(?<=[0-9])[{self._words.dashes}](?=[0-9])", "-", text)
        for kind, pattern in (
            (Kind.MAIL, self._mail),
            (Kind.PHONE, self._phone),
            (Kind.ADDRESS, self._address),
            (Kind.BIRTH, self._birth),
            (Kind.NUMBER, self._number),
        ):
            for match in pattern.finditer(plain):
                begin, end = match.span()
                is_area = kind is Kind.ADDRESS and match.group()[0] in self._words.area_ends
                yield kind, begin + is_area, end  # The municipality is no address yet.
        spelt = plain.translate(_HIRAGANA)
        for digit, sign in enumerate(self._words.kanji_digits):
            spelt = spelt.replace(sign, str(digit))
        for match in self._spoken.finditer(spelt):
            if len(re.findall("[0-9]", self._digits(match))) >= _LEAST_PHONE:
                yield Kind.PHONE, *match.span()

    def _said(self, text: str) -> str:
        """The text with digits instead of digits in words, where several follow each other."""
        plain = unicodedata.normalize("NFKC", text).translate(_HIRAGANA)
        for digit, sign in enumerate(self._words.kanji_digits):
            plain = plain.replace(sign, str(digit))
        return self._spoken.sub(self._digits, plain)

    def _digits(self, match: re.Match[str]) -> str:
        spoken = self._digit_word.findall(match.group())
        if spoken and len(spoken) + len(re.findall("[0-9]", match.group())) < _LEAST_SPOKEN:
            return match.group()
        return self._digit_word.sub(
            lambda word: self._words.digit_words[word.group()], match.group()
        )
