"""Builds the notifications from the settings, for the application and the command line."""

from collections.abc import Callable
from dataclasses import dataclass

from desk.auth.hubs import read_hubs
from desk.config import Settings
from desk.db import Database
from desk.notify.kintone import HttpKintone
from desk.notify.mail import SmtpAccount, SmtpMail, SmtpSecurity
from desk.notify.messages import Messages
from desk.notify.outbound import Outbound
from desk.notify.ports import Ports, SecretBox, SettingsSecretBox, printed_ports
from desk.notify.secrets import VaultSecretBox
from desk.notify.service import Count, NotifyService
from desk.notify.targets import TargetService
from desk.notify.webhook import HttpWebhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """The services, built together."""

    notify: NotifyService
    targets: TargetService
    secrets: VaultSecretBox


def build_ports(settings: Settings) -> Ports:
    """The real parts, or the twins if the settings say `print`."""
    if settings.notify_mode == "print":
        return printed_ports()
    account = SmtpAccount(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=SmtpSecurity(settings.smtp_security),
        user=settings.smtp_user,
        password=settings.smtp_password,
        sender=settings.smtp_from,
        ca_file=settings.notify_ca_file,
        timeout_seconds=settings.notify_timeout_seconds,
    )
    outbound = Outbound(
        timeout_seconds=settings.notify_timeout_seconds,
        allow_private=settings.notify_allow_private,
        ca_file=settings.notify_ca_file,
    )
    return Ports(
        mail=SmtpMail(account), webhook=HttpWebhook(outbound), kintone=HttpKintone(outbound)
    )


def build_notifications(
    settings: Settings,
    database: Database,
    *,
    ports: Ports | None = None,
    secrets: SecretBox | None = None,
    wake_jobs: Callable[[], None] = lambda: None,
    count: Count = lambda *_: None,
) -> Notifications:
    """The services.

    Args:
        settings: What the operator set.
        database: Where targets and deliveries are.
        ports: The outside systems; as the settings say if None.
        secrets: Where secrets are looked for; the database and the settings if None.
        wake_jobs: Called when something was queued.
        count: Counts outcomes.
    """
    hubs = read_hubs(settings.knowledge)
    kept = VaultSecretBox(database, SettingsSecretBox(settings.notify_secrets))
    box = secrets or kept
    notify = NotifyService(
        database,
        ports or build_ports(settings),
        box,
        Messages(public_url=settings.resolved_public_url, hubs=hubs),
        wake_jobs=wake_jobs,
        count=count,
    )
    targets = TargetService(
        database,
        notify,
        box,
        hubs,
        allow_private=settings.notify_allow_private,
        wake_jobs=wake_jobs,
    )
    return Notifications(notify=notify, targets=targets, secrets=kept)
