"""Mail by SMTP, with TLS wherever it can be asked for."""

import asyncio
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import aiosmtplib

from desk.db import now
from desk.notify.errors import DeliveryError
from desk.notify.outbound import tls_context
from desk.notify.ports import Mail

TOLD_MOST = 300
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    """Begins in the clear and must change to TLS before anything is said."""
    TLS = "tls"
    """TLS from the first byte."""
    NONE = "none"
    """In the clear; for a server on this machine or in a network of one's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpAccount:
    """The mail server and who we are there."""

    host: str
    port: int
    security: SmtpSecurity
    user: str = ""
    password: str = ""
    sender: str = ""
    ca_file: Path | None = None
    timeout_seconds: float = 10.0


class SmtpMail:
    """Hands mail to one server."""

    def __init__(self, account: SmtpAccount) -> None:
        self._account = account

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Reading the authorities takes a while, so it is done once."""
        return tls_context(self._account.ca_file)

    async def send(self, mail: Mail) -> str:
        """See `MailPort.send`."""
        account = self._account
        if not account.host or not account.sender:
            raise DeliveryError(
                "no mail server is set: JINJIBU_SMTP_HOST and JINJIBU_SMTP_FROM", permanent=True
            )
        is_clear = account.security is SmtpSecurity.NONE
        if account.user and is_clear and account.host not in _LOOPBACK:
            raise DeliveryError(
                "a password is not sent in the clear: set JINJIBU_SMTP_SECURITY", permanent=True
            )
        try:
            async with asyncio.timeout(account.timeout_seconds):
                return await self._send(write(mail, sender=account.sender))
        except TimeoutError as exc:
            seconds = f"{account.timeout_seconds:g}"
            raise DeliveryError(f"the mail server did not answer in {seconds} seconds") from exc
        except aiosmtplib.SMTPException as exc:
            raise _refusal(exc) from exc
        except (OSError, ssl.SSLError) as exc:
            raise DeliveryError(f"no connection to the mail server ({exc})"[:TOLD_MOST]) from exc

    async def _send(self, message: EmailMessage) -> str:
        account = self._account
        is_clear = account.security is SmtpSecurity.NONE
        _, answer = await aiosmtplib.send(
            message,
            hostname=account.host,
            port=account.port,
            use_tls=account.security is SmtpSecurity.TLS,
            start_tls=account.security is SmtpSecurity.STARTTLS,
            username=account.user or None,
            password=account.password or None,
            tls_context=None if is_clear else self._tls,
            timeout=account.timeout_seconds,
        )
        return answer[:200]


def write(mail: Mail, *, sender: str) -> EmailMessage:
    """The mail as it goes over the wire: UTF-8, in a form that every server passes on.

    Args:
        mail: What to say to whom.
        sender: Our own address.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(mail.from_name, addr_spec=sender)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    # Out-of-office answers would otherwise come back (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, charset="utf-8", cte="base64")
    return message


def _refusal(exc: aiosmtplib.SMTPException) -> DeliveryError:
    """The server's own words, and whether it would say the same again (5xx)."""
    if isinstance(exc, aiosmtplib.SMTPRecipientsRefused):
        refused = exc.recipients[0]
        return _answered(refused.code, refused.message)
    if isinstance(exc, aiosmtplib.SMTPResponseException):
        return _answered(exc.code, exc.message)
    text = str(exc) or type(exc).__name__
    return DeliveryError(f"the mail server: {text}"[:TOLD_MOST])


def _answered(code: int, message: str) -> DeliveryError:
    told = f"{code} {message}"[:TOLD_MOST]
    return DeliveryError(told, permanent=500 <= code < 600)
