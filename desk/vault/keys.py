"""The key file: secrets that live outside the database, the newest last."""

import base64
import binascii
import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from desk.db import now
from desk.vault.errors import KeyFileBrokenError, KeyFileMissingError

log = structlog.get_logger()
FORMAT = 1
SECRET_BYTES = 32
KEY_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One master secret; what encrypts and what hashes are derived from it."""

    id: str
    secret: bytes = field(repr=False)
    created_at: datetime


class KeyFile:
    """Keys in a file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    def stamp(self) -> tuple[int, int, int] | None:
        """Changes whenever the file does; None if it is not there."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def read(self) -> Sequence[Key]:
        """The keys, the newest last; at least one.

        Raises:
            KeyFileMissingError: There is no such file.
            KeyFileBrokenError: It cannot be read or does not hold keys.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError as exc:
            raise self._missing() from exc
        except (OSError, UnicodeDecodeError) as exc:
            raise self._broken(type(exc).__name__) from exc
        if self.path.stat().st_mode & 0o007:
            log.warning("key_file_readable_by_everybody", path=str(self.path))
        return self._parse(text)

    def create(self) -> Key:
        """Make the file with its first key; if another process was first, take its key."""
        with self._locked():
            if not self.exists():
                self._write([_new_key()])
        return self.read()[-1]

    def add(self) -> Key:
        """Add a key, which encrypts from now on."""
        with self._locked():
            key = _new_key()
            self._write([*self.read(), key])
        return key

    def remove(self, key_id: str) -> None:
        """Take a key out of the file; nothing happens if it is not there."""
        with self._locked():
            kept = [key for key in self.read() if key.id != key_id]
            self._write(kept)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep two commands from writing at the same time: one of the keys would be lost."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = self.path.with_name(f"{self.path.name}.lock")
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, keys: Sequence[Key]) -> None:
        """Replace the file as a whole: after a crash it is the old or the new one."""
        content = {"format": FORMAT, "keys": [_as_json(key) for key in keys]}
        draft = self.path.with_name(f"{self.path.name}.new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _parse(self, text: str) -> Sequence[Key]:
        try:
            content = json.loads(text)
            keys = [_from_json(entry) for entry in content["keys"]]
            known = content["format"] == FORMAT
        except (ValueError, KeyError, TypeError, binascii.Error) as exc:
            raise self._broken(type(exc).__name__) from exc
        if not known or not keys or len({key.id for key in keys}) != len(keys):
            raise self._broken("no keys, keys twice, or a format of a newer version")
        return keys

    def _missing(self) -> KeyFileMissingError:
        return KeyFileMissingError(
            f"There is no key file at {self.path}.",
            "Restore it from its backup, or say where it is with JINJIBU_KEY_FILE. A new "
            "database gets one from 'jinjibu migrate'.",
        )

    def _broken(self, why: str) -> KeyFileBrokenError:
        return KeyFileBrokenError(
            f"The key file {self.path} cannot be used ({why}).",
            "Restore it from its backup, and see that this user may read it.",
        )


def _new_key() -> Key:
    return Key(
        id=secrets.token_hex(4),
        secret=secrets.token_bytes(SECRET_BYTES),
        created_at=now().replace(microsecond=0),
    )


def _as_json(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "created_at": key.created_at.isoformat(timespec="seconds"),
        "secret": base64.b64encode(key.secret).decode(),
    }


def _from_json(entry: dict[str, Any]) -> Key:
    secret = base64.b64decode(entry["secret"], validate=True)
    if len(secret) != SECRET_BYTES or not KEY_ID.fullmatch(entry["id"]):
        raise ValueError("not a key of this program")
    created_at = datetime.fromisoformat(entry["created_at"])
    return Key(id=entry["id"], secret=secret, created_at=created_at)
