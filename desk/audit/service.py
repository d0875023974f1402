"""Writing audit entries, in the transaction of the deed itself.

Entries wait until the end of their transaction and are then numbered and chained while
the head's row is locked: everything else the transaction locks, it has locked before, so
that two transactions never wait for each other here. What cannot be written down does not
happen: a transaction whose entry fails is rolled back.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from desk.audit import repository
from desk.audit.errors import AuditMisuseError
from desk.audit.keys import INFO, AuditKeys, SealKey
from desk.audit.models import AuditEntry
from desk.db import Database, Transaction, now

WAITING = "audit_waiting"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,47}")
_SUBJECT = re.compile(r"[a-z][a-z_]{1,30}(?::[A-Za-z0-9_.-]{1,48})?")
_CODE = re.compile(r"[A-Za-z0-9_.:/+=-]{0,255}")


class Actor(StrEnum):
    """Kinds of those who act."""

    STAFF = "staff"
    OWNER = "owner"
    BOT = "bot"
    SYSTEM = "system"
    OPERATOR = "operator"
    """Whoever runs commands on the machine itself."""
    VISITOR = "visitor"
    """Somebody who has not proved who they are."""


def acting(staff_id: UUID | None) -> Actor:
    """Who acts: the staff member, or without one the operator on the machine."""
    return Actor.OPERATOR if staff_id is None else Actor.STAFF


def record(
    tx: Transaction,
    *,
    action: str,
    actor: str,
    actor_id: UUID | None,
    subject: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down a deed; it stands if, and only if, the transaction is committed.

    Args:
        tx: The writing transaction of the deed.
        action: What was done, in snake_case, such as `case_claimed`.
        actor: An `Actor`.
        actor_id: The staff member, if one acted.
        subject: Kind and id of what it was done to, such as `case:0199…`.
        details: Ids, codes, counts and flags; lists of them. Never words of anybody.

    Raises:
        AuditMisuseError: The details hold words, or the transaction cannot write.
    """
    if not tx.can_write:
        raise AuditMisuseError("A reading transaction is never committed; use database.write().")
    if INFO not in tx.info:
        raise AuditMisuseError(
            "This database was opened without the audit log's key: open it by "
            "desk.vault.service.open_database(settings), or add with_audit(database, settings)."
        )
    for value, pattern in ((action, _NAME), (actor, _NAME), (subject, _SUBJECT)):
        if not pattern.fullmatch(value):
            raise AuditMisuseError(f"'{pattern.pattern}' is wanted, not '{value}'.")
    entry = AuditEntry(
        at=now(),
        action=action,
        actor=actor,
        actor_id=actor_id,
        subject=subject,
        details={_name(key): _plain(value) for key, value in (details or {}).items()},
    )
    waiting: list[AuditEntry] | None = tx.info.get(WAITING)
    if waiting is None:
        waiting = tx.info[WAITING] = []
        tx.before_commit(lambda: _append(tx))
    waiting.append(entry)


async def record_alone(database: Database, **entry: Any) -> None:
    """Write down what changes nothing, such as reading, in a transaction of its own.

    Args:
        database: Where the log is.
        **entry: As for `record`.
    """
    async with database.write() as tx:
        record(tx, **entry)


def seal(key: SealKey, entry: AuditEntry) -> str:
    """The keyed hash of the entry and of the hash before it.

    Source:
        HMAC with SHA-256 (RFC 2104) over JSON with sorted keys, without spaces, in ASCII.
    """
    content = {
        "action": entry.action,
        "actor": entry.actor,
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "at": entry.at.isoformat(timespec="microseconds"),
        "details": entry.details,
        "key_id": key.id,
        "previous": entry.previous,
        "seq": entry.seq,
        "subject": entry.subject,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key.secret, text.encode("ascii"), hashlib.sha256).hexdigest()


async def _append(tx: Transaction) -> None:
    keys: AuditKeys = tx.info[INFO]
    key = keys.current()
    head = await repository.lock_head(tx)
    for entry in tx.info.pop(WAITING):
        entry.seq, entry.previous, entry.key_id = head.seq + 1, head.hash, key.id
        entry.hash = seal(key, entry)
        tx.add(entry)
        head.seq, head.hash = entry.seq, entry.hash


def _name(key: str) -> str:
    if not _NAME.fullmatch(key):
        raise AuditMisuseError(f"'{key}' is no name of a detail; use snake_case.")
    return key


def _plain(value: object) -> Any:
    """The value as JSON keeps it, if it is an id, a code, a count or a flag."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and _CODE.fullmatch(value):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return sorted((_plain(part) for part in value), key=str)
    raise AuditMisuseError("Details of an audit entry are ids and codes, never words.")
