"""Who may see a conversation and act in it."""

from uuid import UUID, uuid4

import httpx
import pytest

from desk.auth.api import CSRF_HEADER
from desk.auth.models import Role
from tests.desk.chat.conftest import Owner
from tests.desk.live.conftest import StaffClient, StaffOf

READS = ["", "/messages", "/draft", "/events"]
CHANGES = [
    ("POST", "/take", {"version": 0}),
    ("POST", "/steal", {"version": 0}),
    ("POST", "/replies", {"version": 0, "client_message_id": str(uuid4()), "text": "a"}),
    ("POST", "/return", {"version": 0, "summary": "a"}),
    ("POST", "/release", {"version": 0, "reason": "a"}),
    ("PUT", "/presence", {"is_typing": True}),
    ("DELETE", "/presence", None),
    ("PUT", "/draft", {"text": "a"}),
]
VISITORS: dict[str, tuple[Role, str | None]] = {
    "staff_own": (Role.STAFF, "matsumoto"),
    "staff_other": (Role.STAFF, "nagaoka"),
    "lead_own": (Role.LEAD, "matsumoto"),
    "lead_other": (Role.LEAD, "nagaoka"),
    "bureau": (Role.BUREAU, None),
    "admin": (Role.ADMIN, None),
    "auditor": (Role.AUDITOR, None),
}


class TestTalk:
    @pytest.mark.parametrize("path", READS)
    async def test_anonymous_reads_nothing(
        self, client: httpx.AsyncClient, owner: Owner, case_id: UUID, path: str
    ):
        assert (await client.get(f"/api/conversations/{owner.id}{path}")).status_code == 401

    @pytest.mark.parametrize(("method", "path", "body"), CHANGES)
    async def test_anonymous_changes_nothing(
        self,
        client: httpx.AsyncClient,
        owner: Owner,
        case_id: UUID,
        method: str,
        path: str,
        body: dict[str, object] | None,
    ):
        url = f"/api/conversations/{owner.id}{path}"

        assert (await client.request(method, url, json=body)).status_code == 401

    @pytest.mark.parametrize(
        ("visitor", "reads", "takes"),
        [
            ("staff_own", 200, 200),
            ("staff_other", 404, 404),
            ("lead_own", 200, 200),
            ("lead_other", 404, 404),
            ("bureau", 200, 200),
            ("admin", 200, 200),
            ("auditor", 200, 403),
        ],
    )
    async def test_each_role_gets_its_answer(
        self, staff_of: StaffOf, case_id: UUID, visitor: str, reads: int, takes: int
    ):
        staff = await staff_of(visitor, *VISITORS[visitor])

        assert (await staff.get()).status_code == reads
        assert (await staff.get("/messages")).status_code == reads
        assert (await staff.take(version=0)).status_code == takes

    @pytest.mark.parametrize(("method", "path", "body"), CHANGES)
    async def test_another_hub_finds_nothing_to_change(
        self, staff_of: StaffOf, case_id: UUID, method: str, path: str, body: object
    ):
        staff = await staff_of("ichiro", Role.LEAD, "nagaoka")

        response = await staff.client.request(method, staff.url + path, json=body)

        assert response.status_code == 404

    @pytest.mark.parametrize(("method", "path", "body"), CHANGES)
    async def test_change_without_the_session_s_header_is_refused(
        self, hanako: StaffClient, method: str, path: str, body: object
    ):
        response = await hanako.client.request(
            method, hanako.url + path, json=body, headers={CSRF_HEADER: "guessed"}
        )

        assert response.status_code == 403

    async def test_talk_that_was_never_handed_over_is_nobody_s_to_read(
        self, staff_of: StaffOf, owner: Owner
    ):
        """Owners are told that nothing goes to a hub before they have agreed."""
        for visitor in ("staff_own", "admin", "auditor"):
            staff = await staff_of(visitor, *VISITORS[visitor])

            assert (await staff.get("/messages")).status_code == 404

    async def test_talk_that_the_owner_erased_cannot_be_read_or_taken(
        self, hanako: StaffClient, owner: Owner
    ):
        version = (await hanako.look())["version"]
        await owner.client.delete(owner.url, headers=owner.headers)

        assert (await hanako.get("/messages")).status_code == 404
        assert (await hanako.take(version=version)).status_code == 404

    async def test_unknown_conversation_is_not_found(self, hanako: StaffClient):
        response = await hanako.client.get(f"/api/conversations/{uuid4()}")

        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
