"""The table of LINE accounts: secrets, token, what may be said there, whose site it is."""

import re
import stat
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from advisor.errors import KnowledgeError
from advisor.loading import load_yaml
from desk.chat.sites import Sites

ACCOUNT_ID = re.compile(r"[a-z0-9_-]{1,40}")
BOT_USER_ID = r"^U[0-9a-f]{32}$"
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class AccountsError(Exception):
    """The table of accounts holds something that would not work; the message lists it all."""


class Confidential(StrEnum):
    """What of a consultation may be said in LINE."""

    LINK_ONLY = "link_only"
    """General matters; what is personal is said on our own page, behind a link."""
    FORBID = "forbid"
    """Nothing: each text gets a word and the link."""
    ALLOW = "allow"
    """Everything, where the operator's rules allow it."""


def _base(value: str) -> str:
    parts = urlsplit(value)
    schemes = {"https", "http"} if parts.hostname in LOCAL_HOSTS else {"https"}
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{value!r} must begin with https:// and name a host")
    return value.rstrip("/")


Base = Annotated[str, AfterValidator(_base)]


class LineAccount(BaseModel):
    """One official account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str = Field(default="", max_length=60)
    """What staff read in the console."""
    channel_id: str | None = Field(default=None, pattern=r"^[0-9]{1,20}$")
    bot_user_id: str | None = Field(default=None, pattern=BOT_USER_ID)
    """Whom webhooks are for (`destination`)."""
    channel_secrets: tuple[SecretStr, ...] = Field(default=(), max_length=2)
    """The one in force, and for a change of secrets the one before or after."""
    access_token: SecretStr = SecretStr("")
    confidential: Confidential = Confidential.LINK_ONLY
    site: str | None = None
    """A site of the sites table, whose hub and greeting count."""
    api_base: Base = "https://api.line.me"
    data_base: Base = "https://api-data.line.me"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The channel secrets that are not empty."""
        found = (secret.get_secret_value().strip() for secret in self.channel_secrets)
        return tuple(secret for secret in found if secret)

    @property
    def is_open(self) -> bool:
        """Whether webhooks can be checked, so that the account is served at all."""
        return bool(self.secrets)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not ACCOUNT_ID.fullmatch(self.id):
            raise ValueError("an account's id has 1 to 40 characters of a-z, 0-9, _ and -")
        if self.is_open and not self.access_token.get_secret_value():
            raise ValueError("access_token is missing: without it nothing can be answered")
        return self


class LineAccounts:
    """The table, by id; empty where there is no LINE."""

    def __init__(self, accounts: Mapping[str, LineAccount] | None = None) -> None:
        self._accounts = dict(accounts or {})

    def find(self, account_id: str) -> LineAccount | None:
        """The account, unless it is not in the table or has no secret."""
        found = self._accounts.get(account_id)
        return found if found is not None and found.is_open else None

    def __iter__(self) -> Iterator[LineAccount]:
        return iter(self._accounts.values())

    def __len__(self) -> int:
        return len(self._accounts)


def load_accounts(path: Path | None, sites: Sites) -> LineAccounts:
    """Read the table.

    Args:
        path: A YAML file `accounts: {ID: {channel_secrets, access_token, …}}`; None for no LINE.
        sites: The sites that accounts may name.

    Raises:
        AccountsError: The file cannot be read, may be read by others, or says what would
            not work; all of it is named.
    """
    if path is None:
        return LineAccounts()
    _check_mode(path)
    try:
        data = load_yaml(path)
    except KnowledgeError as exc:
        raise AccountsError(str(exc)) from exc
    table = data.get("accounts") if isinstance(data, dict) else None
    if not isinstance(table, dict) or set(data) != {"accounts"}:
        raise AccountsError(
            f"{path}: must hold one key, 'accounts', with the accounts by their id."
        )
    accounts: dict[str, LineAccount] = {}
    problems: list[str] = []
    for account_id, entry in table.items():
        place = f"{path}: accounts.{account_id}"
        if not isinstance(entry, dict):
            problems.append(f"{place}: must be a mapping of settings.")
            continue
        try:
            account = accounts[account_id] = LineAccount(**{**entry, "id": account_id})
        except ValidationError as exc:
            problems += _problems(place, exc)
            continue
        if account.site is not None and sites.find(account.site) is None:
            problems.append(
                f"{place}.site: unknown site '{account.site}'. Add it to JINJIBU_SITES_FILE."
            )
    if problems:
        raise AccountsError("\n".join(problems))
    return LineAccounts(accounts)


def _check_mode(path: Path) -> None:
    """Refuse a file with secrets that everybody on the machine may read.

    Raises:
        AccountsError: It is not there, or others than its owner may read it.
    """
    try:
        mode = path.stat().st_mode
    except OSError as exc:
        raise AccountsError(
            f"{path}: cannot be read ({type(exc).__name__}). See JINJIBU_LINE_FILE."
        ) from exc
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise AccountsError(f"{path}: others may read the secrets in it. Run: chmod 600 '{path}'")


def _problems(place: str, exc: ValidationError) -> list[str]:
    """What is wrong and where; never the value, which may be a secret."""
    return [
        f"{'.'.join([place, *map(str, error['loc'])])}: {error['msg'].removeprefix('Value error, ')}"
        for error in exc.errors(include_input=False)
    ]
