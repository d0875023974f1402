"""What is wrong with an account, as far as LINE tells."""

from collections.abc import Sequence
from enum import StrEnum

from desk.line.accounts import LineAccount
from desk.line.forecast import forecast
from desk.line.inspection import Access, Inspection


class Finding(StrEnum):
    """One thing to put right, or to know."""

    CLOSED = "closed"
    """The account has no secret: webhooks are answered 404."""
    AWAY = "away"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 (a name)
    OTHER_BOT = "other_bot"
    """The token belongs to another bot than `bot_user_id` says."""
    NO_WEBHOOK = "no_webhook"
    OTHER_WEBHOOK = "other_webhook"
    WEBHOOK_OFF = "webhook_off"
    NOT_HTTPS = "not_https"
    QUOTA_USED_UP = "quota_used_up"
    QUOTA_RUNS_OUT = "quota_runs_out"
    CHAT_ON = "chat_on"


HINTS = frozenset({Finding.QUOTA_RUNS_OUT, Finding.CHAT_ON})
"""Worth knowing; the rest is wrong."""


def find_problems(account: LineAccount, seen: Inspection, webhook: str) -> Sequence[Finding]:
    """Everything that is wrong, the gravest first.

    Args:
        account: As our table has it.
        seen: As LINE knows it.
        webhook: The address at which we take its webhooks.
    """
    found = [] if account.is_open else [Finding.CLOSED]
    if seen.access is Access.AWAY:
        return [*found, Finding.AWAY]
    if seen.access is Access.REFUSED:
        return [*found, Finding.TOKEN_REFUSED]
    if account.bot_user_id and seen.bot_user_id != account.bot_user_id:
        found.append(Finding.OTHER_BOT)
    found += _of_webhook(account, seen, webhook)
    if seen.quota is not None:
        ends = forecast(seen.quota, seen.read_at).runs_out_on
        if seen.quota.left == 0:
            found.append(Finding.QUOTA_USED_UP)
        elif ends is not None:
            found.append(Finding.QUOTA_RUNS_OUT)
    if seen.is_chat_on:
        found.append(Finding.CHAT_ON)
    return found


def _of_webhook(account: LineAccount, seen: Inspection, webhook: str) -> Sequence[Finding]:
    # What stands for LINE on this machine takes http too.
    if not webhook.startswith("https://") and account.api_base.startswith("https://"):
        return [Finding.NOT_HTTPS]
    if seen.webhook is None:
        return []
    if not seen.webhook:
        return [Finding.NO_WEBHOOK]
    if seen.webhook != webhook:
        return [Finding.OTHER_WEBHOOK]
    return [] if seen.is_webhook_active else [Finding.WEBHOOK_OFF]
