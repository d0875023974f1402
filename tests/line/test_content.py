"""Pictures and files of owners are fetched once, kept sealed, and deleted with everything."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from desk.attachments.models import FileState, Reason
from desk.cases.models import Case, CaseEvent, CaseStatus, EventKind
from desk.chat.models import Conversation, Holder
from desk.jobs.models import Job, JobState
from desk.jobs.service import RetryLaterError
from desk.line.content import ATTEMPTS, CONTENT_JOB
from desk.notify.models import Delivery, NotificationTarget
from desk.pruning.service import Keep
from tests.line.conftest import LineDesk
from tests.line.content_steps import decide, facts, files, the_file, with_case
from tests.line.fake import events
from tests.line.fake.faults import Fault
from tests.line.fake.files import EXE, JPEG, M4A, MP4, PDF
from tests.line.steps import open_case

MEGABYTE = 1024 * 1024
KEEP = Keep(deliveries=0, jobs=0, reports=0, logins=0, line=0, files=90)
LARGE = b"%PDF-1.7\n" + bytes(10 * MEGABYTE - 8)
"""One byte more than is kept."""


@pytest.fixture
async def case(desk: LineDesk) -> UUID:
    """An open case, whose hub is told by mail."""
    return await with_case(desk)


class TestKept:
    @pytest.mark.parametrize(
        ("kind", "content", "media_type", "name"),
        [
            ("image", JPEG, "image/jpeg", None),
            ("video", MP4, "video/mp4", None),
            ("audio", M4A, "audio/mp4", None),
            ("file", PDF, "application/pdf", "見積.pdf"),
        ],
    )
    async def test_it_is_fetched_for_the_open_case(
        self,
        desk: LineDesk,
        case: UUID,
        kind: str,
        content: bytes,
        media_type: str,
        name: str | None,
    ):
        await desk.user.sends(kind)
        await desk.settle()

        row = await the_file(desk)
        assert (row.state, row.reason, row.content) == (FileState.FETCHED, None, content)
        assert (row.kind, row.media_type, row.name) == (kind, media_type, name)
        assert row.size == len(content)

    async def test_it_is_fetched_while_a_person_holds_the_talk(self, desk: LineDesk):
        await desk.say("こんにちは")
        await desk.change(Conversation, holder=Holder.STAFF)

        await desk.user.sends("image")
        await desk.settle()

        assert (await the_file(desk)).content == JPEG
        assert (await desk.messages())[-1].text == "〔写真が届きました〕"

    async def test_its_bytes_and_name_are_sealed_in_the_database(self, desk: LineDesk, case: UUID):
        await desk.user.sends("file")
        await desk.settle()

        async with desk.app.state.database.read() as tx:
            row = (await tx.execute(text("SELECT content, name, sha256 FROM attachment"))).one()
        assert bytes(row.content).startswith(b"v1:")
        assert PDF[:8] not in bytes(row.content)
        assert row.name.startswith("v1:")
        assert row.sha256.startswith("v1:")

    async def test_hub_is_told_once_and_the_log_says_so_once(self, desk: LineDesk, case: UUID):
        await desk.user.sends("image")
        await desk.settle()

        assert [r.notice for r in await desk.rows(Delivery)].count("owner_wrote") == 1
        logged = [e.kind for e in await desk.rows(CaseEvent)]
        assert logged.count(EventKind.FILE_ARRIVED) == 1

    async def test_owner_reads_who_sees_it_and_how_long_it_is_kept(
        self, desk: LineDesk, case: UUID
    ):
        await desk.user.sends("image")
        await desk.settle()

        settings = desk.app.state.settings
        assert f"{settings.keep_files_days}日" in desk.user.texts[-1]
        assert f"{settings.line_content_mb}MB" in desk.user.texts[-1]
        assert "窓口で直接お渡しください" in desk.user.texts[-1]


class TestNotKept:
    async def test_nothing_is_fetched_without_a_case_or_a_person(self, desk: LineDesk):
        await desk.say("こんにちは")
        for kind in ("image", "video", "audio", "file"):
            await desk.user.sends(kind)
        await desk.settle()

        assert await files(desk) == []
        assert desk.account.calls_to("content") == []
        assert "読み取れません" in desk.user.texts[-1]

    async def test_nothing_is_fetched_for_a_closed_case(self, desk: LineDesk, case: UUID):
        await desk.change(Case, status=CaseStatus.CLOSED)

        await desk.user.sends("image")
        await desk.settle()

        assert await files(desk) == []

    @pytest.mark.parametrize("kind", ["sticker", "location"])
    async def test_what_is_no_file_is_not_fetched(self, desk: LineDesk, case: UUID, kind: str):
        await desk.user.sends(kind)
        await desk.settle()

        assert await files(desk) == []
        assert desk.account.calls_to("content") == []

    async def test_nothing_is_fetched_from_a_group(self, desk: LineDesk, case: UUID):
        group = desk.account.group()
        image = events.media(desk.account, "1", "image")
        desk.account.keep("1", "image/jpeg", JPEG)

        await desk.account.webhook.deliver(
            [events.of_group(group, desk.account, "message", desk.user, message=image)]
        )
        await desk.settle()

        assert await files(desk) == []
        assert desk.account.calls_to("content") == []

    async def test_address_of_somebody_else_is_never_called(self, desk: LineDesk, case: UUID):
        provider = {
            "type": "external",
            "originalContentUrl": "https://example.com/a.jpg",
            "previewImageUrl": "https://example.com/b.jpg",
        }
        await desk.user.sends("image", contentProvider=provider)
        await desk.settle()

        row = await the_file(desk)
        assert (row.state, row.reason) == (FileState.REFUSED, Reason.ELSEWHERE)
        assert desk.account.calls_to("content") == []

    @pytest.mark.parametrize(
        ("content", "reason"),
        [(EXE, Reason.KIND), (b"", Reason.EMPTY), (LARGE, Reason.TOO_LARGE)],
    )
    async def test_what_is_too_large_or_of_another_kind_is_refused_with_the_reason(
        self, desk: LineDesk, case: UUID, content: bytes, reason: Reason
    ):
        await desk.user.sends("file", content=content)
        await desk.settle()

        row = await the_file(desk)
        assert (row.state, row.reason, row.content) == (FileState.REFUSED, reason, None)

    async def test_file_of_the_largest_size_is_kept(self, desk: LineDesk, case: UUID):
        await desk.user.sends("file", content=LARGE[:-1])
        await desk.settle()

        row = await the_file(desk)
        assert (row.state, row.size) == (FileState.FETCHED, 10 * MEGABYTE)


class TestForbid:
    @pytest.fixture
    def line_entry(self) -> dict[str, Any]:
        return {"confidential": "forbid"}

    async def test_nothing_is_fetched_where_consultations_are_not_for_line(self, desk: LineDesk):
        await desk.say("こんにちは")
        await open_case(desk)
        await desk.change(Conversation, holder=Holder.STAFF)

        await desk.user.sends("image")
        await desk.settle()

        assert await files(desk) == []
        assert desk.account.calls_to("content") == []


class TestAllow:
    @pytest.fixture
    def line_entry(self) -> dict[str, Any]:
        return {"confidential": "allow"}

    async def test_owner_is_not_sent_elsewhere_with_papers(self, desk: LineDesk, case: UUID):
        await desk.user.sends("image")
        await desk.settle()

        assert "担当者に伝えました" in desk.user.texts[-1]
        assert "窓口で直接お渡しください" not in desk.user.texts[-1]


class TestOnce:
    async def test_event_that_comes_again_is_one_file(self, desk: LineDesk, case: UUID):
        event = await desk.user.sends("image")
        await desk.settle()

        await desk.account.webhook.redeliver([event])
        await desk.settle()

        assert len(await files(desk)) == 1
        assert len(desk.account.calls_to("content")) == 1

    async def test_job_that_is_done_twice_asks_once(self, desk: LineDesk, case: UUID):
        await desk.user.sends("image")
        await desk.settle()
        before = await the_file(desk)

        await desk.again(CONTENT_JOB)
        await desk.settle()

        assert (await the_file(desk)).settled_at == before.settled_at
        assert len(desk.account.calls_to("content")) == 1

    async def test_pictures_sent_at_once_get_one_word(self, desk: LineDesk, case: UUID):
        said = len(desk.user.texts)
        for index in (1, 2, 3):
            await desk.user.sends("image", imageSet={"id": "E005D41A", "index": index, "total": 3})
            await desk.settle()  # Each in a run of its own.

        assert len(desk.user.texts) == said + 1
        assert [row.state for row in await files(desk)] == [FileState.FETCHED] * 3

    async def test_files_that_come_in_a_row_get_one_word(self, desk: LineDesk, case: UUID):
        said = len(desk.user.texts)
        for kind in ("image", "file", "image"):
            await desk.user.sends(kind)
        await desk.settle()

        assert len(desk.user.texts) == said + 1


class TestTrouble:
    @pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.RESET_BEFORE, Fault.RATE_LIMITED])
    async def test_it_is_asked_for_again(self, desk: LineDesk, case: UUID, fault: Fault):
        desk.account.fail(fault, on="content", times=2)

        await desk.user.sends("image")
        await desk.settle()
        await desk.pass_time(60)

        assert (await the_file(desk)).state == FileState.FETCHED

    async def test_video_that_is_being_made_ready_is_asked_for_later(
        self, desk: LineDesk, case: UUID
    ):
        await desk.user.sends("video", ready_after=3700)
        await decide(desk)
        await desk.change_due(CONTENT_JOB)
        await desk.app.state.worker.run_due()
        assert (await the_file(desk)).state == FileState.WAITING
        assert desk.account.calls_to("content") == []

        desk.clock.advance(3700)
        await desk.change_due(CONTENT_JOB)
        await desk.app.state.worker.run_due()

        assert (await the_file(desk)).content == MP4

    async def test_video_that_line_cannot_make_ready_is_given_up(self, desk: LineDesk, case: UUID):
        event = desk.user.media("video")
        desk.account.keep(event["message"]["id"], "video/mp4", b"", is_broken=True)

        await desk.account.webhook.deliver([event])
        await desk.settle()

        row = await the_file(desk)
        assert (row.state, row.reason) == (FileState.FAILED, Reason.NOT_GIVEN)

    async def test_what_line_has_deleted_is_gone(self, desk: LineDesk, case: UUID):
        await desk.user.sends("image")
        await decide(desk)
        desk.clock.advance(8 * 86400)

        await desk.change_due(CONTENT_JOB)
        await desk.app.state.worker.run_due()

        row = await the_file(desk)
        assert (row.state, row.reason) == (FileState.GONE, Reason.DELETED)

    async def test_bureau_hears_that_the_token_is_refused_and_it_is_fetched_with_the_next(
        self, desk: LineDesk, case: UUID
    ):
        async with desk.app.state.database.write() as tx:
            tx.add(NotificationTarget(hub_id="bureau", kind="mail", address="b@example.jp"))
        await desk.user.sends("image")
        await decide(desk)
        token, desk.account.access_token = desk.account.access_token, "another"

        await desk.change_due(CONTENT_JOB)
        await desk.app.state.worker.run_due()
        assert "refused" in [f.get("trouble") for f in await facts(desk)]
        assert (await the_file(desk)).state == FileState.WAITING
        desk.account.access_token = token
        await desk.change_due(CONTENT_JOB)
        await desk.app.state.worker.run_due()

        assert (await the_file(desk)).state == FileState.FETCHED

    async def test_a_few_are_fetched_at_a_time_and_all_at_last(self, desk: LineDesk, case: UUID):
        for _ in range(5):
            await desk.user.sends("image")
        await decide(desk)
        queued = [job for job in await desk.rows(Job) if job.kind == CONTENT_JOB]
        desk.account.fail(Fault.SLOW, on="content", times=None, seconds=0.5)

        done = await asyncio.gather(
            *(desk.app.state.line.fetcher.fetch(job) for job in queued), return_exceptions=True
        )
        busy = [each for each in done if isinstance(each, RetryLaterError)]
        assert (len(busy), len(desk.account.calls_to("content"))) == (3, 2)
        await desk.settle()

        assert [row.state for row in await files(desk)] == [FileState.FETCHED] * 5

    async def test_at_last_staff_read_that_it_could_not_be_fetched(
        self, desk: LineDesk, case: UUID
    ):
        desk.account.fail(Fault.ERROR_BEFORE, on="content", times=None)
        await desk.user.sends("image")
        await decide(desk)

        for _ in range(ATTEMPTS):
            await desk.change_due(CONTENT_JOB)
            await desk.app.state.worker.run_due()

        row = await the_file(desk)
        assert (row.state, row.reason) == (FileState.FAILED, Reason.UNREACHABLE)
        jobs = [job for job in await desk.rows(Job) if job.kind == CONTENT_JOB]
        assert [job.state for job in jobs] == [JobState.DEAD]
