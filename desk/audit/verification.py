"""Checking the chain from its first entry to its last, against heads kept elsewhere."""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from desk.audit import repository
from desk.audit.keys import INFO, AuditKeys, SealKey
from desk.audit.models import AuditEntry
from desk.audit.service import seal
from desk.db import Database

BATCH = 500


class Flaw(StrEnum):
    """What is wrong with the first entry that does not hold."""

    MISSING = "is missing"
    CHANGED = "was changed, or sealed with another key"
    OUT_OF_CHAIN = "does not follow from the entry before it"
    KEY_UNKNOWN = "was sealed with a key that is not in the key file"
    TAIL_MISSING = "is missing: the log was cut before it"
    NOT_AS_ANCHORED = "is not the one that was anchored: the log was written anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The end of the chain at some moment, kept outside the database."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a check of the whole log found."""

    checked: int
    """Entries that hold, from the first on."""
    broken_seq: int | None = None
    flaw: Flaw | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every entry holds."""
        return self.flaw is None


async def read_head(database: Database) -> Anchor:
    """The end of the chain now, to be kept where the database's writers cannot reach."""
    async with database.read() as tx:
        head = await repository.find_head(tx)
    return Anchor(seq=head.seq, hash=head.hash) if head else Anchor(seq=0, hash="")


def read_anchors(text: str) -> Sequence[Anchor]:
    """The heads in a file to which `jinjibu audit head` was appended, one a line.

    Raises:
        ValueError: A line is not a head.
    """
    anchors = []
    for line in text.splitlines():
        if not line.strip():
            continue
        head = json.loads(line)
        if not isinstance(head, dict) or not isinstance(head.get("seq"), int):
            raise ValueError("a line is not a head")  # noqa: TRY004 (one error for the caller)
        anchors.append(Anchor(seq=head["seq"], hash=str(head.get("hash"))))
    return anchors


async def verify(database: Database, anchors: Iterable[Anchor] = ()) -> Verification:
    """Check every entry in order.

    Args:
        database: Where the log is, opened with its keys.
        anchors: Heads that were kept elsewhere; without one, a tail that was cut off
            together with the head's row cannot be missed.

    Returns:
        The first entry that does not hold, if there is one.
    """
    keys: AuditKeys = database.info[INFO]
    by_seq: dict[int, set[str]] = {}
    for anchor in anchors:
        if anchor.seq:
            by_seq.setdefault(anchor.seq, set()).add(anchor.hash)
    seq, previous = 0, ""
    async with database.read() as tx:
        while entries := await repository.list_after(tx, seq, BATCH):
            for entry in entries:
                flaw = _flaw(entry, seq, previous, keys.all()) or _anchored(entry, by_seq)
                if flaw is not None:
                    return Verification(checked=seq, broken_seq=seq + 1, flaw=flaw)
                seq, previous = entry.seq, entry.hash
            tx.expunge_all()
        head = await repository.find_head(tx)
    promised = max([head.seq if head else 0, *by_seq])
    if promised > seq:
        return Verification(checked=seq, broken_seq=seq + 1, flaw=Flaw.TAIL_MISSING)
    if seq and (head is None or (head.seq, head.hash) != (seq, previous)):
        return Verification(checked=seq - 1, broken_seq=seq, flaw=Flaw.OUT_OF_CHAIN)
    return Verification(checked=seq)


def _flaw(entry: AuditEntry, seq: int, previous: str, keys: Mapping[str, SealKey]) -> Flaw | None:
    if entry.seq != seq + 1:
        return Flaw.MISSING
    if entry.previous != previous:
        return Flaw.OUT_OF_CHAIN
    if entry.key_id not in keys:
        return Flaw.KEY_UNKNOWN
    if not hmac.compare_digest(seal(keys[entry.key_id], entry), entry.hash):
        return Flaw.CHANGED
    return None


def _anchored(entry: AuditEntry, anchors: Mapping[int, set[str]]) -> Flaw | None:
    hashes = anchors.get(entry.seq)
    return Flaw.NOT_AS_ANCHORED if hashes and hashes != {entry.hash} else None
