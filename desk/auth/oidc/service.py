"""Logins by an organisation: out with a state, back with an identity, on to an account.

No account is ever made here. The first time, an address that an administrator entered and
the organisation calls verified finds the account and ties it to the person's number at the
organisation; from then on only that number counts, whoever gets the address later.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError

from desk.audit.service import Actor, acting, record
from desk.auth import repository, session_repository
from desk.auth.account_rules import check_email, normal_email
from desk.auth.errors import (
    IdentityTakenError,
    OidcRefusal,
    OidcRefusedError,
    StaffUserNotFoundError,
)
from desk.auth.login import CodeWanted, LoggedIn, Logins
from desk.auth.models import Method, OidcAttempt, StaffIdentity, StaffUser
from desk.auth.oidc import repository as oidc_repository
from desk.auth.oidc.ports import Identity, IdentityProvider, Sent
from desk.auth.tokens import new_token, token_hash
from desk.auth.visitor import NOBODY, Visitor
from desk.db import Database, Transaction, now

log = structlog.get_logger()
BACK_WITHIN = timedelta(minutes=10)
_ID = re.compile(r"[A-Za-z0-9_.:/+=-]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A browser about to be sent to the organisation."""

    address: str
    browser_token: str
    """For a cookie: only the browser that left may come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A browser that came back with a login that holds."""

    outcome: LoggedIn | CodeWanted
    user: StaffUser
    target: str


class OidcLogins:
    """Logins by one organisation."""

    def __init__(
        self, database: Database, provider: IdentityProvider, logins: Logins, *, require_mfa: bool
    ) -> None:
        self._database = database
        self.provider = provider
        self._logins = logins
        self._require_mfa = require_mfa

    async def depart(self, target: str) -> Departure:
        """Prepare the way to the organisation's login.

        Args:
            target: Where the person wants to go afterwards, inside the console.

        Raises:
            OidcUnavailableError: The organisation's login does not answer.
        """
        sent = Sent(state=new_token(), nonce=new_token(), code_verifier=new_token() + new_token())
        address = await self.provider.authorization_address(sent)
        browser, moment = new_token(), now()
        async with self._database.write() as tx:
            await oidc_repository.drop_old_attempts(tx, moment)
            tx.add(
                OidcAttempt(
                    state_hash=token_hash(sent.state),
                    browser_hash=token_hash(browser),
                    nonce=sent.nonce,
                    code_verifier=sent.code_verifier,
                    target=target[:1000],
                    expires_at=moment + BACK_WITHIN,
                )
            )
        return Departure(address=address, browser_token=browser)

    async def arrive(
        self,
        *,
        state: str,
        code: str,
        issuer: str,
        browser_token: str | None,
        visitor: Visitor = NOBODY,
    ) -> Arrival:
        """Take up somebody who comes back from the organisation.

        Args:
            state: As it came back; counts once.
            code: For the ID token; empty if the organisation refused.
            issuer: The parameter `iss` (RFC 9207); empty if there is none.
            browser_token: From the cookie.
            visitor: Whence the login comes.

        Raises:
            OidcRefusedError: It leads to no account in use; the log says why.
            OidcUnavailableError: The organisation's login does not answer.
        """
        try:
            attempt = await self._take(state, browser_token)
            if not code or (issuer and issuer != self.provider.issuer):
                raise OidcRefusedError(OidcRefusal.DENIED)
            sent = Sent(state=state, nonce=attempt.nonce, code_verifier=attempt.code_verifier)
            identity = await self.provider.redeem(code, sent)
            user = await self._account_of(identity)
        except OidcRefusedError as exc:
            await self._note_refusal(exc, visitor)
            raise
        outcome = await self._logins.go_on(
            user, method=Method.OIDC, has_mfa=identity.has_mfa, visitor=visitor
        )
        return Arrival(outcome=outcome, user=user, target=attempt.target)

    async def _take(self, state: str, browser_token: str | None) -> OidcAttempt:
        async with self._database.write() as tx:
            attempt = await oidc_repository.take_attempt(
                tx, token_hash(state), token_hash(browser_token or ""), now()
            )
        if attempt is None:
            raise OidcRefusedError(OidcRefusal.STATE)
        return attempt

    async def _account_of(self, identity: Identity) -> StaffUser:
        """The enabled account of this person, tied now if this is the first time."""
        if self._require_mfa and not identity.has_mfa:
            raise OidcRefusedError(OidcRefusal.NO_MFA, subject=identity.subject)
        try:
            async with self._database.write() as tx:
                user = await oidc_repository.find_linked(tx, identity.issuer, identity.subject)
                if user is None:
                    user = await self._tie(tx, identity)
                if user.disabled_at is not None:
                    raise OidcRefusedError(OidcRefusal.DISABLED, subject=identity.subject)
        except IntegrityError as exc:  # Two first logins at the same moment.
            raise OidcRefusedError(OidcRefusal.ANOTHER_SUBJECT) from exc
        return user

    async def _tie(self, tx: Transaction, identity: Identity) -> StaffUser:
        if identity.email is None:
            unverified = identity.has_unverified_email
            reason = OidcRefusal.EMAIL_UNVERIFIED if unverified else OidcRefusal.UNKNOWN
            raise OidcRefusedError(reason, subject=identity.subject)
        user = await oidc_repository.find_by_email(tx, normal_email(identity.email))
        if user is None:
            raise OidcRefusedError(OidcRefusal.UNKNOWN, subject=identity.subject)
        if await oidc_repository.find_identity(tx, user.id, identity.issuer) is not None:
            raise OidcRefusedError(OidcRefusal.ANOTHER_SUBJECT, subject=identity.subject)
        _add_identity(tx, user.id, identity.issuer, identity.subject)
        _note(tx, "identity_linked", user.id, user.id)
        log.info("staff_identity_linked", staff_id=str(user.id))
        return user

    async def _note_refusal(self, refused: OidcRefusedError, visitor: Visitor) -> None:
        details = {
            "reason": f"oidc_{refused.reason}",
            # As it came, so that an administrator can tie it to an account.
            "oidc_subject": refused.subject if _ID.fullmatch(refused.subject) else None,
            "device": visitor.device,
            "address": visitor.address,
        }
        async with self._database.write() as tx:
            record(
                tx,
                action="login_failed",
                actor=Actor.VISITOR,
                actor_id=None,
                subject="staff_user",
                details=details,
            )
        log.warning("oidc_login_refused", reason=refused.reason)


async def set_email(database: Database, user_id: UUID, email: str, *, by: UUID | None) -> None:
    """Enter the address by which the organisation's login finds the account.

    Whatever tied the account before is untied, and its sessions end.

    Args:
        database: Where the accounts are.
        user_id: Whose.
        email: The address; empty takes the way by the organisation away.
        by: The administrator; None is the operator.

    Raises:
        StaffUserNotFoundError: There is no such account.
        AccountRefusedError: It is no address.
        IdentityTakenError: It belongs to another account.
    """
    address = normal_email(email) or None
    if address is not None:
        check_email(address)
    try:
        async with database.write() as tx:
            user = await _get(tx, user_id)
            # The unique hash alone would miss one that was made with another key.
            other = await oidc_repository.find_by_email(tx, address) if address else None
            if other is not None and other.id != user_id:
                raise IdentityTakenError("Another account has this address.")
            user.oidc_email = address
            await oidc_repository.drop_identities(tx, user_id)
            await session_repository.end_all_of(tx, user_id, now())
            _note(tx, "oidc_email_set" if address else "oidc_email_removed", by, user_id)
    except IntegrityError as exc:
        raise IdentityTakenError("Another account has this address.") from exc


async def link(
    database: Database, user_id: UUID, *, issuer: str, subject: str, by: UUID | None
) -> None:
    """Tie the account to a person of an organisation whose login names no verified address.

    Raises:
        StaffUserNotFoundError: There is no such account.
        IdentityTakenError: The person is tied to another account.
    """
    try:
        async with database.write() as tx:
            await _get(tx, user_id)
            await oidc_repository.drop_identities(tx, user_id)
            _add_identity(tx, user_id, issuer, subject)
            _note(tx, "identity_linked", by, user_id)
    except IntegrityError as exc:
        raise IdentityTakenError("Another account belongs to this person.") from exc


def _add_identity(tx: Transaction, user_id: UUID, issuer: str, subject: str) -> None:
    tx.add(StaffIdentity(user_id=user_id, issuer=issuer, subject=subject))


async def _get(tx: Transaction, user_id: UUID) -> StaffUser:
    user = await repository.find_user(tx, user_id)
    if user is None:
        raise StaffUserNotFoundError("There is no such account.")
    return user


def _note(tx: Transaction, action: str, by: UUID | None, user_id: UUID) -> None:
    subject = f"staff_user:{user_id}"
    record(tx, action=action, actor=acting(by), actor_id=by, subject=subject)
