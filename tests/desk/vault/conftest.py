"""A vault of its own, and cases with contact data that must not be readable anywhere."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from desk.cases.service import CaseDraft, CaseService
from desk.chat.models import Conversation
from desk.config import Settings
from desk.db import Database, new_id, now
from desk.vault.cipher import Vault
from desk.vault.keys import KeyFile

CONTACT = {
    "company_name": "有限会社ひみつ製作所",
    "name": "機密花子",
    "email": "Hanako.Himitsu@example.jp",
    "phone": "090-1234-5678",
}
HEADLINE = "花子さんが続かないと言っている"
NOTE = "社長は糖尿病で通院中"


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    """A key file with one key."""
    file = KeyFile(tmp_path / "vault" / "keys.json")
    file.create()
    return file


@pytest.fixture
def vault(key_file: KeyFile) -> Vault:
    """The vault of the key file."""
    return Vault(key_file)


def case_service(database: Database) -> CaseService:
    """The case service on a database."""
    return CaseService(database, today=lambda: date(2026, 11, 20), promise_business_days=3)


@pytest.fixture
def cases(database: Database) -> CaseService:
    """The case service."""
    return case_service(database)


async def open_case(database: Database, **changes: Any) -> UUID:
    """A conversation with a case; its id."""
    async with database.write() as tx:
        row = Conversation(id=new_id(), token_hash=new_id().hex, expires_at=now() + timedelta(1))
        tx.add(row)
    values: dict[str, Any] = {
        "conversation_id": row.id,
        "handoff_number": 1,
        "turn_id": "t1",
        "hub_id": "tsubame",
        "prefix": "TSU",
        "headline": HEADLINE,
        "snapshot": {"situation": {"facts": {"company_name": CONTACT["company_name"]}}},
        "consent": {"share_info": True},
        "contact": CONTACT,
    }
    draft = CaseDraft(**(values | changes))
    service = case_service(database)
    await service.open_case(draft)
    cases = await service.list_cases(None, limit=1000)
    return next(case.id for case in cases if case.conversation_id == row.id)


def stored_bytes(settings: Settings) -> bytes:
    """Everything that SQLite has on the disk, also the log that is not merged yet."""
    if not settings.resolved_database_url.startswith("sqlite"):
        pytest.skip("looks into SQLite's files")
    files = sorted(settings.data.glob("jinjibu.db*"))
    assert files
    return b"".join(file.read_bytes() for file in files)


async def dumped(database: Database, settings: Settings) -> bytes:
    """Everything that is stored: SQLite's files, or every row of PostgreSQL as its text."""
    if database.is_sqlite:
        return stored_bytes(settings)
    parts = []
    async with database.engine.connect() as connection:
        names = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for name in (await connection.scalars(names)).all():
            every = text(f'SELECT each::text FROM "{name}" each')  # noqa: S608 (our own names)
            rows = await connection.scalars(every)
            parts += [f"{name} {row}".encode() for row in rows]
    assert parts
    return b"\n".join(parts).replace(b"\\\\", b"\\")  # A row as text doubles each backslash.


def spellings(secret: str) -> list[bytes]:
    """The text as any of our columns could hold it in plain."""
    escaped = secret.encode("ascii", "backslashreplace")
    return [secret.encode(), escaped, secret.lower().encode(), secret.encode("utf-16-le")]


def readable(stored: bytes, secrets: Iterable[str]) -> list[str]:
    """Those of the secrets that can be read in what is stored."""
    return [secret for secret in secrets if any(form in stored for form in spellings(secret))]
