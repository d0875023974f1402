"""An organisation's login in a process of its own, and a person who uses it."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.auth.dependencies import COOKIE
from desk.auth.models import Role, StaffUser
from desk.auth.oidc.provider import HttpIdentityProvider
from desk.auth.oidc.service import OidcLogins, set_email
from desk.auth.service import AuthService
from desk.config import Settings
from desk.db import Database, now

SERVER = Path(__file__).with_name("oidc_server.py")
EMAIL = "hanako@city.example.lg.jp"
CLAIMS = {"sub": "person-1", "email": EMAIL, "email_verified": True}
QUEUE = "/console"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that runs while the tests of this file do."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        yield f"http://127.0.0.1:{port}"
        server.terminate()


class Organisation:
    """The provider, and a browser at it."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._client = httpx.AsyncClient(trust_env=False)

    async def set(self, claims: dict[str, Any] | None = None, **more: Any) -> dict[str, int]:
        """Say who logs in, and what is wrong with the tokens; how often what was read."""
        wanted = {"claims": {**CLAIMS, **(claims or {})}, **more}
        answer = await self._client.post(f"{self.issuer}/control", json=wanted)
        return dict(answer.json())

    async def log_in_at(self, address: str) -> str:
        """Log in there; the address to which the browser is sent back."""
        answer = await self._client.get(address)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def close(self) -> None:
        await self._client.aclose()


class Clock:
    """The real clock, moved on by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


@pytest.fixture
def ahead() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def organisation(
    app: FastAPI,
    auth: AuthService,
    database: Database,
    settings: Settings,
    issuer: str,
    ahead: Clock,
) -> AsyncIterator[Organisation]:
    """The organisation's login, set up in the console."""
    settings.oidc_issuer = issuer
    settings.oidc_client_id, settings.oidc_client_secret = "desk", "a secret / with + signs"
    settings.public_url = "http://console.test"
    provider = HttpIdentityProvider(settings, clock=ahead)
    app.state.oidc = OidcLogins(
        database, provider, auth.logins, require_mfa=settings.oidc_require_mfa
    )
    organisation = Organisation(issuer)
    await organisation.set()
    yield organisation
    await organisation.close()
    await provider.close()


@pytest_asyncio.fixture
async def hanako(auth: AuthService, database: Database) -> StaffUser:
    """An account for which an administrator entered the address."""
    await auth.create_user("hanako", "花子", Role.STAFF, "matsumoto")
    user = await auth.get_user_by_login("hanako")
    await set_email(database, user.id, EMAIL, by=None)
    return user


async def _come_back(browser: Any, organisation: Organisation, target: str = QUEUE) -> str:
    """Go to the organisation and log in; the address of the way back."""
    answer = await browser.get(f"/console/oidc/start?next={target}")
    assert answer.status_code == 303
    back = urlsplit(await organisation.log_in_at(answer.headers["location"]))
    assert f"{back.scheme}://{back.netloc}" == "http://console.test"
    return f"{back.path}?{back.query}"


async def _log_in(browser: Any, organisation: Organisation, target: str = QUEUE) -> httpx.Response:
    answer: httpx.Response = await browser.get(await _come_back(browser, organisation, target))
    return answer


async def _reasons(database: Database) -> list[str]:
    async with database.read() as tx:
        entries = (await tx.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()
    return [e.details["reason"] for e in entries if e.action == "login_failed"]


def _is_refused(answer: httpx.Response) -> bool:
    return (
        answer.status_code == 401
        and "組織のアカウントでは、ログインできませんでした" in answer.text
        and COOKIE not in answer.cookies
    )
