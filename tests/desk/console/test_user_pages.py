"""The accounts' page of administrators."""

import re
from typing import Any

import pytest

from desk.auth.models import Role
from desk.auth.service import AuthService

pytestmark = pytest.mark.asyncio
NEW = {"login": "hanako", "display_name": "山田花子", "role": "staff", "hub_id": "matsumoto"}


def _secret(page: Any) -> str:
    found = re.search(r"data-secret>([^<]+)<", page.text)
    assert found
    return found.group(1)


class TestAdd:
    async def test_the_one_time_password_is_shown_once_and_works(
        self, sign_in: Any, auth: AuthService
    ) -> None:
        browser = await sign_in(Role.ADMIN, None)

        page = await browser.post("/console/users", **NEW)

        assert page.status_code == 201
        user = await auth.authenticate("hanako", _secret(page))
        assert (user.role, user.hub_id, user.must_change_password) == (
            Role.STAFF,
            "matsumoto",
            True,
        )
        assert "data-secret" not in (await browser.get("/console/users")).text

    @pytest.mark.parametrize(
        ("fields", "status", "words"),
        [
            ({"login": "あ"}, 422, "ログイン名は"),
            ({"display_name": ""}, 422, "名前は"),
            ({"role": "king"}, 422, "役割を選んで"),
            ({"hub_id": ""}, 422, "窓口が必要"),
            ({"hub_id": "osaka"}, 422, "窓口を一覧から"),
            ({"login": "admin-all"}, 409, "使われています"),
        ],
    )
    async def test_a_refusal_keeps_what_was_typed(
        self, sign_in: Any, fields: dict[str, str], status: int, words: str
    ) -> None:
        browser = await sign_in(Role.ADMIN, None)

        page = await browser.post("/console/users", **{**NEW, **fields})

        assert page.status_code == status
        assert words in page.text
        kept = {**NEW, **fields}["login"]
        assert f'name="login" type="text" value="{kept}"' in page.text


class TestDisable:
    async def test_the_person_is_out_at_once(self, sign_in: Any, auth: AuthService) -> None:
        admin = await sign_in(Role.ADMIN, None)
        browser = await sign_in(login="hanako")
        user = await auth.get_user_by_login("hanako")

        answer = await admin.post(f"/console/users/{user.id}/disable")

        assert answer.headers["location"] == "/console/users?done=disabled"
        assert (await browser.get("/console")).status_code == 303

    async def test_nobody_disables_themselves(self, sign_in: Any, auth: AuthService) -> None:
        browser = await sign_in(Role.ADMIN, None)
        user = await auth.get_user_by_login("admin-all")

        answer = await browser.post(f"/console/users/{user.id}/disable")

        assert answer.status_code == 409
        assert (await browser.get("/console/users")).status_code == 200


class TestResetPassword:
    async def test_a_new_one_time_password_is_shown(self, sign_in: Any, auth: AuthService) -> None:
        admin = await sign_in(Role.ADMIN, None)
        browser = await sign_in(login="hanako")
        user = await auth.get_user_by_login("hanako")

        page = await admin.post(f"/console/users/{user.id}/reset-password")

        assert (await auth.authenticate("hanako", _secret(page))).must_change_password
        assert (await browser.get("/console")).status_code == 303
