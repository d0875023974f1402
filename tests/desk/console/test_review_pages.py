"""The pages of the review, as forms without JavaScript."""

import io
import re
import zipfile
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from desk.audit.models import AuditEntry
from desk.auth.models import Role
from desk.chat.models import Author, Message
from desk.db import Database
from desk.review.models import KnowledgeTask, LineState, ReviewLabel, ReviewLine
from tests.desk.console.conftest import OpenCase, SignIn

SAID = "事務の山田花子さんがすぐ辞めそうで"
MASKED = "事務の〔名前〕さんがすぐ辞めそうで"


@pytest.fixture
async def line(open_case: OpenCase, database: Database) -> UUID:
    """A line of a talk that was handed over to Matsumoto."""
    await open_case(said=SAID)
    async with database.read() as tx:
        query = select(Message.id).where(Message.author == Author.USER)
        return (await tx.scalars(query)).one()


async def labels_of(database: Database, line: UUID) -> list[ReviewLabel]:
    async with database.read() as tx:
        query = select(ReviewLabel).where(ReviewLabel.line_id == line).order_by(ReviewLabel.round)
        return list(await tx.scalars(query))


class TestQueue:
    async def test_it_shows_masked_lines_with_reasons_and_counts(
        self, sign_in: SignIn, line: UUID, database: Database
    ):
        browser = await sign_in(Role.LEAD)

        page = (await browser.get("/console/review")).text

        assert MASKED in page
        assert "山田" not in page
        assert re.search(r'data-reason="handoff".*?1<span', page)
        assert re.search(r'data-reason="fallback".*?0<span', page)
        async with database.read() as tx:
            entries = (await tx.scalars(select(AuditEntry))).all()
        opened = [e for e in entries if e.action == "review_queue_opened"]
        assert opened[-1].details["lines"] == [str(line)]

    async def test_filter_shows_only_its_lines(self, sign_in: SignIn, line: UUID):
        browser = await sign_in(Role.LEAD)

        assert MASKED in (await browser.get("/console/review?reason=handoff")).text
        assert MASKED not in (await browser.get("/console/review?reason=fallback")).text
        assert MASKED not in (await browser.get("/console/review?second=1")).text

    async def test_staff_and_auditors_are_not_offered_it(self, sign_in: SignIn):
        for role, hub in ((Role.STAFF, "matsumoto"), (Role.AUDITOR, None)):
            browser = await sign_in(role, hub)

            assert "/console/review" not in (await browser.get("/console")).text
            assert (await browser.get("/console/review")).status_code == 403


class TestLine:
    async def test_it_shows_context_understanding_and_what_was_masked(
        self, sign_in: SignIn, line: UUID
    ):
        browser = await sign_in(Role.LEAD)
        await browser.get("/console/review")

        page = (await browser.get(f"/console/review/lines/{line}")).text

        assert SAID in page
        assert f">{MASKED}</textarea>" in page
        assert "確かさ 93%" in page
        assert "働く人が続かないことでお困りなのですね。" in page
        assert "<dt>〔名前〕</dt><dd>山田花子</dd>" in page
        assert page.count("<kbd>") == 23 + 12 + 2

    async def test_label_is_kept_and_the_next_line_is_shown(
        self, sign_in: SignIn, open_case: OpenCase, line: UUID, database: Database
    ):
        await open_case(said="人が来ない")
        browser = await sign_in(Role.LEAD)
        await browser.get("/console/review")

        answer = await browser.post(
            f"/console/review/lines/{line}",
            choice="state_concern",
            concerns="engagement",
            text=MASKED,
            reason="handoff",
        )

        assert answer.status_code == 303
        where = answer.headers["location"]
        assert re.fullmatch(
            r"/console/review/lines/[0-9a-f-]{36}\?reason=handoff&done=review_labelled", where
        )
        assert str(line) not in where
        (label,) = await labels_of(database, line)
        assert label.said == {"intent": "state_concern", "concerns": ["engagement"]}
        assert "保存しました" in (await browser.get(where)).text

    async def test_refusal_keeps_what_was_typed(
        self, sign_in: SignIn, line: UUID, database: Database
    ):
        browser = await sign_in(Role.LEAD)
        await browser.get("/console/review")

        answer = await browser.post(
            f"/console/review/lines/{line}", choice="greet", text=SAID, concerns="hiring"
        )

        assert answer.status_code == 422
        assert "まだあります" in answer.text
        assert f">{SAID}</textarea>" in answer.text
        assert re.search(r'value="greet"[^>]*checked', answer.text)
        assert re.search(r'value="hiring"[^>]*checked', answer.text)
        assert await labels_of(database, line) == []

    async def test_second_person_does_not_see_the_first_label(
        self, sign_in: SignIn, line: UUID, database: Database
    ):
        first, second = await sign_in(Role.LEAD, login="aa"), await sign_in(Role.LEAD, login="bb")
        await first.get("/console/review")
        path = f"/console/review/lines/{line}"
        await first.post(path, choice="complaint", text=MASKED)

        assert (await first.get(path)).status_code == 409
        page = (await second.get(path)).text

        assert "（2人目）" in page
        assert "checked>" not in page.replace('id="review-keys" checked', "")
        assert MASKED in (await second.get("/console/review?second=1")).text
        await second.post(path, choice="complaint", text=MASKED)
        async with database.read() as tx:
            assert (await tx.get_one(ReviewLine, line)).state == LineState.AGREED

    async def test_skipping_leaves_the_line_for_later(self, sign_in: SignIn, line: UUID):
        browser = await sign_in(Role.LEAD)
        await browser.get("/console/review")

        skipped = await browser.get(f"/console/review/next?after={line}")
        back = await browser.get("/console/review/next")

        assert skipped.headers["location"] == "/console/review"
        assert back.headers["location"] == f"/console/review/lines/{line}"


class TestFigures:
    async def test_few_lines_show_no_figure(self, sign_in: SignIn, line: UUID):
        browser = await sign_in(Role.LEAD)
        await browser.get("/console/review")
        await browser.post(
            f"/console/review/lines/{line}",
            choice="state_concern",
            concerns="engagement",
            text=MASKED,
        )

        page = (await browser.get("/console/review/figures")).text

        assert "5件未満" in page
        assert 'id="review-confusion"' not in page


class TestExport:
    async def test_administrators_get_an_archive(self, sign_in: SignIn):
        browser = await sign_in(Role.ADMIN, None)

        answer = await browser.get("/console/review/export")

        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.namelist() == []


class TestAnswers:
    async def test_wrong_answer_goes_from_the_case_into_the_list(
        self, sign_in: SignIn, open_case: OpenCase, database: Database, app: FastAPI
    ):
        case_id = await open_case()
        async with database.write() as tx:
            messages = (await tx.scalars(select(Message).order_by(Message.seq))).all()
            messages[1].answers_id, messages[1].part = messages[0].id, 1
        browser = await sign_in(Role.LEAD)
        case = (await browser.get(f"/console/cases/{case_id}")).text
        (path,) = re.findall(r'href="(/console/review/answers/[0-9a-f-]+)"', case)
        form = {
            "right": "受付は終わった",
            "must_say": "終わりました",
            "asked": "若い子が続かない",
            "source_url": "https://www.example.jp/a",
            "source_on": "2026-11-20",
        }

        refused = await browser.post(path, **{**form, "source_on": "きのう"})
        answer = await browser.post(path, **form)

        assert refused.status_code == 422
        assert "受付は終わった</textarea>" in refused.text
        assert answer.headers["location"] == "/console/review/tasks?done=task_opened"
        page = (await browser.get("/console/review/tasks")).text
        assert "受付は終わった" in page
        assert "2026年11月20日" in page
        async with database.read() as tx:
            task = (await tx.scalars(select(KnowledgeTask))).one()
        await browser.post(f"/console/review/tasks/{task.id}/state", state="done")
        assert "受付は終わった" in (await browser.get("/console/review/tasks?state=done")).text

    async def test_staff_see_no_such_link(
        self, sign_in: SignIn, open_case: OpenCase, database: Database
    ):
        case_id = await open_case()
        async with database.write() as tx:
            messages = (await tx.scalars(select(Message).order_by(Message.seq))).all()
            messages[1].answers_id, messages[1].part = messages[0].id, 1

        page = (await (await sign_in()).get(f"/console/cases/{case_id}")).text

        assert "/console/review/answers" not in page
