"""Which hub wants to be told where: adding, switching, removing and trying targets."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from desk.audit.service import acting, record
from desk.auth.hubs import HubName
from desk.db import Database, Transaction, new_id, now
from desk.notify import repository
from desk.notify.errors import (
    SecretMissingError,
    TargetFlaw,
    TargetNotFoundError,
    TargetRefusedError,
)
from desk.notify.messages import KEY_VALUE, RECORD_VALUES
from desk.notify.models import (
    BUREAU,
    Delivery,
    DeliveryState,
    NoticeKind,
    NotificationTarget,
    TargetKind,
    TargetLevel,
)
from desk.notify.outbox import Notice, queue_delivery
from desk.notify.ports import SecretBox
from desk.notify.secrets import SECRET_NAME
from desk.notify.service import NotifyService
from desk.notify.webhook import read_secret

log = structlog.get_logger()
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_APP = re.compile(r"[0-9]{1,16}")
_SECRETS = {TargetKind.MAIL: (0, 0), TargetKind.WEBHOOK: (1, 2), TargetKind.KINTONE: (1, 1)}
"""How many secrets each kind names, at least and at most."""
LONGEST_ADDRESS = 500
LONGEST_FIELD = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDraft:
    """A target as somebody asks for it."""

    hub_id: str
    kind: str
    address: str
    level: str = TargetLevel.HUB
    app: str = ""
    field_map: Mapping[str, str] = field(default_factory=dict)
    secret_names: Sequence[str] = ()


class TargetService:
    """The targets of all hubs."""

    def __init__(
        self,
        database: Database,
        notify: NotifyService,
        secrets: SecretBox,
        hubs: Mapping[str, HubName],
        *,
        allow_private: bool,
        wake_jobs: Callable[[], None] = lambda: None,
    ) -> None:
        self.hubs = hubs
        self._database = database
        self._notify = notify
        self._secrets = secrets
        self._allow_private = allow_private
        self._wake_jobs = wake_jobs

    async def save(self, draft: TargetDraft, *, by: UUID | None = None) -> NotificationTarget:
        """Add a target, or bring the one with the same address up to date.

        Saving it again with other secrets replaces them: `new, old` while the receiver
        changes over, then `new`. Its level is that of the last time. A target that was removed or switched off comes back.

        Args:
            draft: The target.
            by: The administrator who asks for it, here and below; None is the operator.

        Raises:
            TargetRefusedError: Hub, kind, level, address, app, fields or secrets are not valid.
        """
        await self._check(draft)
        async with self._database.write() as tx:
            target = await repository.find_same_target(
                tx, draft.hub_id, draft.kind, draft.address, draft.app
            )
            if target is None:
                target = NotificationTarget(
                    id=new_id(),
                    hub_id=draft.hub_id,
                    kind=draft.kind,
                    address=draft.address,
                    app=draft.app,
                )
                tx.add(target)
            target.level = draft.level
            target.field_map = dict(draft.field_map)
            target.secret_names = list(draft.secret_names)
            target.enabled, target.disabled_reason, target.removed_at = True, None, None
            target.updated_at = now()
            _note(tx, "target_saved", target, by, target_kind=target.kind, level=target.level)
        log.info("target_saved", target_id=str(target.id), kind=draft.kind, hub_id=draft.hub_id)
        return target

    async def list_targets(self) -> Sequence[NotificationTarget]:
        """Every target that was not removed, by hub."""
        async with self._database.read() as tx:
            return await repository.list_targets(tx)

    async def list_silent_hubs(self) -> Sequence[str]:
        """Hubs that are told nowhere: their cases stand in the console's queue only."""
        return await self._list_without(TargetLevel.HUB)

    async def list_hubs_without_lead(self) -> Sequence[str]:
        """Hubs whose lead is told nowhere: the second step tells the hub once more."""
        return await self._list_without(TargetLevel.LEAD)

    async def _list_without(self, level: TargetLevel) -> Sequence[str]:
        targets = await self.list_targets()
        told = {target.hub_id for target in targets if target.enabled and target.level == level}
        return [hub_id for hub_id in self.hubs if hub_id not in told]

    async def remove(self, target_id: UUID, *, by: UUID | None = None) -> None:
        """Take a target away; what waits for it is not sent any more.

        Raises:
            TargetNotFoundError: There is none.
        """
        async with self._database.write() as tx:
            target = await self._get(tx, target_id)
            target.removed_at = target.updated_at = now()
            _note(tx, "target_removed", target, by)
        log.info("target_removed", target_id=str(target_id))

    async def switch(self, target_id: UUID, *, enabled: bool, by: UUID | None = None) -> None:
        """Switch a target on or off.

        Raises:
            TargetNotFoundError: There is none.
        """
        async with self._database.write() as tx:
            target = await self._get(tx, target_id)
            target.enabled, target.disabled_reason = enabled, None
            target.updated_at = now()
            _note(tx, "target_switched", target, by, enabled=enabled)
        log.info("target_switched", target_id=str(target_id), enabled=enabled)

    async def queue_test(self, target_id: UUID, *, by: UUID | None = None) -> None:
        """Send a test notice by the queue; it shows among the deliveries.

        Raises:
            TargetNotFoundError: There is none.
        """
        async with self._database.write() as tx:
            target = await self._get(tx, target_id)
            notice = Notice(key=f"test:{new_id()}", kind=NoticeKind.TEST, hub_id=target.hub_id)
            await queue_delivery(tx, notice, target)
            _note(tx, "target_tested", target, by)
            tx.after_commit(self._wake_jobs)

    async def test(self, target_id: UUID, *, by: UUID | None = None) -> str:
        """Send a test notice at once, past the queue.

        Returns:
            What the other side answered.

        Raises:
            TargetNotFoundError: There is none.
            DeliveryError: It was not taken.
        """
        async with self._database.write() as tx:
            target = await self._get(tx, target_id)
            _note(tx, "target_tested", target, by)
        delivery = Delivery(
            id=new_id(),
            target_id=target.id,
            event_key=f"test:{new_id()}",
            notice=NoticeKind.TEST,
            hub_id=target.hub_id,
            case_number="",
            facts={},
            occurred_at=now(),
            state=DeliveryState.PENDING,
        )
        return await self._notify.send_now(delivery, target)

    async def _get(self, tx: Transaction, target_id: UUID) -> NotificationTarget:
        target = await repository.find_target(tx, target_id)
        if target is None or target.removed_at is not None:
            raise TargetNotFoundError("There is no such target.")
        return target

    async def _check(self, draft: TargetDraft) -> None:
        if draft.hub_id not in self.hubs:
            known = ", ".join(self.hubs)
            raise TargetRefusedError(
                TargetFlaw.BAD_HUB, f"There is no hub '{draft.hub_id}'. Known: {known}."
            )
        if draft.kind not in set(TargetKind):
            kinds = ", ".join(TargetKind)
            raise TargetRefusedError(TargetFlaw.BAD_KIND, f"A target's kind is one of: {kinds}.")
        _check_level(draft)
        if draft.kind == TargetKind.MAIL:
            _check_mail(draft.address)
        else:
            self._check_url(draft.address)
        _check_app(draft)
        await self._check_secrets(draft)

    def _check_url(self, address: str) -> None:
        try:
            parts = urlsplit(address)
            is_good = bool(parts.hostname) and not parts.username and address.isascii()
        except ValueError:
            is_good = False
        schemes = {"https", "http"} if self._allow_private else {"https"}
        if not is_good or parts.scheme not in schemes or len(address) > LONGEST_ADDRESS:
            raise TargetRefusedError(
                TargetFlaw.BAD_URL, "The address must be https://… without a password in it."
            )

    async def _check_secrets(self, draft: TargetDraft) -> None:
        fewest, most = _SECRETS[TargetKind(draft.kind)]
        if not fewest <= len(draft.secret_names) <= most:
            raise TargetRefusedError(
                TargetFlaw.BAD_SECRETS, f"A {draft.kind} names {fewest} to {most} secrets."
            )
        for name in draft.secret_names:
            if not SECRET_NAME.fullmatch(name):
                raise TargetRefusedError(
                    TargetFlaw.BAD_SECRETS, "Give the name of a secret, not the secret itself."
                )
            try:
                secret = await self._secrets.get_secret(name)
                if draft.kind == TargetKind.WEBHOOK:
                    read_secret(secret)
            except SecretMissingError as exc:
                raise TargetRefusedError(TargetFlaw.BAD_SECRETS, exc.detail) from exc
            except ValueError as exc:
                detail = f"The secret '{name}' cannot be used: {exc}."
                raise TargetRefusedError(TargetFlaw.BAD_SECRETS, detail) from exc


def _note(
    tx: Transaction,
    action: str,
    target: NotificationTarget,
    by: UUID | None,
    **details: str | bool,
) -> None:
    """Write the deed into the audit log; the address may be a person's and stays out."""
    record(
        tx,
        action=action,
        actor=acting(by),
        actor_id=by,
        subject=f"target:{target.id}",
        details={"hub_id": target.hub_id, **details},
    )


def _check_level(draft: TargetDraft) -> None:
    """The bureau's own targets hear of everything, or as its lead."""
    known = [each for each in TargetLevel if (each, draft.hub_id) != (TargetLevel.BUREAU, BUREAU)]
    if draft.level not in known:
        raise TargetRefusedError(
            TargetFlaw.BAD_LEVEL, f"This target's level is one of: {', '.join(known)}."
        )


def _check_mail(address: str) -> None:
    if not _MAIL.fullmatch(address) or len(address) > LONGEST_ADDRESS:
        raise TargetRefusedError(TargetFlaw.BAD_MAIL, "This is no mail address.")


def _check_app(draft: TargetDraft) -> None:
    if draft.kind != TargetKind.KINTONE:
        if draft.app or draft.field_map:
            raise TargetRefusedError(
                TargetFlaw.BAD_APP, "Only a kintone target has an app and fields."
            )
        return
    if not _APP.fullmatch(draft.app):
        raise TargetRefusedError(TargetFlaw.BAD_APP, "Give the number of the kintone app.")
    unknown = [name for name in draft.field_map if name not in RECORD_VALUES]
    if unknown or KEY_VALUE not in draft.field_map:
        raise TargetRefusedError(
            TargetFlaw.BAD_FIELDS,
            f"Fields are given as value=field_code; '{KEY_VALUE}' is needed and names the"
            f" unique field. Values: {', '.join(RECORD_VALUES)}.",
        )
    codes = list(draft.field_map.values())
    if any(not 0 < len(code) <= LONGEST_FIELD for code in codes) or len({*codes}) < len(codes):
        raise TargetRefusedError(TargetFlaw.BAD_FIELDS, "Each value needs a field of its own.")
