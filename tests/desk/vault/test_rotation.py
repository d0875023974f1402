"""A new key: everything is sealed with it at last, whatever breaks the renewal off."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from desk.audit.errors import AuditKeyError
from desk.audit.keys import with_audit
from desk.audit.models import AuditEntry
from desk.cases.models import Case, CaseEvent, EventKind
from desk.cases.service import CaseService
from desk.config import Settings
from desk.db import Database, now
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState
from desk.jobs.worker import Worker
from desk.vault import rotation
from desk.vault.errors import KeyInUseError, VaultError
from desk.vault.keys import KeyFile
from desk.vault.models import VaultKey
from desk.vault.rotation import RENEW_JOB, renew, renew_step, retire, rotate, state, verify
from desk.vault.service import vault_of
from desk.vault.tables import BATCH
from tests.desk.vault.conftest import CONTACT, NOTE, open_case

NOTES = 2 * BATCH + 10


@pytest.fixture
async def case_id(database: Database) -> UUID:
    """A case with more notes than one step renews, all with the first key."""
    await rotation.settle(database)
    case_id = await open_case(database)
    async with database.write() as tx:
        tx.add_all(
            CaseEvent(
                case_id=case_id,
                seq=10 + n,
                kind=EventKind.NOTED,
                actor="staff",
                body={"text": NOTE},
            )
            for n in range(NOTES)
        )
    return case_id


@pytest.fixture
def first_key(settings: Settings) -> str:
    """Id of the key that everything begins with."""
    return KeyFile(settings.key_path).read()[0].id


def worker(database: Database) -> Worker:
    """A worker that renews."""

    async def step(job: Job) -> None:
        await renew_step(database, job)

    async def nothing(_: Job) -> None:
        return

    others = {"cases.announce": nothing, "cases.check_promise": nothing}
    return Worker(database, {RENEW_JOB: step, **others})


async def used(database: Database, key_id: str) -> int:
    """How many values depend on a key."""
    return next(key.values for key in (await state(database)).keys if key.id == key_id)


class TestRotate:
    async def test_everything_is_sealed_anew_and_reads_as_before(
        self, database: Database, cases: CaseService, case_id: UUID, first_key: str
    ):
        key_id = await rotate(database)
        await worker(database).run_due()

        found = await state(database)
        assert (await used(database, first_key), found.current) == (0, found.total)
        # Notes, first event, the case and its hashes; what the search finds of case and notes.
        assert found.total == NOTES + 1 + 3 + 2 + (1 + NOTES)
        assert found.steps == {}
        assert [key.id for key in found.keys if key.is_current] == [key_id]
        assert (await cases.get_case(case_id, None)).contact == CONTACT
        assert (await cases.list_events(case_id, None))[-1].body == {"text": NOTE}

    async def test_new_values_use_the_new_key_at_once(
        self, database: Database, case_id: UUID, first_key: str
    ):
        before = await used(database, first_key)
        await rotate(database)

        await open_case(database)

        assert await used(database, first_key) == before

    async def test_versions_and_times_of_cases_stay(
        self, database: Database, cases: CaseService, case_id: UUID
    ):
        before = await cases.get_case(case_id, None)
        await rotate(database)
        await worker(database).run_due()

        after = await cases.get_case(case_id, None)

        assert (after.version, after.updated_at) == (before.version, before.updated_at)

    async def test_second_rotation_takes_over_from_the_first(
        self, database: Database, case_id: UUID, first_key: str
    ):
        second = await rotate(database)
        third = await rotate(database)

        await worker(database).run_due()

        assert await used(database, first_key) == 0
        assert await used(database, second) == 0
        assert await used(database, third) == (await state(database)).total

    async def test_hashes_are_those_of_the_new_key(self, database: Database, case_id: UUID):
        key_id = await rotate(database)
        await worker(database).run_due()

        async with database.read() as tx:
            case = await tx.get_one(Case, case_id)

        assert case.contact_phone_hash is not None
        assert case.contact_phone_hash.startswith(key_id)


class TestBrokenOff:
    async def lease(self, database: Database) -> Job:
        async with database.write() as tx:
            query = select(Job.id).where(Job.kind == RENEW_JOB, Job.state == JobState.QUEUED)
            job_id = (await tx.scalars(query)).one()
            leased = await jobs.lease(tx, "a worker that dies", limit=100)
            return next(job for job in leased if job.id == job_id)

    async def lose_lease(self, database: Database) -> None:
        async with database.write() as tx:
            await tx.execute(
                update(Job)
                .where(Job.state == JobState.RUNNING)
                .values(lease_until=now() - timedelta(seconds=1))
            )

    @pytest.mark.parametrize("steps_done", [0, 1, 2, 3])
    @pytest.mark.parametrize("is_committed", [True, False])
    async def test_worker_that_dies_in_any_step_is_taken_over(
        self,
        database: Database,
        case_id: UUID,
        first_key: str,
        steps_done: int,
        *,
        is_committed: bool,
    ):
        await rotate(database)
        for _ in range(steps_done):
            job = await self.lease(database)
            await renew_step(database, job)
            async with database.write() as tx:
                await jobs.finish(tx, job)
        left = await used(database, first_key)
        job = await self.lease(database)
        if is_committed:
            await renew_step(database, job)  # It dies before it can mark the job as done.
        await self.lose_lease(database)

        await worker(database).run_due()

        assert left > 0
        assert await used(database, first_key) == 0
        async with database.read() as tx:
            steps = select(func.count()).where(Job.kind == RENEW_JOB, Job.state != JobState.DONE)
            assert (await tx.execute(steps)).scalar_one() == 0

    async def test_row_that_cannot_be_opened_does_not_stop_the_others(
        self, database: Database, case_id: UUID, first_key: str
    ):
        broken = await open_case(database)
        async with database.write() as tx:
            await tx.execute(
                text("""UPDATE "case" SET contact = replace(contact, ':', ';') WHERE id = :id"""),
                {"id": broken.hex},
            )
        await rotate(database)

        await worker(database).run_due()

        assert await verify(database) == [f"case {broken}"]
        assert 0 < await used(database, first_key) <= 5

    async def test_values_of_a_late_process_are_renewed_on_demand(
        self, database: Database, settings: Settings, case_id: UUID, first_key: str
    ):
        await rotate(database)
        await worker(database).run_due()
        async with database.write() as tx:
            event = (await tx.scalars(select(CaseEvent).limit(1))).one()
            late = vault_of(database).seal(
                '{"text":"x"}', context="case_event.body", row=event.id.hex, key_id=first_key
            )
            await tx.execute(
                text("UPDATE case_event SET body = :body WHERE id = :id"),
                {"body": late, "id": event.id.hex},
            )
        assert await used(database, first_key) == 1

        await renew(database)
        await worker(database).run_due()

        assert await used(database, first_key) == 0

    async def test_row_that_is_written_meanwhile_keeps_what_was_written(
        self, database: Database, case_id: UUID
    ):
        await rotate(database)
        async with database.write() as tx:
            case = await tx.get_one(Case, case_id)
            case.contact = {}

        await worker(database).run_due()

        async with database.read() as tx:
            assert (await tx.get_one(Case, case_id)).contact == {}


class TestRetire:
    async def test_key_in_use_stays(self, database: Database, case_id: UUID, first_key: str):
        await rotate(database)

        with pytest.raises(KeyInUseError, match=r"\d+ values"):
            await retire(database, first_key)

        assert first_key in vault_of(database).key_ids

    async def test_key_that_encrypts_stays(self, database: Database, case_id: UUID, first_key: str):
        with pytest.raises(KeyInUseError, match="newest"):
            await retire(database, first_key)

    async def test_unknown_key_is_told(self, database: Database, case_id: UUID):
        with pytest.raises(KeyInUseError, match="no key"):
            await retire(database, "00000000")

    async def test_unused_key_leaves_the_file_and_everything_still_opens(
        self, database: Database, cases: CaseService, case_id: UUID, first_key: str
    ):
        await rotate(database)
        await worker(database).run_due()

        await retire(database, first_key)

        assert first_key not in vault_of(database).key_ids
        assert await verify(database) == []
        assert (await cases.get_case(case_id, None)).contact == CONTACT
        await rotation.settle(database)
        retired = [key.id for key in (await state(database)).keys if key.retired_at is not None]
        assert retired == [first_key]

    async def test_retired_key_does_not_come_back_as_the_newest(
        self, database: Database, settings: Settings, case_id: UUID, first_key: str
    ):
        old_file = settings.key_path.read_bytes()
        await rotate(database)
        await worker(database).run_due()
        await retire(database, first_key)
        settings.key_path.write_bytes(old_file)

        with pytest.raises(VaultError):
            await rotation.settle(database)


class TestVerify:
    async def test_moved_value_is_found(self, database: Database, case_id: UUID):
        other = await open_case(database)
        async with database.write() as tx:
            await tx.execute(
                text(
                    """UPDATE "case" SET contact =
                    (SELECT contact FROM "case" WHERE id = :other) WHERE id = :id"""
                ),
                {"other": other.hex, "id": case_id.hex},
            )

        assert await verify(database) == [f"case {case_id}"]


class TestAuditLog:
    async def deeds(self, database: Database) -> list[tuple[str, str, str]]:
        """What the audit log says of keys: action, actor, subject."""
        async with database.read() as tx:
            query = select(AuditEntry).where(AuditEntry.subject.startswith("vault_key:"))
            entries = (await tx.scalars(query.order_by(AuditEntry.seq))).all()
        return [(entry.action, entry.actor, entry.subject) for entry in entries]

    async def test_it_tells_of_keys_that_come_and_go(
        self, database: Database, case_id: UUID, first_key: str
    ):
        new = await rotate(database)
        await worker(database).run_due()
        await retire(database, first_key)

        assert await self.deeds(database) == [
            ("key_registered", "system", f"vault_key:{first_key}"),
            ("key_registered", "system", f"vault_key:{new}"),
            ("keys_rotated", "operator", f"vault_key:{new}"),
            ("key_retired", "operator", f"vault_key:{first_key}"),
        ]

    async def test_it_tells_of_a_key_that_somebody_put_into_the_file(
        self, database: Database, case_id: UUID, settings: Settings
    ):
        added = KeyFile(settings.key_path).add()

        await rotation.settle(database)

        assert (await self.deeds(database))[-1] == (
            "key_registered",
            "system",
            f"vault_key:{added.id}",
        )

    async def test_a_key_is_not_retired_where_that_cannot_be_written_down(
        self, database: Database, case_id: UUID, first_key: str, settings: Settings
    ):
        await rotate(database)
        await worker(database).run_due()
        settings.resolved_audit_key_file.write_text("no key")
        with_audit(database, settings)

        with pytest.raises(AuditKeyError):
            await retire(database, first_key)

        assert first_key in [key.id for key in KeyFile(settings.key_path).read()]
        async with database.read() as tx:
            assert (await tx.get_one(VaultKey, first_key)).retired_at is None
