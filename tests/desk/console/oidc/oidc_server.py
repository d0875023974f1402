"""A small OpenID provider for tests: a process of its own, real HTTP, real RSA keys.

It logs everybody in as the person that the test names, by `POST /control`, and can be told
to make tokens that are wrong in one way.

    python oidc_server.py          prints its port when it listens
"""

import base64
import hashlib
import hmac
import json
import secrets
import socket
import sys
import time
from typing import Any
from urllib.parse import quote, urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = ("desk", "a secret / with + signs")


class State:
    """What the test has set, and what is under way."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys = [self.new_key()]
        self.stranger = self.new_key()
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {}
        self.reads = {"jwks": 0, "discovery": 0, "token": 0}
        self.mode = ""

    def new_key(self) -> RSAKey:
        return RSAKey.generate_key(2048, {"use": "sig", "kid": secrets.token_hex(4)})

    def control(self, wanted: dict[str, Any]) -> None:
        """Set the claims and the mode; `rotate` replaces the key."""
        self.claims = wanted.get("claims", self.claims)
        self.mode = wanted.get("mode", "")
        if wanted.get("rotate"):
            self.keys = [self.new_key()]

    def id_token(self, nonce: str) -> str:
        moment = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT[0],
            "iat": moment,
            "exp": moment + 300,
            "nonce": nonce,
            **self.claims,
        }
        claims = {key: value for key, value in claims.items() if value is not None}
        if self.mode == "unsigned":
            return f"{_encoded({'alg': 'none'})}.{_encoded(claims)}."
        if self.mode == "shared_secret":
            # As if our public key were the secret of a symmetric signature.
            signed = f"{_encoded({'alg': 'HS256', 'kid': self.keys[0].kid})}.{_encoded(claims)}"
            public = self.keys[0].as_pem(private=False)
            return f"{signed}.{_base64(hmac.digest(public, signed.encode(), 'sha256'))}"
        key = self.stranger if self.mode == "stranger" else self.keys[0]
        kid = self.keys[0].kid if self.mode == "stranger" else key.kid
        return jwt.encode({"alg": "RS256", "kid": kid}, claims, key)


def _encoded(content: dict[str, Any]) -> str:
    return _base64(json.dumps(content).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def create_provider(issuer: str) -> FastAPI:
    """The provider under this address."""
    app, state = FastAPI(), State(issuer)

    @app.post("/control")
    async def control(wanted: dict[str, Any]) -> dict[str, Any]:
        state.control(wanted)
        return state.reads

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, Any]:
        state.reads["discovery"] += 1
        return {
            "issuer": "https://other.example" if state.mode == "other_issuer" else issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    @app.get("/jwks")
    async def jwks() -> dict[str, Any]:
        state.reads["jwks"] += 1
        return {"keys": [key.as_dict(private=False) for key in state.keys]}

    @app.get("/authorize")
    async def authorize(request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT[0]
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        back = {"state": asked["state"], "iss": issuer}
        if state.mode == "denied":
            back["error"] = "access_denied"
        else:
            back["code"] = secrets.token_urlsafe(16)
            state.codes[back["code"]] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        state.reads["token"] += 1
        if state.mode == "broken":
            return JSONResponse({"error": "server_error"}, 500)
        form = dict(await request.form())
        expected = base64.b64encode(":".join(quote(p, safe="") for p in CLIENT).encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = state.codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = _base64(digest)
        if (
            asked is None
            or form["redirect_uri"] != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"token_type": "Bearer", "id_token": state.id_token(asked["nonce"])})

    return app


def main() -> None:
    """Listen on a free port, print it, serve."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    port = listener.getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    config = uvicorn.Config(create_provider(f"http://127.0.0.1:{port}"), log_level="error")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
