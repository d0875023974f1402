"""The outside systems that take notices, as desk sees them, and their printable twins.

The real parts are in `mail`, `webhook` and `kintone`; the setting `notify_mode` chooses.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TextIO

from desk.notify.errors import SecretMissingError

PRINTED = "printed, not sent"
"""Proof of a notice that a twin took: it went nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one address; no personal data in it."""

    id: str
    """Becomes the Message-ID; the same when the mail is sent again."""
    to: str
    from_name: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """One event to one receiver."""

    id: str
    """The same when the event is sent again; no full stop in it."""
    url: str
    body: bytes
    secrets: tuple[str, ...]
    """One secret, or the new and the old one while it is replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KintoneRecord:
    """One record as it should stand in an app; the key field makes it one record."""

    address: str
    app: str
    token: str
    key_field: str
    key: str
    values: Mapping[str, str]
    """Field code → value, without the key field."""


class MailPort(Protocol):
    """Sends mail."""

    async def send(self, mail: Mail) -> str:
        """Hand the mail to the mail server.

        Returns:
            What the server answered when it took it.

        Raises:
            DeliveryError: It did not.
        """
        ...


class WebhookPort(Protocol):
    """Calls receivers."""

    async def send(self, call: WebhookCall) -> str:
        """Send the event, signed.

        Returns:
            What the receiver answered; any 2xx.

        Raises:
            DeliveryError: It did not take it.
        """
        ...


class KintonePort(Protocol):
    """Writes records into kintone apps."""

    async def send(self, record: KintoneRecord) -> str:
        """Make the record, or bring the one with this key up to date.

        Returns:
            Which record, and whether it is new.

        Raises:
            DeliveryError: kintone did not take it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """One part of each kind."""

    mail: MailPort
    webhook: WebhookPort
    kintone: KintonePort


class SecretBox(Protocol):
    """Keeps the secrets that targets name."""

    async def get_secret(self, name: str) -> str:
        """The secret of this name.

        Raises:
            SecretMissingError: There is none.
        """
        ...


class SettingsSecretBox:
    """Secrets from the setting `JINJIBU_NOTIFY_SECRETS`, a JSON object name → secret."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)

    async def get_secret(self, name: str) -> str:
        """See `SecretBox.get_secret`."""
        secret = self._secrets.get(name, "")
        if not secret:
            raise SecretMissingError(
                f"There is no secret '{name}'. Add it to JINJIBU_NOTIFY_SECRETS and restart."
            )
        return secret


class _Printed:
    """Prints what would have been sent, one JSON line each, and keeps it for tests."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self.sent: list[Any] = []
        self.failures: list[Exception] = []
        """Raised one after the other before anything is taken."""

    def _take(self, kind: str, given: Any, shown: Mapping[str, Any]) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(given)
        print(json.dumps({kind: shown}, ensure_ascii=False), file=self._stream or sys.stderr)
        return PRINTED


class PrintedMail(_Printed):
    """A twin: prints mails."""

    async def send(self, mail: Mail) -> str:
        """See `MailPort.send`."""
        return self._take("mail", mail, asdict(mail))


class PrintedWebhook(_Printed):
    """A twin: prints events, without the secrets."""

    async def send(self, call: WebhookCall) -> str:
        """See `WebhookPort.send`."""
        shown = {"id": call.id, "url": call.url, "body": json.loads(call.body)}
        return self._take("webhook", call, shown)


class PrintedKintone(_Printed):
    """A twin: prints records, without the token."""

    async def send(self, record: KintoneRecord) -> str:
        """See `KintonePort.send`."""
        shown = {k: v for k, v in asdict(record).items() if k != "token"}
        return self._take("kintone", record, shown)


def printed_ports(stream: TextIO | None = None) -> Ports:
    """The twins of all three kinds."""
    return Ports(
        mail=PrintedMail(stream), webhook=PrintedWebhook(stream), kintone=PrintedKintone(stream)
    )
