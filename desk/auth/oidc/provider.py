"""An organisation's login over HTTP: discovery, keys, code for token, checks of the token.

Keys and discovery are kept for an hour. A token signed with an unknown key makes them be
read again, at most twice a minute, so that a change of keys is noticed at once and a
stranger's tokens do not become requests.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from desk.auth.errors import OidcRefusal, OidcRefusedError, OidcUnavailableError
from desk.auth.oidc.ports import Identity, Sent
from desk.config import Settings
from desk.db import now

log = structlog.get_logger()
CALLBACK = "/console/oidc/callback"
SCOPES = "openid email"
ALGORITHMS = ["RS256", "PS256", "ES256", "RS384", "ES384", "RS512", "ES512"]
"""Signatures by a key that only the organisation has; never `none`, never a shared secret."""
KEEP_FOR = timedelta(hours=1)
ASK_AGAIN_AFTER = timedelta(seconds=30)
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the organisation publishes about its login."""

    document: Mapping[str, Any]
    keys: KeySet
    read_at: datetime


class HttpIdentityProvider:
    """One organisation's login, as the settings name it."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.issuer = settings.oidc_issuer
        self._settings = settings
        self._clock = clock
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS, follow_redirects=False, transport=transport
        )
        self._known: _Known | None = None

    @property
    def _callback(self) -> str:
        return f"{self._settings.resolved_public_url}{CALLBACK}"

    async def authorization_address(self, sent: Sent) -> str:
        """Where to send the browser: authorization code with PKCE, state and nonce."""
        known = await self._read()
        digest = hashlib.sha256(sent.code_verifier.encode()).digest()
        wanted = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._callback,
            "scope": SCOPES,
            "state": sent.state,
            "nonce": sent.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        address = str(known.document["authorization_endpoint"])
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(wanted)}"

    async def redeem(self, code: str, sent: Sent) -> Identity:
        """Who came back with this code, after every check of the ID token."""
        known = await self._read()
        token = await self._exchange(known, code, sent)
        try:
            claims = await self._claims(known, token)
            self._check(claims, sent)
        except (JoseError, ValueError, KeyError, TypeError) as exc:
            log.warning("oidc_token_refused", error=type(exc).__name__)
            raise OidcRefusedError(OidcRefusal.TOKEN) from exc
        return self._identity(claims)

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.aclose()

    async def _read(self, *, newer_than: timedelta = KEEP_FOR) -> _Known:
        """Discovery and keys, from memory while they are young enough."""
        known = self._known
        if known is None or self._clock() - known.read_at >= newer_than:
            document = await self._get(
                f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            )
            try:
                self._check_document(document)
                keys = KeySet.import_key_set(await self._get(str(document["jwks_uri"])))  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as exc:
                raise OidcUnavailableError("The organisation's login is set up wrongly.") from exc
            known = _Known(document=document, keys=keys, read_at=self._clock())
            self._known = known
        return known

    def _check_document(self, document: Mapping[str, Any]) -> None:
        """Refuse a document of another issuer, or addresses without TLS."""
        if document["issuer"] != self.issuer:
            raise ValueError("the document is another issuer's")
        scheme = urlsplit(self.issuer).scheme
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if urlsplit(str(document[name])).scheme not in {"https", scheme}:
                raise ValueError(f"{name} is not protected by TLS")

    async def _get(self, address: str) -> dict[str, Any]:
        try:
            answer = await self._client.get(address, headers={"Accept": "application/json"})
            answer.raise_for_status()
            content = answer.json()
        except (httpx.HTTPError, ValueError) as exc:
            log.warning("oidc_unavailable", error=type(exc).__name__)
            raise OidcUnavailableError("The organisation's login does not answer.") from exc
        if not isinstance(content, dict):
            raise OidcUnavailableError("The organisation's login answers strangely.")
        return content

    async def _exchange(self, known: _Known, code: str, sent: Sent) -> str:
        """The ID token for the code."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": sent.code_verifier,
        }
        client_id, secret = self._settings.oidc_client_id, self._settings.oidc_client_secret
        methods = known.document.get("token_endpoint_auth_methods_supported")
        auth = httpx.Auth()  # Adds nothing.
        if secret and (not methods or "client_secret_basic" in methods):
            # RFC 6749, 2.3.1: both are encoded as in a form first.
            auth = httpx.BasicAuth(quote(client_id, safe=""), quote(secret, safe=""))
        else:
            fields |= {"client_id": client_id} | ({"client_secret": secret} if secret else {})
        try:
            address = str(known.document["token_endpoint"])
            answer = await self._client.post(
                address, data=fields, auth=auth, headers={"Accept": "application/json"}
            )
            content = answer.json()
        except (httpx.HTTPError, ValueError) as exc:
            log.warning("oidc_unavailable", error=type(exc).__name__)
            raise OidcUnavailableError("The organisation's login does not answer.") from exc
        if answer.is_server_error:
            raise OidcUnavailableError("The organisation's login is out of order.")
        token = content.get("id_token") if isinstance(content, dict) else None
        if answer.status_code != httpx.codes.OK or not isinstance(token, str):
            log.warning("oidc_code_refused", status=answer.status_code)
            raise OidcRefusedError(OidcRefusal.TOKEN)
        return token

    async def _claims(self, known: _Known, token: str) -> dict[str, Any]:
        """The token's claims, if a key of the organisation has signed it."""
        try:
            return dict(jwt.decode(token, known.keys, algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError):
            newer = await self._read(newer_than=ASK_AGAIN_AFTER)
            if newer is known:
                raise
            return dict(jwt.decode(token, newer.keys, algorithms=ALGORITHMS).claims)

    def _check(self, claims: dict[str, Any], sent: Sent) -> None:
        """Refuse a token that is not from here, not for us, not for now or not for this login.

        Source:
            OpenID Connect Core 1.0, 3.1.3.7.
        """
        client_id = self._settings.oidc_client_id
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": sent.nonce},
        )
        registry.validate(claims)
        audience = claims["aud"]
        is_shared = isinstance(audience, list) and len(audience) > 1
        if (is_shared or "azp" in claims) and claims.get("azp") != client_id:
            raise ValueError("the token was made for another client")
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise ValueError("the token names nobody")

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        email = claims.get("email")
        is_verified = claims.get("email_verified") is True
        given = {str(value) for value in [*_list(claims.get("amr")), claims.get("acr")]}
        return Identity(
            issuer=self.issuer,
            subject=str(claims["sub"]),
            email=email if isinstance(email, str) and is_verified else None,
            has_unverified_email=isinstance(email, str) and not is_verified,
            has_mfa=not given.isdisjoint(self._settings.oidc_mfa_values),
        )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
