"""A desk with cases of known companies and a clock that the test sets."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from desk.cases.models import Case
from desk.cases.service import CaseDraft
from desk.chat.models import Author, Conversation, Message
from desk.config import JST
from desk.db import Database, new_id
from desk.reports.period import Period
from desk.reports.scope import Scope
from desk.reports.service import ReportService

OpenCase = Callable[..., Awaitable[UUID]]
MONDAY = datetime(2026, 11, 16, 10, 0, tzinfo=JST)
"""In business hours of a public office."""
NOVEMBER = Period(first=MONDAY.date().replace(day=1), last=MONDAY.date().replace(day=30))
PLACES = {"tsubame": ("燕市", "新潟県"), "matsumoto": ("松本市", "長野県")}


def snapshot(
    *,
    hub: str = "tsubame",
    industry: str = "E",
    employees: int = 25,
    concerns: tuple[str, ...] = ("hiring",),
    programs: tuple[tuple[str, str], ...] = (("joint_fair", "open"),),
    levels: dict[str, int | None] | None = None,
) -> dict[str, Any]:
    """What a hand-off keeps of a company."""
    municipality, prefecture = PLACES[hub]
    return {
        "situation": {
            "facts": {
                "municipality": municipality,
                "prefecture": prefecture,
                "industry": industry,
                "employees": employees,
            },
            "concerns": [{"concern": concern, "quote": "応募がない"} for concern in concerns],
        },
        "diagnosis": {
            "dimensions": {d: {"level": level} for d, level in (levels or {"F1": 1}).items()}
        },
        "recommendations": {
            "items": [
                {"program_id": program, "status": status, "unknown": []}
                for program, status in programs
            ]
        },
    }


@pytest.fixture
def database(app: FastAPI) -> Database:
    """The database of the application, which keeps the reports' facts."""
    database: Database = app.state.database
    return database


@pytest.fixture
def reports(app: FastAPI) -> ReportService:
    """The reports of the application."""
    service: ReportService = app.state.reports
    return service


@pytest.fixture
def talk(database: Database) -> Callable[..., Awaitable[UUID]]:
    """Makes a conversation that began at a moment; gives its id."""

    async def talk(
        at: datetime = MONDAY, *, said: bool = True, cards: tuple[str, ...] = (), **more: Any
    ) -> UUID:
        async with database.write() as tx:
            row = Conversation(
                id=new_id(), token_hash=new_id().hex, created_at=at, expires_at=at, **more
            )
            tx.add(row)
            await tx.flush()
            authors = [(Author.USER, None)] * said + [(Author.BOT, card) for card in cards]
            for seq, (author, card) in enumerate(authors, start=1):
                tx.add(
                    Message(
                        id=new_id(),
                        conversation_id=row.id,
                        seq=seq,
                        author=author,
                        text="応募がない",
                        card_kind=card,
                    )
                )
        return row.id

    return talk


@pytest.fixture
def open_case(app: FastAPI, database: Database, talk: Callable[..., Awaitable[UUID]]) -> OpenCase:
    """Opens a case as a hand-off does, at a moment, perhaps answered; gives its id."""

    async def open_case(
        at: datetime = MONDAY,
        *,
        hub: str = "tsubame",
        answered_at: datetime | None = None,
        result: str | None = None,
        conversation_id: UUID | None = None,
        **company: Any,
    ) -> UUID:
        conversation_id = conversation_id or await talk(at)
        draft = CaseDraft(
            conversation_id=conversation_id,
            handoff_number=1,
            turn_id="t",
            hub_id=hub,
            prefix=hub[:3].upper(),
            headline="応募がない",
            snapshot=snapshot(hub=hub, **company),
            consent={"share_info": True, "hubs": [hub]},
        )
        receipt = await app.state.cases.open_case(draft)
        async with database.write() as tx:
            query = select(Case.id).where(Case.number == receipt.case_number)
            case_id: UUID = (await tx.scalars(query)).one()
            values: dict[str, Any] = {"created_at": at, "answered_at": answered_at}
            if result is not None:
                values |= {"status": "closed", "result": result}
            await tx.execute(update(Case).where(Case.id == case_id).values(**values))
        return case_id

    return open_case


@pytest.fixture
def november() -> Scope:
    """November 2026 and all hubs."""
    return Scope(period=NOVEMBER, hub_id=None)
