"""The key that seals the entries: in a file, so that the database alone cannot forge them.

One key a line, the newest last: it seals what comes, the others check what there is. To
change the key, append a line (`python -c "import secrets; print(secrets.token_hex(32))"`).
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desk.audit.errors import AuditKeyError
from desk.config import Settings
from desk.db import Database

KEY_BYTES = 32
INFO = "audit_keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKey:
    """One key and the name under which entries refer to it."""

    id: str
    secret: bytes


class AuditKeys:
    """The keys of one file; read once, and made at the first entry of all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: Mapping[str, SealKey] | None = None

    def current(self) -> SealKey:
        """The key that seals new entries; made if there is no file.

        Raises:
            AuditKeyError: The file cannot be read or made.
        """
        if self._keys is None:
            try:
                if not self._path.exists():
                    _make(self._path)
                self._keys = _read(self._path)
            except (OSError, ValueError) as exc:
                raise AuditKeyError(
                    f"The key of the audit log at {self._path} cannot be used"
                    f" ({type(exc).__name__}). See JINJIBU_AUDIT_KEY_FILE."
                ) from exc
        return [*self._keys.values()][-1]

    def all(self) -> Mapping[str, SealKey]:
        """Every key of the file by its name, the newest last; empty without a file.

        Raises:
            AuditKeyError: The file cannot be read.
        """
        if self._keys is None and not self._path.exists():
            return {}
        self.current()
        assert self._keys is not None
        return self._keys


def _make(path: Path) -> None:
    """Write a new key, whole or not at all, for this user only; the first writer wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _read(path: Path) -> Mapping[str, SealKey]:
    """The keys in the file.

    Raises:
        ValueError: A line is no key of 32 bytes in hexadecimal, or there is none.
    """
    keys = {}
    for line in path.read_text(encoding="ascii").split():
        secret = bytes.fromhex(line)
        if len(secret) != KEY_BYTES:
            raise ValueError("a key has 32 bytes")
        name = hashlib.sha256(b"jinjibu audit key\0" + secret).hexdigest()[:16]
        keys[name] = SealKey(id=name, secret=secret)
    if not keys:
        raise ValueError("the file holds no key")
    return keys


def with_audit(database: Database, settings: Settings) -> Database:
    """The same database, able to write audit entries from now on."""
    database.info[INFO] = AuditKeys(settings.resolved_audit_key_file)
    return database
