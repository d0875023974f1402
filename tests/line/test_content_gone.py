"""Kept files go with what was taken back, erased or pruned, and are sealed anew with a new key."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from desk.attachments.models import FileState, Reason
from desk.cases.models import Case, CaseStatus
from desk.db import now
from desk.line.content import CONTENT_JOB
from desk.pruning.service import Keep, PruneService
from desk.vault.rotation import rotate, settle, state, verify
from tests.line.conftest import LineDesk
from tests.line.content_steps import decide, files, the_file, with_case
from tests.line.fake.files import JPEG, M4A, MP4, PDF

KEEP = Keep(deliveries=0, jobs=0, reports=0, logins=0, line=0, files=90)


@pytest.fixture
async def case(desk: LineDesk) -> UUID:
    """An open case, whose hub is told by mail."""
    return await with_case(desk)


async def prune(desk: LineDesk, days: float) -> None:
    """The nightly pruning, so many days from now."""
    clock = lambda: now() + timedelta(days=days)  # noqa: E731
    await PruneService(desk.app.state.database, KEEP, clock=clock).run()


class TestDeleted:
    async def test_unsend_deletes_bytes_and_name(self, desk: LineDesk, case: UUID):
        event = await desk.user.sends("file")
        await desk.settle()

        await desk.user.unsends(event)
        await desk.settle()

        row = await the_file(desk)
        assert (row.state, row.reason) == (FileState.GONE, Reason.TAKEN_BACK)
        assert (row.content, row.name, row.sha256, row.size) == (None, None, None, None)

    async def test_what_was_taken_back_before_it_was_fetched_is_never_kept(
        self, desk: LineDesk, case: UUID
    ):
        event = await desk.user.sends("file")
        await decide(desk)
        await desk.user.unsends(event)
        await decide(desk)
        desk.account.keep(event["message"]["id"], "application/pdf", PDF)  # LINE is late.

        await desk.change_due(CONTENT_JOB)
        await desk.app.state.worker.run_due()

        assert (await the_file(desk)).content is None
        assert desk.account.calls_to("content") == []

    async def test_erasing_the_talk_deletes_the_rows(self, desk: LineDesk, case: UUID):
        await desk.user.sends("image")
        await desk.user.sends("file")
        await desk.settle()

        await desk.app.state.chat.erase((await desk.line_user()).conversation_id)

        assert await files(desk) == []

    async def test_erasing_the_talk_while_it_is_fetched_keeps_nothing(
        self, desk: LineDesk, case: UUID
    ):
        await desk.user.sends("image")
        await decide(desk)
        await desk.app.state.chat.erase((await desk.line_user()).conversation_id)

        await desk.change_due(CONTENT_JOB)
        await desk.settle()

        assert await files(desk) == []

    async def test_pruning_deletes_it_once_the_case_is_over_for_long(
        self, desk: LineDesk, case: UUID
    ):
        await desk.user.sends("image")
        await desk.settle()
        await prune(desk, 91)
        assert len(await files(desk)) == 1

        await desk.change(Case, status=CaseStatus.CLOSED, updated_at=now() + timedelta(days=10))
        await prune(desk, 99)
        assert len(await files(desk)) == 1
        await prune(desk, 101)

        assert await files(desk) == []


class TestSealedAnew:
    async def test_rotation_seals_files_with_the_new_key(self, desk: LineDesk, case: UUID):
        database = desk.app.state.database
        await settle(database)
        for kind in ("image", "file", "video", "audio", "image", "file"):
            await desk.user.sends(kind)
        await desk.settle()
        old = (await state(database)).keys[0].id

        await rotate(database)
        await desk.settle()

        found = await state(database)
        assert (found.unsealed, found.current) == (0, found.total)
        assert {key.id: key.values for key in found.keys}[old] == 0
        kept = sorted(row.content or b"" for row in await files(desk))
        assert kept == sorted([JPEG, PDF, MP4, M4A, JPEG, PDF])
        assert await verify(database) == []

    async def test_bytes_of_one_file_do_not_open_in_another(self, desk: LineDesk, case: UUID):
        await desk.user.sends("image")
        await desk.user.sends("file")
        await desk.settle()
        document = next(row for row in await files(desk) if row.kind == "file")
        async with desk.app.state.database.write() as tx:
            await tx.execute(
                text(
                    "UPDATE attachment SET content ="
                    " (SELECT content FROM attachment WHERE kind = 'image')"
                )
            )

        broken = await verify(desk.app.state.database)

        assert broken == [f"attachment {document.id}"]
