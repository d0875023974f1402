"""Each page for each kind of visitor."""

import re
from typing import Any

import pytest

from desk.auth.models import Role
from desk.console import (
    account_pages,
    case_forms,
    case_pages,
    hub_pages,
    talk_pages,
    user_pages,
)

pytestmark = pytest.mark.asyncio
LOGIN = 303
VISITORS: dict[str, tuple[Role, str | None] | None] = {
    "anonymous": None,
    "staff_own": (Role.STAFF, "matsumoto"),
    "staff_other": (Role.STAFF, "nagaoka"),
    "lead_own": (Role.LEAD, "matsumoto"),
    "lead_other": (Role.LEAD, "nagaoka"),
    "bureau": (Role.BUREAU, None),
    "auditor": (Role.AUDITOR, None),
    "admin": (Role.ADMIN, None),
}
# A page or form, then the status for each visitor in the order above.
MATRIX: list[tuple[str, str, list[int]]] = [
    ("GET", "/console/login", [200, 303, 303, 303, 303, 303, 303, 303]),
    ("GET", "/console/password", [LOGIN, 200, 200, 200, 200, 200, 200, 200]),
    ("GET", "/console", [LOGIN, 200, 200, 200, 200, 200, 200, 200]),
    ("GET", "/console/cases/{case}", [LOGIN, 200, 404, 200, 404, 200, 200, 200]),
    ("GET", "/console/cases/{case}/talk", [LOGIN, 200, 404, 200, 404, 200, 200, 200]),
    ("POST", "/console/cases/{case}/claim", [LOGIN, 303, 404, 303, 404, 303, 403, 303]),
    ("POST", "/console/cases/{case}/notes", [LOGIN, 303, 404, 303, 404, 303, 403, 303]),
    ("POST", "/console/cases/{taken}/claim", [LOGIN, 409, 404, 409, 404, 409, 403, 409]),
    ("POST", "/console/cases/{taken}/release", [LOGIN, 403, 404, 303, 404, 303, 403, 303]),
    ("POST", "/console/cases/{taken}/status", [LOGIN, 403, 404, 303, 404, 303, 403, 303]),
    ("POST", "/console/cases/{taken}/labels", [LOGIN, 303, 404, 303, 404, 303, 403, 303]),
    ("POST", "/console/cases/{taken}/priority", [LOGIN, 303, 404, 303, 404, 303, 403, 303]),
    ("POST", "/console/cases/{taken}/contact", [LOGIN, 403, 404, 303, 404, 303, 403, 303]),
    ("POST", "/console/cases/{taken}/assign", [LOGIN, 403, 404, 303, 404, 303, 403, 303]),
    ("POST", "/console/cases/{taken}/transfer", [LOGIN, 403, 404, 409, 404, 409, 403, 409]),
    ("GET", "/console/hubs", [LOGIN, 303, 303, 303, 303, 200, 200, 200]),
    ("GET", "/console/hubs/{hub}", [LOGIN, 200, 404, 200, 404, 200, 200, 200]),
    ("POST", "/console/hubs/{hub}/intake", [LOGIN, 403, 404, 409, 404, 409, 403, 409]),
    ("POST", "/console/hubs/{hub}/calendar", [LOGIN, 403, 404, 422, 404, 422, 403, 422]),
    ("GET", "/console/users", [LOGIN, 403, 403, 403, 403, 403, 403, 200]),
    ("POST", "/console/users", [LOGIN, 403, 403, 403, 403, 403, 403, 201]),
    ("POST", "/console/users/{user}/disable", [LOGIN, 403, 403, 403, 403, 403, 403, 303]),
    (
        "POST",
        "/console/users/{user}/reset-password",
        [LOGIN, 403, 403, 403, 403, 403, 403, 200],
    ),
]
FORM = {
    "version": "2",
    "status": "waiting",
    "reason": "返事を待ちます",
    "text": "メモ",
    "login": "new-one",
    "display_name": "新しい人",
    "role": "staff",
    "hub_id": "matsumoto",
    "labels": "製造",
    "priority": "normal",
    "how": "phone",
    "to_hub": "nagaoka",
}


@pytest.mark.parametrize(("method", "path", "statuses"), MATRIX)
async def test_each_visitor_gets_their_answer(
    *,
    browser: Any,
    sign_in: Any,
    open_case: Any,
    auth: Any,
    method: str,
    path: str,
    statuses: list[int],
) -> None:
    owner = await sign_in(login="owner")
    answers = {}
    for visitor, kind in VISITORS.items():
        taken = await open_case()
        await owner.post(f"/console/cases/{taken}/claim")
        await auth.create_user(visitor, visitor, Role.STAFF, "matsumoto")
        person = await auth.get_user_by_login(visitor)
        address = path.format(case=await open_case(), taken=taken, user=person.id, hub="matsumoto")
        visiting = browser if kind is None else await sign_in(*kind)

        if method == "GET":
            answer = await visiting.get(address)
        else:
            answer = await visiting.post(address, assignee_id=str(person.id), **FORM)

        answers[visitor] = answer.status_code
        if visitor == "anonymous" and answer.status_code == LOGIN:
            assert answer.headers["location"].startswith("/console/login")
    assert answers == dict(zip(VISITORS, statuses, strict=True))


async def test_every_address_of_the_console_is_in_the_matrix() -> None:
    known = {(method, _shape(path)) for method, path, _ in MATRIX}
    elsewhere = {("POST", "/console/login"), ("POST", "/console/logout")}
    elsewhere |= {("POST", "/console/password")}

    served = {
        (method, _shape(route.path))
        for pages in (account_pages, case_forms, case_pages, hub_pages, talk_pages, user_pages)
        for route in pages.router.routes
        for method in route.methods
    }

    assert served <= known | elsewhere


def _shape(path: str) -> str:
    """The address without the names of its parts."""
    return re.sub(r"\{\w+\}", "{}", path)
