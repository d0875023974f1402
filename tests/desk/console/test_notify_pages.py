"""The pages of deliveries, of targets, and of the nightly comparison."""

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from desk.auth.models import Role
from desk.db import Database, new_id
from desk.jobs import service as jobs
from desk.jobs.models import Job, JobState
from desk.notify.models import Delivery, DeliveryState, NoticeKind, NotificationTarget
from desk.notify.outbox import Notice, queue_delivery
from desk.notify.ports import PRINTED
from desk.notify.targets import TargetDraft
from tests.desk.notify.helpers import SECRET

pytestmark = pytest.mark.asyncio
MAIL = {"hub_id": "matsumoto", "kind": "mail", "address": "staff@city.example.jp"}


@pytest.fixture
async def delivery_id(app: Any, database: Database) -> UUID:
    """A delivery of Matsumoto that was given up."""
    target = await app.state.targets.save(TargetDraft(**MAIL))
    async with database.write() as tx:
        notice = Notice(
            key="case:1:2",
            kind=NoticeKind.CASE_ANNOUNCED,
            hub_id="matsumoto",
            case_id=new_id(),
            case_number="MAT-2611-0001",
        )
        delivery_id = await queue_delivery(tx, notice, target)
        dead = {"state": DeliveryState.DEAD, "last_error": "550 <b>nobody</b>", "attempts": 1}
        await tx.execute(update(Delivery).values(**dead))
    assert delivery_id is not None
    return delivery_id


async def rows(database: Database, table: Any) -> list[Any]:
    async with database.read() as tx:
        return list(await tx.scalars(select(table).order_by(table.id)))


class TestDeliveries:
    async def test_anonymous_has_to_log_in(self, browser: Any) -> None:
        assert (await browser.get("/console/deliveries")).status_code == 303

    async def test_what_did_not_arrive_is_shown_with_its_reason(
        self, sign_in: Any, delivery_id: UUID
    ) -> None:
        page = (await (await sign_in()).get("/console/deliveries")).text

        assert "届かなかった知らせ 1件" in page
        assert "MAT-2611-0001" in page
        assert "550 &lt;b&gt;nobody&lt;/b&gt;" in page
        assert "もう一度送る" in page

    async def test_what_a_twin_only_printed_does_not_count_as_arrived(
        self, sign_in: Any, delivery_id: UUID, database: Database
    ) -> None:
        async with database.write() as tx:
            printed = {"state": DeliveryState.SENT, "proof": PRINTED}
            await tx.execute(update(Delivery).values(**printed))

        page = (await (await sign_in()).get("/console/deliveries?show=all")).text

        assert "書き出しただけ" in page
        assert "届いた" not in page

    async def test_another_hub_sees_nothing_of_it(self, sign_in: Any, delivery_id: UUID) -> None:
        page = (await (await sign_in(hub="nagaoka")).get("/console/deliveries?show=all")).text

        assert "MAT-2611-0001" not in page

    async def test_a_hub_without_a_target_is_told_so(self, sign_in: Any) -> None:
        page = (await (await sign_in()).get("/console/deliveries")).text

        assert 'id="no-target"' in page
        assert "「相談の一覧」に出るだけです" in page

    async def test_trying_again_puts_it_on_its_way(
        self, sign_in: Any, delivery_id: UUID, database: Database
    ) -> None:
        browser = await sign_in()

        answer = await browser.post(f"/console/deliveries/{delivery_id}/retry")
        again = await browser.post(f"/console/deliveries/{delivery_id}/retry")

        assert answer.headers["location"] == "/console/deliveries?done=retried"
        assert again.status_code == 409
        assert "送り直していません" in again.text
        assert [d.state for d in await rows(database, Delivery)] == [DeliveryState.PENDING]

    async def test_who_may_only_look_gets_no_button(self, sign_in: Any, delivery_id: UUID) -> None:
        page = (await (await sign_in(Role.AUDITOR, None)).get("/console/deliveries")).text

        assert "MAT-2611-0001" in page
        assert "もう一度送る" not in page

    async def test_many_fill_several_pages(
        self, sign_in: Any, delivery_id: UUID, database: Database
    ) -> None:
        (target,) = await rows(database, NotificationTarget)
        async with database.write() as tx:
            for number in range(50):
                key = f"test:{number}"
                notice = Notice(key=key, kind=NoticeKind.TEST, hub_id="matsumoto")
                await queue_delivery(tx, notice, target)
        browser = await sign_in()

        first = (await browser.get("/console/deliveries")).text
        second = (await browser.get("/console/deliveries?page=2")).text

        assert first.count("data-delivery-id") == 50
        assert second.count("data-delivery-id") == 1
        assert "古いほうへ" in first
        assert "古いほうへ" not in second


class TestTargets:
    async def test_anonymous_has_to_log_in(self, browser: Any) -> None:
        assert (await browser.get("/console/targets")).status_code == 303

    async def test_one_can_be_added_and_hubs_without_are_named(self, sign_in: Any) -> None:
        browser = await sign_in(Role.ADMIN, None)
        before = (await browser.get("/console/targets")).text

        answer = await browser.post("/console/targets", **MAIL)

        after = (await browser.get("/console/targets?done=target_saved")).text
        assert answer.headers["location"] == "/console/targets?done=target_saved"
        assert "知らせ先のない窓口" in before
        assert "staff@city.example.jp" in after
        assert "知らせ先を保存しました。" in after

    async def test_a_target_can_be_the_leads_and_hubs_without_one_are_named(
        self, sign_in: Any, database: Database
    ) -> None:
        browser = await sign_in(Role.ADMIN, None)
        before = (await browser.get("/console/targets")).text

        await browser.post("/console/targets", **MAIL, level="lead")

        (target,) = await rows(database, NotificationTarget)
        after = (await browser.get("/console/targets")).text
        banner = re.compile(r'id="hubs-without-lead">(.*?)</p>', re.DOTALL)
        assert target.level == "lead"
        assert "責任者の知らせ先がありません" in before
        name = "松本"
        assert (name in banner.findall(before)[0], name in banner.findall(after)[0]) == (
            True,
            False,
        )

    async def test_a_webhook_shows_the_name_of_its_secret_and_never_the_secret(
        self, sign_in: Any, database: Database
    ) -> None:
        browser = await sign_in(Role.ADMIN, None)
        fields = {**MAIL, "kind": "webhook", "address": "https://a.example.jp/"}

        await browser.post("/console/targets", **fields, secrets="hook")

        page = (await browser.get("/console/targets")).text
        assert "鍵：hook" in page
        assert SECRET not in page
        (target,) = await rows(database, NotificationTarget)
        assert target.secret_names == ["hook"]

    async def test_a_refusal_keeps_what_was_typed(self, sign_in: Any) -> None:
        browser = await sign_in(Role.ADMIN, None)
        fields = {
            **MAIL,
            "kind": "kintone",
            "address": "https://city.cybozu.com",
            "app_id": "7",
            "fields": "url=link",
        }

        page = await browser.post("/console/targets", **fields)

        assert page.status_code == 422
        assert "case_number は必ず必要です" in page.text
        assert 'value="https://city.cybozu.com"' in page.text
        assert ">url=link</textarea>" in page.text

    async def test_it_can_be_tried_switched_and_removed(
        self, sign_in: Any, database: Database
    ) -> None:
        browser = await sign_in(Role.ADMIN, None)
        await browser.post("/console/targets", **MAIL)
        (target,) = await rows(database, NotificationTarget)

        await browser.post(f"/console/targets/{target.id}/test")
        await browser.post(f"/console/targets/{target.id}/switch", on="false")
        off = (await rows(database, NotificationTarget))[0].enabled
        await browser.post(f"/console/targets/{target.id}/switch", on="true")
        on = (await rows(database, NotificationTarget))[0].enabled
        await browser.post(f"/console/targets/{target.id}/remove")

        assert [d.notice for d in await rows(database, Delivery)] == [NoticeKind.TEST]
        assert (off, on) == (False, True)
        assert "staff@city.example.jp" not in (await browser.get("/console/targets")).text
        gone = await browser.post(f"/console/targets/{target.id}/test")
        assert gone.status_code == 404


class TestReconciliation:
    async def test_anonymous_has_to_log_in(self, browser: Any) -> None:
        assert (await browser.get("/console/reconciliation")).status_code == 303

    async def test_before_the_first_run_it_says_so(self, sign_in: Any) -> None:
        page = (await (await sign_in(Role.BUREAU, None)).get("/console/reconciliation")).text

        assert "まだ一度も照らし合わせていません" in page
        assert "毎日02:30に" in page

    async def test_a_clean_run_tells_what_was_looked_at(self, sign_in: Any) -> None:
        browser = await sign_in(Role.BUREAU, None)

        await browser.post("/console/reconciliation/run")

        page = (await browser.get("/console/reconciliation")).text
        assert "食い違いはありません" in page
        assert "相談0件" in page

    async def test_findings_are_shown_and_dead_jobs_can_be_tried_again(
        self, sign_in: Any, database: Database
    ) -> None:
        async with database.write() as tx:
            job_id = await jobs.enqueue(tx, "chat.forget", {})
            await tx.execute(update(Job).values(state=JobState.DEAD, last_error="away"))
        browser = await sign_in(Role.BUREAU, None)

        await browser.post("/console/reconciliation/run")
        page = (await browser.get("/console/reconciliation")).text
        await browser.post(f"/console/reconciliation/jobs/{job_id}/retry")

        assert "食い違い 1件" in page
        assert f"<code>{job_id}</code>" in page
        assert "away" in page
        assert [job.state for job in await rows(database, Job)] == [JobState.QUEUED]

    async def test_a_case_that_is_announced_nowhere_says_so_in_its_log(
        self, sign_in: Any, open_case: Any, cases: Any
    ) -> None:
        case_id = await open_case()
        await cases.announce(case_id)

        page = (await (await sign_in()).get(f"/console/cases/{case_id}")).text

        assert "知らせ先の登録がないため、一覧に出しただけです" in page
