"""The simulator as an application: its page and what the page asks for, beside LINE's API."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response

from tests.line.fake import app as fake
from tests.line.simulator.desktop import Desktop, UnknownError

PAGE = Path(__file__).parent / "page"
KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
WAIT_SECONDS = 20.0
LOOK_SECONDS = 0.1


def create_app(desktop: Desktop, reset: fake.Reset) -> FastAPI:
    """The page under `/`, what it asks for under `/simulator/`, LINE under all other paths."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    endpoints = Endpoints(desktop)
    app.add_api_route("/", endpoints.page, methods=["GET"])
    app.add_api_route("/simulator/page/{name}", endpoints.file, methods=["GET"])
    app.add_api_route("/simulator/menu/{account}/{menu}", endpoints.menu, methods=["GET"])
    app.add_api_route("/simulator/state", endpoints.state, methods=["GET"])
    app.add_api_route("/simulator/act", endpoints.act, methods=["POST"])
    app.mount("/", fake.create_app(desktop.line, reset, judged=False))
    return app


class Endpoints:
    """What the page gets and sends."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop

    async def page(self) -> Response:
        """The page itself."""
        return await self.file("index.html")

    async def file(self, name: str) -> Response:
        """One of the page's files."""
        path = PAGE / name
        if path.parent != PAGE or not path.is_file():
            raise HTTPException(404)
        kind = f"{KINDS[path.suffix]}; charset=utf-8"
        return Response(path.read_bytes(), headers=HEADERS, media_type=kind)

    async def menu(self, account: str, menu: str) -> Response:
        """The image of a rich menu."""
        try:
            kind, image = self._desktop.account(account).rich_menus.images[menu]
        except (UnknownError, KeyError) as exc:
            raise HTTPException(404) from exc
        return Response(image, headers=HEADERS, media_type=kind)

    async def state(self, user: str | None = None, seen: str = "") -> Response:
        """What there is to see; waits while that is what the page has `seen`."""
        for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
            text = self._state(user)
            version = hashlib.sha256(text.encode()).hexdigest()[:16]
            if version != seen:
                return Response(f'{{"version":"{version}","state":{text}}}', headers=HEADERS,
                                media_type="application/json")  # fmt: skip
            await asyncio.sleep(LOOK_SECONDS)
        return Response(status_code=204, headers=HEADERS)

    def _state(self, user: str | None) -> str:
        try:
            return json.dumps(self._desktop.state(user), ensure_ascii=False)
        except UnknownError as exc:
            raise HTTPException(404, str(exc)) from exc

    async def act(self, request: Request) -> dict[str, Any]:
        """Do something. JSON only, so that no other site's form can."""
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise HTTPException(415)
        try:
            asked = await request.json()
            self._desktop.act(asked)
        except (ValueError, AttributeError, UnknownError) as exc:
            raise HTTPException(400, str(exc)) from exc
        return {}
