"""The case desk on a real database, with a clock that stands where the test puts it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from desk.auth.models import Role, StaffUser
from desk.cases.hubs import HubParty
from desk.cases.models import Case
from desk.cases.ports import PrintedEars, PrintedVoice
from desk.cases.service import CaseDraft, CaseService
from desk.chat.models import Conversation
from desk.config import JST
from desk.db import Database, new_id

FRIDAY_MORNING = datetime(2026, 11, 20, 10, tzinfo=JST)
HUBS = {
    "tsubame": HubParty(
        id="tsubame",
        name="つばめの人事部",
        secretariat="つばめいと",
        members=("燕市",),
        banks=("第四北越銀行",),
    ),
    "matsumoto": HubParty(
        id="matsumoto", name="松本の人事部", secretariat="松本市", members=("松本市",), banks=()
    ),
    "hitachi": HubParty(
        id="hitachi", name="日立の人事部", secretariat="常陽銀行", members=(), banks=("常陽銀行",)
    ),
    "bureau": HubParty(
        id="bureau", name="経済産業局", secretariat="経済産業局", members=(), banks=()
    ),
}


@dataclass
class Clock:
    """Stands still until it is moved."""

    moment: datetime = FRIDAY_MORNING

    def now(self) -> datetime:
        return self.moment

    def today(self) -> date:
        return self.moment.astimezone(JST).date()

    def move(self, **span: float) -> None:
        self.moment += timedelta(**span)


OpenCase = Callable[..., Awaitable[Case]]
AddStaff = Callable[..., Awaitable[StaffUser]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def voice() -> PrintedVoice:
    return PrintedVoice()


@pytest.fixture
def ears() -> PrintedEars:
    return PrintedEars()


@pytest.fixture
def cases(database: Database, clock: Clock, voice: PrintedVoice, ears: PrintedEars) -> CaseService:
    return CaseService(
        database,
        today=clock.today,
        clock=clock.now,
        promise_business_days=3,
        hubs=HUBS,
        voice=voice,
        ears=[ears],
    )


@pytest.fixture
async def conversation_id(database: Database, clock: Clock) -> UUID:
    return await talk(database, clock)


async def talk(database: Database, clock: Clock) -> UUID:
    """An empty conversation."""
    row = Conversation(
        id=new_id(), token_hash=new_id().hex, expires_at=clock.now() + timedelta(days=30)
    )
    async with database.write() as tx:
        tx.add(row)
    return row.id


def draft(conversation_id: UUID, **changes: Any) -> CaseDraft:
    values: dict[str, Any] = {
        "conversation_id": conversation_id,
        "handoff_number": 1,
        "turn_id": "t1",
        "hub_id": "tsubame",
        "prefix": "TSU",
        "headline": "若い子が続かない",
        "snapshot": {"situation": {}},
        "consent": {"share_info": True, "bank_share": False, "hubs": ["tsubame"]},
        "contact": {"name": "山田", "email": "taro@example.jp"},
    }
    return CaseDraft(**(values | changes))


@pytest.fixture
def open_case(database: Database, cases: CaseService, clock: Clock) -> OpenCase:
    """Opens a case in a conversation of its own (or a given one)."""

    async def open_case(**changes: Any) -> Case:
        conversation_id = changes.pop("conversation_id", None) or await talk(database, clock)
        receipt = await cases.open_case(draft(conversation_id, **changes))
        found = await cases.list_cases(None, limit=1000)
        return next(case for case in found if case.number == receipt.case_number)

    return open_case


@pytest.fixture
def add_staff(database: Database) -> AddStaff:
    """Adds a person who works with cases."""

    async def add_staff(
        login: str, role: Role = Role.STAFF, hub: str | None = "tsubame", **changes: Any
    ) -> StaffUser:
        row = StaffUser(
            id=new_id(),
            login=login,
            display_name=login,
            password_hash="x",
            role=role,
            hub_id=hub,
            **changes,
        )
        async with database.write() as tx:
            tx.add(row)
        return row

    return add_staff


@pytest.fixture
async def hanako(add_staff: AddStaff) -> StaffUser:
    return await add_staff("hanako")


@pytest.fixture
async def lead(add_staff: AddStaff) -> StaffUser:
    return await add_staff("lead", Role.LEAD)


@pytest.fixture
async def bureau(add_staff: AddStaff) -> StaffUser:
    return await add_staff("bureau-person", Role.BUREAU, None)


@pytest.fixture
async def claimed(open_case: Any, cases: CaseService, hanako: StaffUser) -> Case:
    """A case that hanako works on."""
    case = await open_case()
    await cases.claim(case.id, "tsubame", hanako.id)
    return await cases.get_case(case.id, None)
