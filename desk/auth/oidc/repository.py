"""SQL of logins by an organisation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select

from desk.auth.models import OidcAttempt, StaffIdentity, StaffUser
from desk.db import Transaction
from desk.vault.lookups import LookupKind
from desk.vault.types import get_vault


async def drop_old_attempts(tx: Transaction, moment: datetime) -> None:
    """Forget those who did not come back."""
    await tx.execute(delete(OidcAttempt).where(OidcAttempt.expires_at <= moment))


async def take_attempt(
    tx: Transaction, state_hash: str, browser_hash: str, moment: datetime
) -> OidcAttempt | None:
    """Use up the attempt of this state, begun in this browser; None if there is none."""
    taken = await tx.execute(
        delete(OidcAttempt)
        .where(
            OidcAttempt.state_hash == state_hash,
            OidcAttempt.browser_hash == browser_hash,
            OidcAttempt.expires_at > moment,
        )
        .returning(OidcAttempt)
    )
    return taken.scalar_one_or_none()


async def find_linked(tx: Transaction, issuer: str, subject: str) -> StaffUser | None:
    """The account tied to this person of the organisation."""
    query = (
        select(StaffUser)
        .join(StaffIdentity, StaffIdentity.user_id == StaffUser.id)
        .where(StaffIdentity.issuer == issuer, StaffIdentity.subject == subject)
    )
    return (await tx.scalars(query)).one_or_none()


async def find_by_email(tx: Transaction, email: str) -> StaffUser | None:
    """The account for which an administrator entered this (normalised) address."""
    hashes = get_vault(tx.get_bind().dialect).hashes(LookupKind.EMAIL, email)
    query = select(StaffUser).where(StaffUser.oidc_email_hash.in_(hashes))
    return (await tx.scalars(query)).one_or_none()


async def find_identity(tx: Transaction, user_id: UUID, issuer: str) -> StaffIdentity | None:
    """Who the account is at this organisation, if it is tied."""
    query = select(StaffIdentity).where(
        StaffIdentity.user_id == user_id, StaffIdentity.issuer == issuer
    )
    return (await tx.scalars(query)).one_or_none()


async def drop_identities(tx: Transaction, user_id: UUID) -> None:
    """Untie the account from every organisation."""
    await tx.execute(delete(StaffIdentity).where(StaffIdentity.user_id == user_id))
