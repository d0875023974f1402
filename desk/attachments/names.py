"""Under which name a file is saved: its sender's, made harmless, or its number."""

import unicodedata
from urllib.parse import quote

from desk.attachments.kinds import FileKind

LONGEST = 80
FORBIDDEN = frozenset('<>:"/\\|?*%')
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
"""What Windows takes for a device."""


def clean_name(name: str) -> str:
    """The sender's name without what changes how it reads or where it is put; perhaps empty."""
    signs = (
        "_" if sign in FORBIDDEN else sign
        for sign in unicodedata.normalize("NFC", name)
        if unicodedata.category(sign)[0] != "C"
    )
    return "".join(signs).strip(" .")


def saved_name(name: str | None, number: str, kind: FileKind) -> str:
    """The name under which it is saved, which ends as its bytes say.

    Args:
        name: What its sender calls it.
        number: Stands for a name where there is none.
        kind: What its bytes are.
    """
    stem = clean_name(name or "")
    if stem.lower().endswith(kind.extension):
        stem = stem[: -len(kind.extension)]
    stem = stem[:LONGEST].strip(" .")
    if not stem or stem.split(".")[0].lower() in RESERVED:
        stem = number
    return f"{stem}{kind.extension}"


def disposition(name: str) -> str:
    """The header that has a browser save an answer under a name (RFC 6266, RFC 8187)."""
    plain = "".join(s if s.isascii() and s not in '"\\' else "_" for s in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
