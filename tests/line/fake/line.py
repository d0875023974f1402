"""The state of the fake of LINE: its accounts, its clock, and what it found wrong."""

import random
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.line.fake.account import Account
from tests.line.fake.clock import Clock
from tests.line.fake.users import User

Json = dict[str, Any]
FIRST_MESSAGE_ID = 580_000_000_000_000_000
MESSAGE_STEP = 7


class FakeLine:
    """LINE as an official account sees it. Serve it by `running_fake_line()`.

    `violations` lists every body of ours that LINE would refuse for its form, and every one
    that the OpenAPI file or the SDK would not take. `running_fake_line()` fails at its end if
    there are any; a test that means them clears the list.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None, *, seed: int = 0) -> None:
        """A LINE without accounts.

        Args:
            clock: Gives the time (UTC, aware); a `Clock` that stands still if None.
            seed: Of ids and tokens.
        """
        self.clock: Callable[[], datetime] = clock or Clock()
        self.chance = random.Random(seed)
        """For what people and accounts have: the same with each run of a seed."""
        self.chance_of_answers = random.Random(seed)
        """For what calls get, whose order depends on threads."""
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.violations: list[str] = []
        self.base = ""
        self._last_message = FIRST_MESSAGE_ID

    @property
    def api_base(self) -> str:
        """What stands for https://api.line.me."""
        return self.base

    @property
    def data_base(self) -> str:
        """What stands for https://api-data.line.me: another address, as there."""
        return f"{self.base}/data"

    @property
    def account(self) -> Account:
        """The first account; made when it is first asked for."""
        with self.lock:
            return next(iter(self.accounts.values()), None) or self.add_account("main")

    def add_account(self, name: str, display_name: str = "地域の人事部 相談ナビ") -> Account:
        """One more official account."""
        with self.lock:
            self.accounts[name] = Account(self, name, display_name)
            return self.accounts[name]

    def user(self, display_name: str = "佐藤 花子", *, is_friend: bool = True) -> User:
        """A new user of the first account."""
        return self.account.user(display_name, is_friend=is_friend)

    def by_token(self, token: str) -> Account | None:
        """The account that has this access token."""
        return next((a for a in self.accounts.values() if a.access_token == token), None)

    def message_id(self) -> str:
        """A new message id: digits that grow."""
        with self.lock:
            self._last_message += MESSAGE_STEP
            return str(self._last_message)

    def settings(self, name: str | None = None) -> Json:
        """The entry of an account for desk's file of LINE accounts."""
        account = self.accounts[name] if name else self.account
        return {
            "name": account.display_name,
            "channel_id": account.channel_id,
            "bot_user_id": account.bot_user_id,
            "channel_secrets": list(account.secrets),
            "access_token": account.access_token,
            "api_base": self.api_base,
            "data_base": self.data_base,
        }
