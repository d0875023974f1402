"""The secrets that targets name: sealed in the database, or else in the settings."""

import re
from collections.abc import Sequence
from uuid import UUID

import structlog

from desk.audit.service import acting, record
from desk.db import Database, Transaction, now
from desk.notify import repository
from desk.notify.errors import (
    SecretInUseError,
    SecretMissingError,
    SecretNotFoundError,
    SecretRefusedError,
)
from desk.notify.models import NotificationSecret, TargetKind
from desk.notify.ports import SecretBox
from desk.notify.webhook import read_secret

log = structlog.get_logger()
SECRET_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SECRET = re.compile(r"[!-~]{1,500}")


class VaultSecretBox:
    """Secrets in the database, sealed with its keys; a changed one counts at once."""

    def __init__(self, database: Database, besides: SecretBox) -> None:
        """A box.

        Args:
            database: Opened with its keys.
            besides: Where a secret is looked for that is not in the database.
        """
        self._database = database
        self._besides = besides

    async def get_secret(self, name: str) -> str:
        """See `SecretBox.get_secret`."""
        async with self._database.read() as tx:
            row = await repository.find_secret(tx, name)
        if row is not None:
            return row.secret
        try:
            return await self._besides.get_secret(name)
        except SecretMissingError as exc:
            raise SecretMissingError(
                f"There is no secret '{name}'. Keep it by 'jinjibu notify keep-secret {name}', or"
                " add it to JINJIBU_NOTIFY_SECRETS and restart."
            ) from exc

    async def list_kept(self) -> Sequence[NotificationSecret]:
        """Every secret in the database, by name."""
        async with self._database.read() as tx:
            return await repository.list_secrets(tx)

    async def keep(self, name: str, secret: str, *, by: UUID | None = None) -> None:
        """Store a secret, in place of the one that had this name.

        Args:
            name: Targets name it so.
            secret: `whsec_…` for a webhook, an API token for kintone.
            by: The administrator who asks for it; None is the operator.

        Raises:
            SecretRefusedError: Name or secret are not valid, or a webhook that names it
                could not sign with it.
        """
        if not SECRET_NAME.fullmatch(name):
            raise SecretRefusedError("A name has 1 to 64 letters, digits and . _ -.")
        if not _SECRET.fullmatch(secret):
            raise SecretRefusedError("A secret has 1 to 500 printable characters and no space.")
        async with self._database.write() as tx:
            if await _is_named(tx, name, kind=TargetKind.WEBHOOK):
                _check_webhook(secret)
            row = await repository.find_secret(tx, name)
            if row is None:
                row = NotificationSecret(name=name, secret=secret)
                tx.add(row)
            row.secret, row.updated_at = secret, now()
            await tx.flush()  # The entry below names the row.
            _note(tx, "secret_kept", row, by)
        log.info("notification_secret_kept", name=name)

    async def forget(self, name: str, *, by: UUID | None = None) -> None:
        """Take a secret out of the database.

        Raises:
            SecretNotFoundError: The database has none of this name.
            SecretInUseError: A target names it.
        """
        async with self._database.write() as tx:
            row = await repository.find_secret(tx, name)
            if row is None:
                raise SecretNotFoundError(f"The database holds no secret '{name}'.")
            if await _is_named(tx, name):
                raise SecretInUseError(f"A target names '{name}'. Give it another one first.")
            await tx.delete(row)
            _note(tx, "secret_forgotten", row, by)
        log.info("notification_secret_forgotten", name=name)


async def _is_named(tx: Transaction, name: str, *, kind: TargetKind | None = None) -> bool:
    """Whether a target (of this kind) names the secret."""
    targets = await repository.list_targets(tx)
    return any(name in each.secret_names for each in targets if kind in (None, each.kind))


def _check_webhook(secret: str) -> None:
    try:
        read_secret(secret)
    except ValueError as exc:
        raise SecretRefusedError(f"A webhook names it, and {exc}.") from exc


def _note(tx: Transaction, action: str, row: NotificationSecret, by: UUID | None) -> None:
    subject = f"notification_secret:{row.id}"
    details = {"name": row.name}
    record(tx, action=action, actor=acting(by), actor_id=by, subject=subject, details=details)
