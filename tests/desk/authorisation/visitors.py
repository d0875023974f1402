"""Who sends requests: people of each role, with and without a login."""

from typing import Any

import httpx
from fastapi import FastAPI

from desk.auth.api import CSRF_HEADER
from desk.auth.dependencies import COOKIE
from desk.auth.models import Role, StaffUser

HOST = "desk.test"
OWN_HUB, OTHER_HUB = "matsumoto", "nagaoka"
VISITORS: dict[str, tuple[Role, str | None] | None] = {
    "anonymous": None,
    "staff_own": (Role.STAFF, OWN_HUB),
    "staff_other": (Role.STAFF, OTHER_HUB),
    "lead_own": (Role.LEAD, OWN_HUB),
    "lead_other": (Role.LEAD, OTHER_HUB),
    "bureau": (Role.BUREAU, None),
    "auditor": (Role.AUDITOR, None),
    "admin": (Role.ADMIN, None),
}
GROUPS = {
    "own_hub": ("staff_own", "lead_own"),
    "other_hub": ("staff_other", "lead_other"),
}


class Visitor:
    """Somebody with a browser or a program, logged in or not."""

    def __init__(self, app: FastAPI, user: StaffUser | None, token: str, csrf: str) -> None:
        self.user = user
        self.csrf = csrf
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
            base_url=f"http://{HOST}",
        )
        if token:
            self.client.cookies.set(COOKIE, token, domain=HOST, path="/")

    async def send(
        self,
        method: str,
        path: str,
        row: dict[str, Any],
        *,
        with_token: bool = True,
        site: str = "same-origin",
    ) -> httpx.Response:
        """Send the row's request as its kind of page or program does."""
        csrf = self.csrf if with_token and row.get("token") != "none" else ""
        headers = {"Sec-Fetch-Site": site} if method != "GET" else {}
        headers |= row.get("headers", {})
        more: dict[str, Any] = {"params": row.get("query")}
        if method != "GET" and path.startswith("/console"):
            more["data"] = {**row.get("form", {}), "csrf_token": csrf}
        elif "form" in row:
            more["data"] = row["form"]
        else:
            headers |= {CSRF_HEADER: csrf} if csrf else {}
            if "json" in row:
                more["json"] = row["json"]
        return await self.client.request(method, path, headers=headers, **more)
