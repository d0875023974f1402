"""Seals values with AES-256-GCM and hashes contact data for look-up.

A sealed value is text: `v1:<key id>:<row id>:<base64 of nonce, ciphertext and tag>`. Sealed
bytes begin in the same way, and the rest is not in base64. The column, the row and the
key's id are authenticated with it, so that it opens in its own place only.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from desk.vault.errors import SealBrokenError, UnknownKeyError
from desk.vault.keys import Key, KeyFile
from desk.vault.lookups import LookupKind, normalise

VERSION = "v1"
NONCE_BYTES = 12
PARTS = 4
GRAM_BYTES = 4
"""Of a gram's hash; the search opens what it finds and looks again, so that two may meet."""
ENCODING = ("utf-8", "surrogatepass")
"""Half characters, which JSON of a careless client can hold, come back as they went in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The parts of a sealed value."""

    key_id: str
    row: str
    data: bytes = field(repr=False)


class _Derived:
    """What is derived from one master secret, for one purpose each."""

    def __init__(self, key: Key) -> None:
        self.id = key.id
        self.cipher = AESGCM(derive(key.secret, b"jinjibu fields v1"))
        self.hash_key = derive(key.secret, b"jinjibu lookups v1")
        self.gram_key = derive(key.secret, b"jinjibu search v1")


def derive(secret: bytes, purpose: bytes) -> bytes:
    """A key of 32 bytes for one purpose, from a master secret (HKDF-SHA256)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)


def parse(token: str, *, context: str) -> Sealed:
    """The parts of a sealed value.

    Raises:
        SealBrokenError: It is not a sealed value.
    """
    parts = token.split(":")
    if len(parts) != PARTS or parts[0] != VERSION:
        raise SealBrokenError(f"{context}: the stored value is not sealed.")
    try:
        data = base64.b64decode(parts[3], validate=True)
    except binascii.Error as exc:
        raise SealBrokenError(f"{context}: the sealed value is damaged.") from exc
    return Sealed(key_id=parts[1], row=parts[2], data=data)


def parse_bytes(token: bytes, *, context: str) -> Sealed:
    """The parts of sealed bytes.

    Raises:
        SealBrokenError: They are not sealed.
    """
    parts = token.split(b":", PARTS - 1)
    if len(parts) != PARTS or parts[0] != VERSION.encode():
        raise SealBrokenError(f"{context}: the stored value is not sealed.")
    try:
        return Sealed(key_id=parts[1].decode(), row=parts[2].decode(), data=parts[3])
    except UnicodeDecodeError as exc:
        raise SealBrokenError(f"{context}: the sealed value is damaged.") from exc


def _authenticated(context: str, key_id: str, row: str) -> bytes:
    return "|".join(("jinjibu", VERSION, key_id, context, row)).encode()


class Vault:
    """The keys of one database, and what is done with them.

    The key file is looked at again whenever it has changed, so that a running process
    takes up a new key by itself.
    """

    def __init__(self, file: KeyFile) -> None:
        self.file = file
        self._stamp = file.stamp()
        self._keys = _load(file)

    @classmethod
    def at(cls, path: Path) -> "Vault":
        """The vault of the key file at `path`.

        Raises:
            KeyFileMissingError: There is no such file.
            KeyFileBrokenError: It cannot be read or does not hold keys.
        """
        return cls(KeyFile(path))

    @property
    def key_ids(self) -> Sequence[str]:
        """Ids of all keys, the one that encrypts last."""
        self._refresh()
        return [key.id for key in self._keys]

    @property
    def current_key_id(self) -> str:
        """Id of the key that encrypts."""
        return self.key_ids[-1]

    def seal_bytes(
        self, value: bytes, *, context: str, row: str, key_id: str | None = None
    ) -> bytes:
        """Encrypt bytes, such as a file's; see `seal`."""
        key, data = self._encrypt(value, context, row, key_id)
        return f"{VERSION}:{key}:{row}:".encode() + data

    def open_bytes(
        self, token: bytes, *, context: str, row: str | None = None
    ) -> tuple[bytes, str]:
        """Decrypt bytes; see `open`.

        Raises:
            UnknownKeyError: The key file does not hold its key.
            SealBrokenError: It was changed or moved, or is not sealed.
        """
        return self._decrypt(parse_bytes(token, context=context), context, row)

    def seal(self, value: str, *, context: str, row: str, key_id: str | None = None) -> str:
        """Encrypt.

        Args:
            value: Any text.
            context: Where it will stand: `table.column`.
            row: Id of its row.
            key_id: With this key; with the newest if None.
        """
        key, data = self._encrypt(value.encode(*ENCODING), context, row, key_id)
        return ":".join((VERSION, key, row, base64.b64encode(data).decode()))

    def open(self, token: str, *, context: str, row: str | None = None) -> tuple[str, str]:
        """Decrypt with the key that it names.

        Args:
            token: A sealed value.
            context: The column that it stands in.
            row: Id of the row that it stands in; None to leave that to the caller.

        Returns:
            The text, and the id of the row that it was sealed for.

        Raises:
            UnknownKeyError: The key file does not hold its key.
            SealBrokenError: It was changed or moved, or is not sealed.
        """
        data, of = self._decrypt(parse(token, context=context), context, row)
        try:
            return data.decode(*ENCODING), of
        except ValueError as exc:
            raise changed(context) from exc

    def _encrypt(
        self, value: bytes, context: str, row: str, key_id: str | None
    ) -> tuple[str, bytes]:
        """The key's id, and nonce, ciphertext and tag."""
        self._refresh()
        key = self._keys[-1] if key_id is None else self._find(key_id, context)
        nonce = os.urandom(NONCE_BYTES)
        return key.id, nonce + key.cipher.encrypt(
            nonce, value, _authenticated(context, key.id, row)
        )

    def _decrypt(self, sealed: Sealed, context: str, row: str | None) -> tuple[bytes, str]:
        if row is not None and sealed.row != row:
            raise moved(context)
        cipher = self._find(sealed.key_id, context).cipher
        aad = _authenticated(context, sealed.key_id, sealed.row)
        nonce, data = sealed.data[:NONCE_BYTES], sealed.data[NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, data, aad), sealed.row
        except (InvalidTag, ValueError) as exc:
            raise changed(context) from exc

    def hash(self, kind: LookupKind, value: str) -> str | None:
        """Keyed hash by the newest key, to store beside the sealed value.

        Returns:
            `<key id>.<64 hexadecimal digits>`, or None if the value says nothing.
        """
        self._refresh()
        return _hash(self._keys[-1], kind, value)

    def hashes(self, kind: LookupKind, value: str) -> Sequence[str]:
        """Hashes by every key, to look for what was stored before a rotation too."""
        self._refresh()
        found = (_hash(key, kind, value) for key in self._keys)
        return [hashed for hashed in found if hashed is not None]

    def grams(self, grams: Collection[str]) -> tuple[str, Sequence[int]]:
        """Keyed hashes of a text's grams by the newest key, to store in the search index.

        Returns:
            The id of the key, and the hashes: signed numbers of 32 bits, each once, sorted.
        """
        self._refresh()
        key = self._keys[-1]
        return key.id, _grams(key, grams)

    def gram_sets(self, grams: Collection[str]) -> Sequence[Sequence[int]]:
        """The same by every key, to search what was stored before a rotation too."""
        self._refresh()
        return [_grams(key, grams) for key in self._keys]

    def _find(self, key_id: str, context: str) -> _Derived:
        found = self._by_id(key_id)
        if found is None:
            # Another process may have added it a moment ago.
            self._refresh()
            found = self._by_id(key_id)
        if found is not None:
            return found
        raise UnknownKeyError(
            f"{context}: the value was sealed with key {key_id}, which is not in {self.file.path}.",
            "Put the key file there that the processes which write have.",
        )

    def _by_id(self, key_id: str) -> _Derived | None:
        return next((key for key in self._keys if key.id == key_id), None)

    def _refresh(self) -> None:
        """Read the file again if it has changed; a file that is gone keeps its keys here."""
        stamp = self.file.stamp()
        if stamp is not None and stamp != self._stamp:
            self._keys, self._stamp = _load(self.file), stamp


def _load(file: KeyFile) -> Sequence[_Derived]:
    return [_Derived(key) for key in file.read()]


def _hash(key: _Derived, kind: LookupKind, value: str) -> str | None:
    plain = normalise(kind, value)
    if not plain:
        return None
    digest = hmac.new(key.hash_key, f"{kind}:{plain}".encode(), hashlib.sha256).hexdigest()
    return f"{key.id}.{digest}"


def changed(context: str) -> SealBrokenError:
    """The refusal of a value that does not open."""
    return SealBrokenError(f"{context}: the sealed value was changed or moved.")


def _grams(key: _Derived, grams: Collection[str]) -> Sequence[int]:
    found = set()
    for gram in grams:
        digest = hmac.digest(key.gram_key, gram.encode(*ENCODING), "sha256")
        found.add(int.from_bytes(digest[:GRAM_BYTES], "big", signed=True))
    return sorted(found)


def moved(context: str) -> SealBrokenError:
    """The refusal of a value that was sealed for another row."""
    return SealBrokenError(f"{context}: the sealed value belongs to another row.")
