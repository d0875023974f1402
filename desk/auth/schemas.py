"""Bodies of the staff's account API."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from desk.auth.models import StaffSession
from desk.auth.sessions import SignedIn


class NewSession(BaseModel):
    """A login."""

    model_config = ConfigDict(extra="forbid")

    login: str = Field(max_length=120)
    password: str = Field(max_length=1024)
    code: str = Field(default="", max_length=64)
    """Of the authenticator app, or a recovery code; for accounts that have one."""


class StaffOut(BaseModel):
    """The person who acts."""

    id: UUID
    login: str
    display_name: str
    role: str
    hub_id: str | None


class SessionOut(BaseModel):
    """One login of the person."""

    id: UUID
    is_current: bool
    method: str
    second_factor: str
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime

    @classmethod
    def from_row(cls, row: StaffSession, current: UUID) -> Self:
        """The session as its person sees it."""
        return cls(
            id=row.id,
            is_current=row.id == current,
            method=row.method,
            second_factor=row.second_factor,
            device=row.device,
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
        )


class SessionsOut(BaseModel):
    """Every login of the person that holds."""

    sessions: list[SessionOut]


class CurrentSessionOut(BaseModel):
    """Who acts, and what they need to act."""

    user: StaffOut
    session: SessionOut
    csrf_token: str
    """To be sent in the header `X-CSRF-Token` with every change."""
    must_change_password: bool
    must_set_up_second_factor: bool

    @classmethod
    def of(cls, signed: SignedIn, *, must_change: bool, lacks_factor: bool) -> Self:
        """What the person learns of the session in which they act."""
        user = signed.user
        return cls(
            user=StaffOut(
                id=user.id,
                login=user.login,
                display_name=user.display_name,
                role=user.role,
                hub_id=user.hub_id,
            ),
            session=SessionOut.from_row(signed.session, signed.session.id),
            csrf_token=signed.session.csrf_token,
            must_change_password=must_change,
            must_set_up_second_factor=lacks_factor,
        )
