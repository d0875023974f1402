"""What an account must look like."""

import re
import unicodedata
from collections.abc import Collection

from desk.auth.errors import AccountFlaw, AccountRefusedError
from desk.auth.models import Role
from desk.auth.rights import HUB_ROLES

MAX_DISPLAY_NAME = 64
MAX_EMAIL = 254
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,119}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def normal_login(login: str) -> str:
    """The login name in half-width lower case, without null bytes (PostgreSQL keeps none)."""
    return unicodedata.normalize("NFKC", login.replace("\0", "")).strip().casefold()


def normal_email(email: str) -> str:
    """The address in the form in which two of them are compared."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def check_names(login: str, display_name: str) -> None:
    """Refuse a login name or display name that cannot be used.

    Raises:
        AccountRefusedError: Names the flaw.
    """
    if not _LOGIN.fullmatch(login):
        raise AccountRefusedError(
            AccountFlaw.BAD_LOGIN,
            "A login name has 2 to 120 of a-z, 0-9 and . _ @ + -, and begins with a letter"
            " or digit.",
        )
    if not display_name or len(display_name) > MAX_DISPLAY_NAME:
        raise AccountRefusedError(
            AccountFlaw.BAD_NAME, f"A display name has 1 to {MAX_DISPLAY_NAME} characters."
        )


def hub_for(role: Role, hub_id: str | None, hubs: Collection[str]) -> str | None:
    """The hub that an account of this role gets; none for wide roles.

    Raises:
        AccountRefusedError: The role needs a hub and none, or an unknown one, is given.
    """
    if role not in HUB_ROLES:
        return None
    if not hub_id:
        raise AccountRefusedError(AccountFlaw.HUB_NEEDED, f"The role {role} needs a hub.")
    if hub_id not in hubs:
        known = ", ".join(hubs)
        raise AccountRefusedError(
            AccountFlaw.HUB_UNKNOWN, f"There is no hub '{hub_id}'. Known: {known}."
        )
    return hub_id


def check_email(email: str) -> None:
    """Refuse what is no mail address.

    Raises:
        AccountRefusedError: It has no @, or is too long.
    """
    if not _EMAIL.fullmatch(email) or len(email) > MAX_EMAIL:
        raise AccountRefusedError(AccountFlaw.BAD_EMAIL, "This is no mail address.")
