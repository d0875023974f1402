"""Writing entries, and finding whatever was done to them afterwards."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from desk.audit.errors import AuditKeyError, AuditMisuseError
from desk.audit.keys import AuditKeys, with_audit
from desk.audit.models import AuditEntry
from desk.audit.service import Actor, record
from desk.audit.verification import Anchor, Flaw, read_anchors, read_head, verify
from desk.config import Settings
from desk.db import Database, new_id

pytestmark = pytest.mark.asyncio
ENTRY: dict[str, Any] = {
    "action": "case_claimed",
    "actor": Actor.STAFF,
    "actor_id": None,
    "subject": "case:1",
}


async def _entries(database: Database) -> list[AuditEntry]:
    async with database.read() as tx:
        return [*(await tx.scalars(select(AuditEntry).order_by(AuditEntry.seq)))]


class TestRecord:
    async def test_an_entry_says_who_did_what_to_what(self, database: Database) -> None:
        person, case = new_id(), new_id()

        async with database.write() as tx:
            record(
                tx,
                action="case_claimed",
                actor=Actor.STAFF,
                actor_id=person,
                subject=f"case:{case}",
                details={"case": case, "from": "received", "count": 2, "is_new": False},
            )

        (entry,) = await _entries(database)
        assert (entry.seq, entry.action, entry.actor, entry.actor_id) == (
            1,
            "case_claimed",
            "staff",
            person,
        )
        assert entry.subject == f"case:{case}"
        assert entry.details == {
            "case": str(case),
            "from": "received",
            "count": 2,
            "is_new": False,
        }

    async def test_entries_of_one_transaction_are_chained_in_order(
        self, database: Database
    ) -> None:
        async with database.write() as tx:
            record(tx, **ENTRY)
            record(tx, **{**ENTRY, "action": "case_released"})

        first, second = await _entries(database)
        assert (first.previous, second.previous) == ("", first.hash)
        assert second.action == "case_released"

    async def test_a_transaction_that_fails_leaves_no_entry(self, database: Database) -> None:
        async def fail() -> None:
            async with database.write() as tx:
                record(tx, **ENTRY)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()

        assert await _entries(database) == []
        assert (await verify(database)).is_whole

    async def test_a_deed_whose_entry_cannot_be_written_does_not_happen(
        self, database: Database, settings: Settings
    ) -> None:
        settings.resolved_audit_key_file.write_text("not a key")

        async def act() -> None:
            async with database.write() as tx:
                await tx.execute(text("CREATE TABLE deed (id INTEGER)"))
                record(tx, **ENTRY)

        with pytest.raises(AuditKeyError):
            await act()

        with pytest.raises(DBAPIError):
            async with database.read() as tx:
                await tx.execute(text("SELECT * FROM deed"))

    @pytest.mark.parametrize(
        "details",
        [
            {"text": "若い子が続かない"},
            {"text": "two words"},
            {"mail": "taro@example.jp"},
            {"nested": {"a": 1}},
            {"Not Snake": 1},
            {"long": "x" * 300},
        ],
    )
    async def test_words_and_addresses_are_refused(
        self, database: Database, details: dict[str, Any]
    ) -> None:
        async with database.write() as tx:
            with pytest.raises(AuditMisuseError):
                record(tx, **ENTRY, details=details)

    @pytest.mark.parametrize(
        "change", [{"action": "Case Claimed"}, {"actor": "山田"}, {"subject": "case: 山田"}]
    )
    async def test_names_are_codes(self, database: Database, change: dict[str, Any]) -> None:
        async with database.write() as tx:
            with pytest.raises(AuditMisuseError):
                record(tx, **{**ENTRY, **change})

    async def test_a_reading_transaction_is_refused(self, database: Database) -> None:
        async with database.read() as tx:
            with pytest.raises(AuditMisuseError, match="never committed"):
                record(tx, **ENTRY)

    async def test_a_database_without_the_key_is_refused(self, settings: Settings) -> None:
        bare = Database(settings.resolved_database_url)

        async with bare.write() as tx:
            with pytest.raises(AuditMisuseError, match="with_audit"):
                record(tx, **ENTRY)

        await bare.close()

    async def test_writers_at_the_same_moment_make_one_chain(
        self, database: Database, write: Any
    ) -> None:
        await asyncio.gather(*(write(5) for _ in range(6)))

        assert [entry.seq for entry in await _entries(database)] == [*range(1, 31)]
        assert (await verify(database)).checked == 30


class TestGuards:
    @pytest.mark.parametrize(
        "statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"]
    )
    async def test_the_database_refuses_to_change_or_remove_entries(
        self, database: Database, write: Any, statement: str
    ) -> None:
        await write(1)

        with pytest.raises(DBAPIError, match="append-only"):
            async with database.write() as tx:
                await tx.execute(text(statement))


class TestKeys:
    async def test_the_file_is_made_at_the_first_entry_for_its_owner_only(
        self, settings: Settings, write: Any
    ) -> None:
        assert not settings.resolved_audit_key_file.exists()

        await write(1)

        assert settings.resolved_audit_key_file.stat().st_mode & 0o777 == 0o600

    async def test_makers_at_the_same_moment_get_the_same_key(self, tmp_path: Path) -> None:
        path = tmp_path / "made" / "audit.key"

        keys = await asyncio.gather(
            *(asyncio.to_thread(lambda: AuditKeys(path).current().id) for _ in range(8))
        )

        assert len({*keys}) == 1
        assert [p.name for p in path.parent.iterdir()] == ["audit.key"]

    async def test_after_a_change_of_key_old_entries_still_hold(
        self, database: Database, settings: Settings, write: Any
    ) -> None:
        await write(2)
        with settings.resolved_audit_key_file.open("a") as file:
            file.write("ab" * 32 + "\n")
        with_audit(database, settings)

        await write(1)

        first, _, last = await _entries(database)
        assert first.key_id != last.key_id
        assert (await verify(database)).is_whole


class TestVerify:
    async def test_an_empty_log_is_whole(self, database: Database) -> None:
        found = await verify(database)

        assert (found.is_whole, found.checked) == (True, 0)

    async def test_what_was_written_is_whole(self, database: Database, write: Any) -> None:
        await write(3)

        assert (await verify(database, [await read_head(database)])).checked == 3

    @pytest.mark.parametrize(
        ("change", "broken", "flaw"),
        [
            ("UPDATE audit_entry SET action = 'case_closed' WHERE seq = 2", 2, Flaw.CHANGED),
            ("UPDATE audit_entry SET details = '{}' WHERE seq = 3", 3, Flaw.CHANGED),
            ("UPDATE audit_entry SET at = '2020-01-01 00:00:00' WHERE seq = 1", 1, Flaw.CHANGED),
            ("UPDATE audit_entry SET actor_id = NULL WHERE seq = 4", 4, Flaw.CHANGED),
            ("UPDATE audit_entry SET previous = '' WHERE seq = 2", 2, Flaw.OUT_OF_CHAIN),
            ("UPDATE audit_entry SET key_id = 'other' WHERE seq = 2", 2, Flaw.KEY_UNKNOWN),
            ("DELETE FROM audit_entry WHERE seq = 1", 1, Flaw.MISSING),
            ("DELETE FROM audit_entry WHERE seq = 3", 3, Flaw.MISSING),
            ("DELETE FROM audit_entry WHERE seq >= 3", 3, Flaw.TAIL_MISSING),
            ("UPDATE audit_head SET seq = 4", 5, Flaw.OUT_OF_CHAIN),
        ],
    )
    async def test_the_first_broken_entry_is_named(
        self,
        *,
        database: Database,
        write: Any,
        tamper: Any,
        change: str,
        broken: int,
        flaw: Flaw,
    ) -> None:
        await write(5)

        await tamper(change)

        found = await verify(database)
        assert (found.broken_seq, found.flaw, found.checked) == (broken, flaw, broken - 1)

    async def test_entries_in_exchanged_places_are_found(
        self, database: Database, write: Any, tamper: Any
    ) -> None:
        await write(4)

        await tamper(
            "UPDATE audit_entry SET seq = 99 WHERE seq = 2",
            "UPDATE audit_entry SET seq = 2 WHERE seq = 3",
            "UPDATE audit_entry SET seq = 3 WHERE seq = 99",
        )

        assert (await verify(database)).broken_seq == 2

    async def test_a_cut_tail_with_a_mended_head_is_found_by_the_anchor_only(
        self, database: Database, write: Any, tamper: Any
    ) -> None:
        await write(5)
        anchor = await read_head(database)

        await tamper(
            "DELETE FROM audit_entry WHERE seq > 3",
            "UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit_entry WHERE seq = 3)",
        )

        assert (await verify(database)).is_whole
        found = await verify(database, [anchor])
        assert (found.broken_seq, found.flaw) == (4, Flaw.TAIL_MISSING)

    async def test_a_log_written_anew_with_another_key_is_found(
        self, database: Database, settings: Settings, write: Any, tamper: Any
    ) -> None:
        await write(3)
        own = settings.resolved_audit_key_file.read_text()
        await tamper("DELETE FROM audit_entry", "DELETE FROM audit_head")
        settings.resolved_audit_key_file.write_text("cd" * 32)
        with_audit(database, settings)
        await write(3)

        settings.resolved_audit_key_file.write_text(own)
        with_audit(database, settings)

        found = await verify(database)
        assert (found.broken_seq, found.flaw) == (1, Flaw.KEY_UNKNOWN)

    async def test_a_log_written_anew_by_the_holder_of_the_key_is_found_by_the_anchor(
        self, database: Database, write: Any, tamper: Any
    ) -> None:
        await write(3)
        anchor = await read_head(database)
        await tamper("DELETE FROM audit_entry", "DELETE FROM audit_head")

        await write(4)

        assert (await verify(database)).is_whole
        found = await verify(database, [anchor])
        assert (found.broken_seq, found.flaw) == (3, Flaw.NOT_AS_ANCHORED)


class TestAnchors:
    async def test_each_line_is_a_head(self) -> None:
        text = '{"seq": 1, "hash": "ab"}\n\n{"seq": 2, "hash": "cd"}\n'

        assert [*read_anchors(text)] == [Anchor(seq=1, hash="ab"), Anchor(seq=2, hash="cd")]

    @pytest.mark.parametrize("text", ["no JSON", "[]", '{"seq": "1"}'])
    async def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r".*"):
            read_anchors(text)
