"""Tables of staff accounts, their sessions, second factors and logins elsewhere."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.db import Base, new_id, now
from desk.vault.lookups import LookupKind
from desk.vault.rows import SealedRow
from desk.vault.types import EncryptedText, LookupHash


class Role(StrEnum):
    """What a staff member may do."""

    STAFF = "staff"
    LEAD = "lead"
    BUREAU = "bureau"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Method(StrEnum):
    """How a session was begun."""

    PASSWORD = "password"  # noqa: S105 (not one)
    OIDC = "oidc"


class Factor(StrEnum):
    """What proved the person beside the password."""

    NONE = "none"
    TOTP = "totp"
    RECOVERY = "recovery"
    ORGANISATION = "organisation"
    """The organisation's own login said that it asked for more than a password."""


class StaffUser(SealedRow, Base):
    """A person who works with cases."""

    __tablename__ = "staff_user"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(120), unique=True)
    display_name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    one_time_until: Mapped[datetime | None]
    """Until when a one-time password opens; None for passwords of the person's own."""
    role: Mapped[str] = mapped_column(String(16))
    hub_id: Mapped[str | None] = mapped_column(String(32))
    """The hub whose cases the person sees; None for roles that span hubs."""
    oidc_email: Mapped[str | None] = mapped_column(EncryptedText("staff_user.oidc_email"))
    """Address by which the organisation's login finds the account the first time."""
    oidc_email_hash: Mapped[str | None] = mapped_column(
        LookupHash("oidc_email", kind=LookupKind.EMAIL), index=True, unique=True
    )
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class StaffSession(Base):
    """One login; the cookie holds the token, the table its hash."""

    __tablename__ = "staff_session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(
        String(16), default=Method.PASSWORD, server_default="password"
    )
    second_factor: Mapped[str] = mapped_column(
        String(16), default=Factor.NONE, server_default="none"
    )
    device: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """Browser and system, such as `Firefox/Windows`; empty if unknown."""
    address: Mapped[str] = mapped_column(String(43), default="", server_default="")
    """The network the person came from, never the whole address; empty if unknown."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class StaffTotp(SealedRow, Base):
    """The authenticator app of a person; a new one waits until its first code is right."""

    __tablename__ = "staff_totp"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"), unique=True)
    secret: Mapped[str | None] = mapped_column(EncryptedText("staff_totp.secret"))
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The newest time-step whose code was used; no code of it or before counts again."""
    pending_secret: Mapped[str | None] = mapped_column(EncryptedText("staff_totp.pending_secret"))
    pending_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One of the codes for the day on which the authenticator app is not there."""

    __tablename__ = "staff_recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "slot"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"))
    slot: Mapped[int]
    """The first digit of the code, which says whose hash to check."""
    code_hash: Mapped[str] = mapped_column(String(200))
    used_at: Mapped[datetime | None]


class LoginChallenge(Base):
    """A login between its first and its second factor; reached by a cookie of its own."""

    __tablename__ = "login_challenge"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    method: Mapped[str] = mapped_column(String(16))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class OidcAttempt(Base):
    """A person sent to the organisation's login and not back yet."""

    __tablename__ = "oidc_attempt"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    browser_hash: Mapped[str] = mapped_column(String(64))
    """Hash of the cookie of the browser that began; no other may come back."""
    nonce: Mapped[str] = mapped_column(String(64))
    code_verifier: Mapped[str] = mapped_column(String(128))
    target: Mapped[str] = mapped_column(String(1000))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class StaffIdentity(Base):
    """A person at an organisation's login, tied to an account here."""

    __tablename__ = "staff_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id", "issuer"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("staff_user.id"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime] = mapped_column(default=now)
