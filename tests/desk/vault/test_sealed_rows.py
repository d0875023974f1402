"""Sealed columns of cases: what lies on the disk, and values that were moved."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Uuid, column, select, table, text, update

from desk.cases.doubles import list_doubles
from desk.cases.models import Case, CaseEvent, EventKind
from desk.cases.service import CaseService, erase_of_conversation
from desk.config import Settings
from desk.db import Base, Database, new_id
from desk.vault.errors import SealBrokenError, UnboundValueError, UnknownKeyError, VaultLockedError
from desk.vault.keys import KeyFile
from desk.vault.service import open_database, vault_of
from desk.vault.tables import sealed_tables
from tests.desk.vault.conftest import (
    CONTACT,
    HEADLINE,
    NOTE,
    case_service,
    open_case,
    spellings,
    stored_bytes,
)


@pytest.fixture
async def another(tmp_path: Path, make_database: Callable[..., str]) -> AsyncIterator[Database]:
    """A second database with keys of its own, in the same process."""
    settings = Settings(_env_file=None, data=tmp_path / "another", database_url=make_database())
    KeyFile(settings.key_path).create()
    database = open_database(settings)
    yield database
    await database.close()


RAW = table("case", column("id", Uuid()), column("contact"), column("headline"))


async def copy(database: Database, source: tuple[str, UUID], target: tuple[str, UUID]) -> None:
    """Copy a stored value as somebody with write access to the database could."""
    (name, row), (to_name, to_row) = source, target
    async with database.write() as tx:
        found = await tx.execute(select(RAW.c[name]).where(RAW.c.id == row))
        values = {to_name: found.scalar_one()}
        await tx.execute(update(RAW).where(RAW.c.id == to_row).values(values))


class TestOnTheDisk:
    async def test_nothing_of_a_case_is_readable(
        self, database: Database, cases: CaseService, settings: Settings
    ):
        case_id = await open_case(database)
        await cases.add_note(case_id, None, new_id(), NOTE)

        stored = stored_bytes(settings)

        assert b"TSU-2611-0001" in stored  # It is the right file, and case numbers are plain.
        for secret in (*CONTACT.values(), HEADLINE, NOTE, "09012345678", "hanako.himitsu"):
            assert [s for s in spellings(secret) if s in stored] == []

    async def test_everything_is_readable_by_the_program(
        self, database: Database, cases: CaseService
    ):
        case_id = await open_case(database)
        await cases.add_note(case_id, None, new_id(), NOTE)

        case = await cases.get_case(case_id, "tsubame")
        events = await cases.list_events(case_id, "tsubame")

        assert (case.contact, case.headline) == (CONTACT, HEADLINE)
        assert case.snapshot["situation"]["facts"]["company_name"] == CONTACT["company_name"]
        assert events[0].body["turn_id"] == "t1"
        assert events[1].body == {"text": NOTE, "mentions": []}

    async def test_erasing_leaves_no_hash_and_no_sealed_value(
        self, database: Database, cases: CaseService, settings: Settings
    ):
        case_id = await open_case(database)
        case = await cases.get_case(case_id, None)
        async with database.read() as tx:
            before = (await tx.execute(text('SELECT contact FROM "case"'))).scalar_one()
        assert before.encode() in stored_bytes(settings)

        async with database.write() as tx:
            await erase_of_conversation(tx, case.conversation_id)

        case = await cases.get_case(case_id, None)
        assert (case.contact, case.snapshot, case.headline) == ({}, {}, "")
        assert (case.contact_phone_hash, case.contact_email_hash) == (None, None)
        async with database.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert before.encode() not in stored_bytes(settings)

    def test_every_sealed_column_is_authenticated_with_its_own_name(self):
        contexts = {
            f"{each.name}.{column}": kind.context
            for each in sealed_tables(Base.metadata)
            for column, kind in each.sealed.items()
        }

        assert {"case.contact", "case.headline", "case.snapshot", "case_event.body"} <= {*contexts}
        assert all(name == context for name, context in contexts.items())


class TestMoved:
    async def test_contact_of_one_case_does_not_open_in_another(
        self, database: Database, cases: CaseService
    ):
        mine, theirs = await open_case(database), await open_case(database)

        await copy(database, ("contact", theirs), ("contact", mine))

        with pytest.raises(SealBrokenError, match="another row"):
            await cases.get_case(mine, "tsubame")

    async def test_contact_does_not_open_as_the_headline_of_its_own_case(
        self, database: Database, cases: CaseService
    ):
        case_id = await open_case(database)

        await copy(database, ("contact", case_id), ("headline", case_id))

        with pytest.raises(SealBrokenError):
            await cases.get_case(case_id, "tsubame")

    async def test_plain_value_put_there_by_hand_is_refused(
        self, database: Database, cases: CaseService
    ):
        case_id = await open_case(database)
        async with database.write() as tx:
            await tx.execute(text("""UPDATE "case" SET contact = '{"name": "x"}'"""))

        with pytest.raises(SealBrokenError):
            await cases.get_case(case_id, "tsubame")

    async def test_object_that_is_read_again_is_compared_too(self, database: Database):
        mine, theirs = await open_case(database), await open_case(database)
        async with database.write() as tx:
            case = await tx.get_one(Case, mine)
            stored = await tx.execute(
                text('SELECT contact FROM "case" WHERE id = :id'), {"id": theirs.hex}
            )
            await tx.execute(
                text('UPDATE "case" SET contact = :c WHERE id = :id'),
                {"c": stored.scalar_one(), "id": mine.hex},
            )

            with pytest.raises(SealBrokenError):
                await tx.refresh(case)

    async def test_value_taken_over_by_the_program_is_sealed_for_its_new_row(
        self, database: Database, cases: CaseService
    ):
        mine, theirs = await open_case(database, contact={}), await open_case(database)

        async with database.write() as tx:
            source, target = await tx.get_one(Case, theirs), await tx.get_one(Case, mine)
            target.contact = source.contact

        assert (await cases.get_case(mine, None)).contact == CONTACT
        assert (await cases.get_case(theirs, None)).contact == CONTACT


class TestWrite:
    async def test_value_without_its_row_is_refused(self, database: Database):
        await open_case(database)

        with pytest.raises(
            Exception, match=r"case\.headline: the value does not know its row"
        ) as e:
            async with database.write() as tx:
                await tx.execute(update(Case).values(headline="x"))

        assert isinstance(e.value.__cause__ or e.value.orig, UnboundValueError)

    @pytest.mark.parametrize(
        "compare",
        [
            lambda: Case.headline == "x",
            lambda: Case.headline.like("x%"),
            Case.headline.desc,
            lambda: Case.contact == {},
        ],
    )
    def test_sealed_columns_are_neither_compared_nor_sorted(self, compare):
        with pytest.raises(TypeError, match="LookupHash"):
            compare()

    async def test_column_default_is_sealed_too(self, database: Database):
        case_id = await open_case(database)

        async with database.write() as tx:
            tx.add(CaseEvent(case_id=case_id, seq=9, kind=EventKind.NOTED, actor="staff"))

        async with database.read() as tx:
            event = (await tx.scalars(select(CaseEvent).where(CaseEvent.seq == 9))).one()
            stored = await tx.execute(text("SELECT body FROM case_event WHERE seq = 9"))
        assert event.body == {}
        assert stored.scalar_one().startswith("v1:")


class TestSeveralDatabases:
    async def test_each_uses_its_own_keys(self, database: Database, another: Database):
        ids = [await open_case(each) for each in (database, another)]

        assert vault_of(database).current_key_id != vault_of(another).current_key_id
        for each, case_id in zip((database, another), ids, strict=True):
            assert (await case_service(each).get_case(case_id, None)).contact == CONTACT

    async def test_neither_opens_what_the_other_sealed(self, database: Database, another: Database):
        await open_case(database)
        case_id = await open_case(another)
        async with database.read() as tx:
            stored = (await tx.execute(text('SELECT contact FROM "case"'))).scalar_one()
        async with another.write() as tx:
            await tx.execute(text('UPDATE "case" SET contact = :value'), {"value": stored})

        with pytest.raises(UnknownKeyError):
            await case_service(another).get_case(case_id, None)

    async def test_database_without_keys_stores_nothing(self, settings: Settings):
        plain = Database(settings.resolved_database_url)

        with pytest.raises(VaultLockedError):
            await open_case(plain)

        await plain.close()


class TestDoubles:
    async def test_same_phone_in_another_spelling_is_found(self, database: Database):
        first = await open_case(database, contact={"phone": "090-1234-5678"})
        second = await open_case(database, contact={"phone": "０９０１２３４５６７８"})
        await open_case(database, contact={"phone": "090-1234-5679"})

        async with database.read() as tx:
            found = await list_doubles(tx, second, "tsubame")

        assert [case.id for case in found] == [first]

    async def test_same_mail_address_is_found_after_a_new_key(
        self, database: Database, settings: Settings
    ):
        first = await open_case(database, contact={"email": "A@example.jp"})
        KeyFile(settings.key_path).add()
        second = await open_case(database, contact={"email": "a@example.jp"})

        async with database.read() as tx:
            found = await list_doubles(tx, second, "tsubame")

        assert [case.id for case in found] == [first]

    async def test_cases_of_other_hubs_and_cases_without_contact_are_no_doubles(
        self, database: Database
    ):
        mine = await open_case(database)
        await open_case(database, hub_id="matsumoto")
        nobody = await open_case(database, contact={})

        async with database.read() as tx:
            assert await list_doubles(tx, mine, "tsubame") == []
            assert await list_doubles(tx, nobody, "tsubame") == []
            assert await list_doubles(tx, mine, "matsumoto") == []

    async def test_hash_follows_a_changed_contact(self, database: Database):
        mine = await open_case(database, contact={"phone": "1"})
        other = await open_case(database, contact={"phone": "2"})

        async with database.write() as tx:
            case = await tx.get_one(Case, mine)
            case.contact = {"phone": "2"}

        async with database.read() as tx:
            assert [case.id for case in await list_doubles(tx, mine, None)] == [other]
