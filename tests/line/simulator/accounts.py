"""The table of LINE accounts that desk reads, as accounts of the simulator."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from advisor.errors import KnowledgeError
from advisor.loading import load_yaml
from tests.line.fake.account import Account
from tests.line.fake.line import FakeLine

WEBHOOK = "/line/webhook/"


class AccountsError(Exception):
    """The table does not fit the simulator; says what to do."""


def open_accounts(line: FakeLine, path: Path, desk: str) -> list[Account]:
    """Give the simulator the accounts of desk's table.

    Args:
        line: The fake, whose address is known.
        path: The file that `JINJIBU_LINE_FILE` names for desk.
        desk: Desk's address; webhooks go to `/line/webhook/ID` there.

    Returns:
        The accounts whose `api_base` is the simulator.

    Raises:
        AccountsError: The file cannot be read, or none of its accounts speaks to the simulator.
    """
    try:
        table = load_yaml(path)["accounts"]
    except (OSError, KnowledgeError, KeyError, TypeError) as exc:
        raise AccountsError(f"{path}: cannot be read as a table of accounts: {exc}") from exc
    mine = {name: entry for name, entry in table.items() if _is_mine(entry, line.base)}
    if not mine:
        raise AccountsError(
            f"{path}: no account has api_base: {line.api_base}, so nothing would come here. "
            "Unset JINJIBU_LINE_FILE to have a table made, or change api_base and data_base."
        )
    return [_open(line, name, entry, desk) for name, entry in mine.items()]


def _is_mine(entry: dict[str, Any], base: str) -> bool:
    return urlsplit(entry.get("api_base", "")).netloc == urlsplit(base).netloc


def _open(line: FakeLine, name: str, entry: dict[str, Any], desk: str) -> Account:
    account = line.add_account(name)
    account.display_name = entry.get("name") or account.display_name
    account.secrets = list(entry["channel_secrets"])
    account.access_token = entry["access_token"]
    account.bot_user_id = entry.get("bot_user_id", account.bot_user_id)
    account.webhook.url = f"{desk.rstrip('/')}{WEBHOOK}{name}"
    return account
