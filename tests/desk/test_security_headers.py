"""Every answer carries the headers: pages, API, files, refusals and faults."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from advisor.knowledge import KnowledgeBase, load_knowledge
from desk.app import create_app
from desk.auth.dependencies import cookie_name
from desk.auth.models import Role
from desk.auth.passwords import Passwords
from desk.auth.service import AuthService
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import ROOT, Settings
from desk.db import Database

PASSWORD = "correct horse battery"
ADDRESSES = [
    ("GET", "/chat"),
    ("GET", "/console/login"),
    ("GET", "/console/nothing"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/nothing"),
    ("GET", "/broken"),
    ("GET", "/api/broken"),
    ("GET", "/api/staff/session"),
    ("POST", "/api/staff/session"),
    ("POST", "/api/chat/conversations"),
    ("POST", "/internal/actions"),
    ("GET", "/static/console/console.css"),
    ("GET", "/static/desk/api_docs.js"),
    ("GET", "/static/widget/app.js"),
    ("GET", "/static-offline-docs/swagger-ui.css"),
]


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


@pytest_asyncio.fixture
async def app(settings: Settings, knowledge: KnowledgeBase) -> AsyncIterator[FastAPI]:
    settings.secure_cookies = True
    app = create_app(settings, engine=ScriptedDialogueEngine(), knowledge=knowledge)
    database: Database = app.state.database
    cheap = Passwords(time_cost=1, memory_kib=64, lanes=1)
    app.state.auth = AuthService(database, settings, passwords=cheap)

    @app.get("/broken")
    @app.get("/api/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    yield app
    await database.close()


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://desk.test") as client:
        yield client


class TestEveryAnswer:
    @pytest.mark.parametrize(("method", "path"), ADDRESSES)
    async def test_it_carries_the_headers(
        self, client: httpx.AsyncClient, method: str, path: str
    ) -> None:
        headers = (await client.request(method, path)).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] in {"no-referrer", "same-origin"}
        assert "camera=()" in headers["permissions-policy"]
        assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors" in policy
        assert not re.search(r"unsafe-inline|unsafe-eval|nonce-|\*", policy)

    @pytest.mark.parametrize(("method", "path"), ADDRESSES)
    async def test_what_is_private_is_kept_nowhere_and_loaded_by_no_other_site(
        self, client: httpx.AsyncClient, method: str, path: str
    ) -> None:
        headers = (await client.request(method, path)).headers

        is_private = path.startswith(("/api/", "/console", "/internal/", "/metrics"))
        # The chat page holds the ticket of its form, which is for one browser once.
        is_for_one = is_private or path == "/chat"
        assert (headers.get("cache-control") == "no-store") is is_for_one
        assert (headers.get("cross-origin-resource-policy") == "same-origin") is is_private

    @pytest.mark.parametrize("path", ["/console/login", "/docs", "/api/staff/session"])
    async def test_nobody_frames_what_is_not_the_chat(
        self, client: httpx.AsyncClient, path: str
    ) -> None:
        policy = (await client.get(path)).headers["content-security-policy"]

        assert "frame-ancestors 'none'" in policy

    async def test_only_named_sites_frame_the_chat(
        self, client: httpx.AsyncClient, settings: Settings
    ) -> None:
        settings.embed_origins = ["https://www.city.example.lg.jp"]

        policy = (await client.get("/chat")).headers["content-security-policy"]

        assert "frame-ancestors 'self' https://www.city.example.lg.jp;" in policy

    async def test_without_tls_nothing_promises_tls(
        self, client: httpx.AsyncClient, settings: Settings
    ) -> None:
        settings.secure_cookies = False

        headers = (await client.get("/console/login")).headers

        assert "strict-transport-security" not in headers

    async def test_no_other_site_may_read_answers(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/staff/session", headers={"Origin": "https://evil.example"})

        assert not [name for name in answer.headers if name.startswith("access-control-")]

    async def test_a_fault_tells_nothing_of_the_code(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/broken")

        assert answer.status_code == 500
        assert "ZeroDivision" not in answer.text


class TestPages:
    @pytest.mark.parametrize(
        "page",
        [
            *sorted((ROOT / "desk").glob("**/*.html")),
            *sorted((ROOT / "web_widget").glob("*.html")),
        ],
        ids=lambda page: page.name,
    )
    def test_no_page_has_inline_code_or_styles(self, page: Path) -> None:
        text = page.read_text(encoding="utf-8")

        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
        assert not re.search(r"<script(?![^>]*\ssrc=)", text)


class TestCookies:
    async def test_over_tls_they_are_bound_to_the_host(
        self, client: httpx.AsyncClient, app: FastAPI, settings: Settings
    ) -> None:
        auth: AuthService = app.state.auth
        await auth.create_user("hanako", "H", Role.STAFF, "matsumoto", PASSWORD)

        answer = await client.post("/console/login", data={"login": "hanako", "password": PASSWORD})

        cookie = next(
            value
            for value in answer.headers.get_list("set-cookie")
            if value.startswith("__Host-jinjibu_session=")
        )
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "secure", "samesite=lax", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)
        assert (await client.get("/console")).status_code == 200

    async def test_a_cookie_without_the_prefix_is_not_taken_there(
        self, client: httpx.AsyncClient, app: FastAPI, settings: Settings
    ) -> None:
        auth: AuthService = app.state.auth
        await auth.create_user("hanako", "H", Role.STAFF, "matsumoto", PASSWORD)
        token = await auth.start_session((await auth.get_user_by_login("hanako")).id)

        plain = await client.get(
            "/api/staff/session", headers={"Cookie": f"jinjibu_session={token}"}
        )
        name = cookie_name("jinjibu_session", settings)
        prefixed = await client.get("/api/staff/session", headers={"Cookie": f"{name}={token}"})

        assert (plain.status_code, prefixed.status_code) == (401, 200)
