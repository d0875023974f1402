"""Contact data in one spelling each, so that equal ones get equal hashes."""

import unicodedata
from enum import StrEnum

COUNTRY_CODE = "+81"


class LookupKind(StrEnum):
    """What a hashed value is; hashes of different kinds never meet."""

    PHONE = "phone"
    EMAIL = "email"
    LINE_ID = "line_id"


def normalise(kind: LookupKind, value: str) -> str:
    """The value in its one spelling; empty if it says nothing.

    Phones are digits only, from 0 also where +81 was written; mail addresses are lower
    case; all of them are NFKC, so that full-width letters count as the plain ones.
    """
    plain = unicodedata.normalize("NFKC", value).strip()
    if kind is LookupKind.EMAIL:
        return plain.lower()
    if kind is LookupKind.LINE_ID:
        return plain
    digits = "".join(letter for letter in plain if letter.isascii() and letter.isdigit())
    if plain.startswith(COUNTRY_CODE):
        return "0" + digits.removeprefix(COUNTRY_CODE[1:]).removeprefix("0")
    return digits
