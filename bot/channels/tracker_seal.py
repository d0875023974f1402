"""Seals trackers, so that whoever gets a copy of their database reads nothing.

A sealed tracker is text: `v1:<key id>:<base64 of nonce, ciphertext and tag>`, encrypted with
AES-256-GCM and authenticated with the conversation it belongs to. The keys are derived by
desk from its key file and come by the environment; see docs/adr/0014-sealed-fields.md.
"""

import base64
import binascii
import os
from typing import Dict, Optional

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEYS = "JINJIBU_TRACKER_KEYS"
VERSION = "v1"
NONCE_BYTES = 12
KEY_BYTES = 32
ENCODING = ("utf-8", "surrogatepass")


class TrackerKeysError(Exception):
    """The keys of the trackers are missing or are none."""


class TrackerSealError(Exception):
    """A stored tracker was changed or moved, or its key is not known."""


class TrackerSeal:
    """The keys of the trackers: the first seals, all of them open."""

    def __init__(self, keys: Dict[str, bytes]) -> None:
        """With keys by id, the newest first.

        Raises:
            TrackerKeysError: There is none, or one has another length.
        """
        if not keys or any(len(secret) != KEY_BYTES for secret in keys.values()):
            raise TrackerKeysError(f"{KEYS} holds no keys of {KEY_BYTES} bytes. {REMEDY}")
        self._ciphers = {key_id: AESGCM(secret) for key_id, secret in keys.items()}
        self.key_id = next(iter(keys))
        """Id of the key that seals."""

    @classmethod
    def from_text(cls, text: Optional[str]) -> "TrackerSeal":
        """The keys as desk hands them over: `id:base64`, joined by commas, the newest first.

        Raises:
            TrackerKeysError: They are missing or cannot be read.
        """
        if not text:
            raise TrackerKeysError(f"{KEYS} is not set: trackers are never stored plain. {REMEDY}")
        try:
            parts = [entry.split(":") for entry in text.split(",")]
            keys = {key_id: base64.b64decode(secret, validate=True) for key_id, secret in parts}
        except (ValueError, binascii.Error) as exc:
            raise TrackerKeysError(f"{KEYS} cannot be read. {REMEDY}") from exc
        return cls(keys)

    @classmethod
    def from_environment(cls) -> "TrackerSeal":
        """The keys of the environment.

        Raises:
            TrackerKeysError: They are missing or cannot be read.
        """
        return cls.from_text(os.environ.get(KEYS))

    def seal(self, text: str, conversation_id: str) -> str:
        """Encrypt with the newest key."""
        nonce = os.urandom(NONCE_BYTES)
        place = _place(self.key_id, conversation_id)
        data = nonce + self._ciphers[self.key_id].encrypt(nonce, text.encode(*ENCODING), place)
        return f"{VERSION}:{self.key_id}:{base64.b64encode(data).decode()}"

    def open(self, stored: str, conversation_id: str, *, may_be_plain: bool = False) -> str:
        """Decrypt with the key that it names.

        Args:
            stored: A sealed tracker.
            conversation_id: Whose it is.
            may_be_plain: Give JSON of an older version back as it is.

        Raises:
            TrackerSealError: It was changed or moved, is plain, or its key is not known.
        """
        if may_be_plain and stored.startswith("["):
            return stored
        version, _, rest = stored.partition(":")
        key_id, _, encoded = rest.partition(":")
        cipher = self._ciphers.get(key_id)
        if version != VERSION or cipher is None:
            raise TrackerSealError(
                f"The tracker of {conversation_id} is not sealed with a key that was handed over. "
                "Restore the key file that belongs to it."
            )
        try:
            data = base64.b64decode(encoded, validate=True)
            opened = cipher.decrypt(
                data[:NONCE_BYTES], data[NONCE_BYTES:], _place(key_id, conversation_id)
            )
        except (InvalidTag, ValueError) as exc:
            raise TrackerSealError(
                f"The tracker of {conversation_id} was changed or moved and cannot be opened."
            ) from exc
        return opened.decode(*ENCODING)


REMEDY = (
    "./run hands the keys over by itself; without it, set the variable to what "
    "'.venv/bin/jinjibu keys trackers' prints."
)


def _place(key_id: str, conversation_id: str) -> bytes:
    """What a tracker is authenticated with."""
    return "|".join(("jinjibu tracker", VERSION, key_id, conversation_id)).encode(*ENCODING)
