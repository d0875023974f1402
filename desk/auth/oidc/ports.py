"""The organisation's login as desk needs it, and a twin that needs none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

from desk.auth.errors import OidcRefusal, OidcRefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is at the organisation, after every check of the ID token."""

    issuer: str
    subject: str
    email: str | None = None
    """Only an address that the organisation calls verified."""
    has_unverified_email: bool = False
    has_mfa: bool = False
    """The organisation says that it asked for more than a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What goes to the organisation with the browser, and stays here for the way back."""

    state: str
    nonce: str
    code_verifier: str


class IdentityProvider(Protocol):
    """An organisation's login."""

    issuer: str

    async def authorization_address(self, sent: Sent) -> str:
        """Where to send the browser.

        Raises:
            OidcUnavailableError: The organisation's login does not answer.
        """
        ...

    async def redeem(self, code: str, sent: Sent) -> Identity:
        """Who came back with this code.

        Raises:
            OidcRefusedError: The code or the ID token does not hold.
            OidcUnavailableError: The organisation's login does not answer.
        """
        ...

    async def close(self) -> None:
        """Give back the connections."""
        ...


@dataclass(kw_only=True)
class ScriptedIdentityProvider:
    """The twin: knows the people it was told of, by code, and sends nothing anywhere."""

    issuer: str = "https://login.example.test"
    people: Mapping[str, Identity] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    async def authorization_address(self, sent: Sent) -> str:
        """An address that leads nowhere, with what a real one carries."""
        self.sent.append(sent)
        return f"{self.issuer}/authorize?{urlencode({'state': sent.state, 'nonce': sent.nonce})}"

    async def redeem(self, code: str, sent: Sent) -> Identity:
        """The person of this code.

        Raises:
            OidcRefusedError: It knows no such code, or what was sent is not what came back.
        """
        if code not in self.people or sent not in self.sent:
            raise OidcRefusedError(OidcRefusal.TOKEN)
        return self.people[code]

    async def close(self) -> None:
        """Nothing to give back."""
