"""Hides numbers that must not be stored: My Number, payment cards, bank accounts.

Source of the rule: design (individual numbers are masked on entry); check digits as in
the Order on the My Number Act (mod 11) and ISO/IEC 7812 (Luhn).
"""

import re
import unicodedata

MASK = "\u2588" * 4
_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){6,18}(?![0-9])")
_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_MY_NUMBER_LENGTH = 12
_CARD_LENGTHS = range(14, 20)
_ACCOUNT_LENGTH = 7
_ACCOUNT_WINDOW = 24


def mask_numbers(text: str, account_words: tuple[str, ...] = ()) -> str:
    """Text with such numbers replaced by `MASK`.

    Args:
        text: As typed; full-width digits are recognised.
        account_words: Words that make a nearby seven-digit number a bank account.

    Returns:
        The text, unchanged where nothing was found.
    """
    plain = "".join(unicodedata.normalize("NFKC", c) if c.isdecimal() else c for c in text)
    plain = re.sub("[\uff0d\u2010-\u2015\u2212]", "-", plain)
    pieces, end = [], 0
    for match in _NUMBER.finditer(plain):
        before = plain[max(0, match.start() - _ACCOUNT_WINDOW) : match.start()]
        if _is_secret(re.sub("[ -]", "", match.group()), before, account_words):
            pieces += [text[end : match.start()], MASK]
            end = match.end()
    return "".join([*pieces, text[end:]])


def _is_secret(digits: str, before: str, account_words: tuple[str, ...]) -> bool:
    if len(digits) == _MY_NUMBER_LENGTH and _is_my_number(digits):
        return True
    if len(digits) in _CARD_LENGTHS and _passes_luhn(digits):
        return True
    return len(digits) == _ACCOUNT_LENGTH and any(word in before for word in account_words)


def _is_my_number(digits: str) -> bool:
    total = sum(w * int(d) for w, d in zip(_MY_NUMBER_WEIGHTS, digits[:11], strict=True))
    remainder = total % 11
    return int(digits[11]) == (0 if remainder <= 1 else 11 - remainder)


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
