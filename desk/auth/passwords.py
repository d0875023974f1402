"""Hashing, checking and choosing of passwords (argon2id)."""

import asyncio
import base64
import secrets
import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from desk.auth.errors import PasswordFlaw, PasswordRefusedError

MIN_LENGTH = 12
MAX_LENGTH = 128
HASHES_AT_ONCE = 2
"""Each takes the memory of one hash; more at once would only wait for the processor."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS = 4
_GROUP_LENGTH = 4


class Passwords:
    """Argon2id with one set of costs (RFC 9106, second recommended option, unless told)."""

    def __init__(self, *, time_cost: int = 3, memory_kib: int = 65536, lanes: int = 4) -> None:
        self._hasher = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=lanes, type=Type.ID
        )
        costs = f"m={memory_kib},t={time_cost},p={lanes}"
        self._nobodys_hash = f"$argon2id$v=19${costs}${_random_part(16)}${_random_part(32)}"
        self._slots = asyncio.Semaphore(HASHES_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The encoded hash of `password`, with a salt of its own."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one behind `stored`.

        Args:
            stored: An encoded hash, or None when there is no such account: the work is
                done all the same, so that the time taken tells nothing.
            password: What was typed.
        """
        async with self._slots:
            matches = await asyncio.to_thread(
                self._verify, stored or self._nobodys_hash, _normal(password)
            )
        return matches and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether `stored` was made with other costs and should be made anew."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def check_new_password(new: str, *, login: str, old: str | None = None) -> None:
    """Refuse a new password that is too short or already known.

    Args:
        new: The wanted password.
        login: Login name of its owner.
        old: The password that it replaces, as typed.

    Raises:
        PasswordRefusedError: Names the flaw.
    """
    new = _normal(new)
    if len(new) < MIN_LENGTH:
        raise PasswordRefusedError(PasswordFlaw.TOO_SHORT)
    if len(new) > MAX_LENGTH:
        raise PasswordRefusedError(PasswordFlaw.TOO_LONG)
    if new.casefold() == _normal(login).casefold():
        raise PasswordRefusedError(PasswordFlaw.IS_LOGIN)
    if old is not None and new == _normal(old):
        raise PasswordRefusedError(PasswordFlaw.IS_OLD)


def one_time_password() -> str:
    """A random password that can be read out: 16 letters and digits in groups (79 bits)."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def _normal(password: str) -> str:
    """Full-width letters from a Japanese keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)


def _random_part(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
