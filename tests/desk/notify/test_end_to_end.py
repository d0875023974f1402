"""A case on its way to real servers, through the whole desk and its durable jobs."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import select, update

from desk.app import create_app
from desk.cases.models import CaseEvent, EventKind
from desk.cases.service import CaseDraft
from desk.chat.ports import ScriptedDialogueEngine
from desk.chat.schemas import NewConversation
from desk.config import Settings
from desk.db import Database, now
from desk.jobs.models import Job
from desk.notify.models import Delivery, DeliveryState
from desk.notify.targets import TargetDraft
from tests.desk.notify.helpers import SECRET, ServerProcess, StartServer, received

FIELDS = {"case_number": "receipt", "promised_on": "due", "url": "link"}


@pytest.fixture
def servers(start_server: StartServer) -> dict[str, ServerProcess]:
    """A mail server, a receiver and a kintone."""
    return {
        "smtp": start_server("smtp_server.py", security="none"),
        "hook": start_server("receiver.py", secret=SECRET),
        "kintone": start_server("kintone_twin.py"),
    }


@pytest_asyncio.fixture
async def app(settings: Settings, servers: dict[str, ServerProcess]) -> AsyncIterator[FastAPI]:
    """The whole desk, set to these servers."""
    chosen = settings.model_copy(
        update={
            "today": None,  # The clock decides what is late.
            "smtp_host": "127.0.0.1",
            "smtp_port": servers["smtp"].port,
            "smtp_security": "none",
            "smtp_from": "navi@desk.example.jp",
            "notify_allow_private": True,
            "notify_secrets": {"hook": SECRET, "token": "right-token"},
            "public_url": "https://desk.example.jp",
        }
    )
    app = create_app(chosen, engine=ScriptedDialogueEngine())
    database: Database = app.state.database
    yield app
    await database.close()


async def open_case(app: FastAPI) -> None:
    conversation, _, _ = await app.state.chat.start(NewConversation(channel="web"))
    await app.state.cases.open_case(
        CaseDraft(
            conversation_id=conversation.id,
            handoff_number=1,
            turn_id="t",
            hub_id="matsumoto",
            prefix="MAT",
            headline="若い子が続かない",
            snapshot={"situation": {"facts": {"company_name": "信州精工"}}},
            consent={},
            contact={"name": "山田太郎", "phone": "0263-00-0000"},
        )
    )


async def add(app: FastAPI, kind: str, address: str, /, **more: Any) -> UUID:
    draft = TargetDraft(hub_id="matsumoto", kind=kind, address=address, **more)
    target_id: UUID = (await app.state.targets.save(draft)).id
    return target_id


async def deliveries(app: FastAPI) -> dict[str, Delivery]:
    """Deliveries by the id of their target."""
    async with app.state.database.read() as tx:
        found = await tx.scalars(select(Delivery).order_by(Delivery.id))
        return {str(delivery.target_id): delivery for delivery in found}


def records_of(port: int) -> dict[str, Any]:
    """The records that the kintone holds, by receipt number."""
    records: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/twin").json()["records"]
    return records


async def work(app: FastAPI, *, rounds: int = 1) -> None:
    for _ in range(rounds):
        await app.state.worker.run_due()
        async with app.state.database.write() as tx:
            waiting = update(Job).where(Job.state == "queued", Job.kind == "notify.deliver")
            await tx.execute(waiting.values(run_at=now() - timedelta(seconds=1)))


class TestNewCase:
    async def test_it_reaches_mail_webhook_and_kintone_without_the_owners_words(
        self, app: FastAPI, servers: dict[str, ServerProcess]
    ):
        hook, kintone = servers["hook"].port, servers["kintone"].port
        await add(app, "mail", "staff@city.example.jp")
        await add(app, "webhook", f"http://127.0.0.1:{hook}/ok", secret_names=("hook",))
        await add(
            app,
            "kintone",
            f"http://127.0.0.1:{kintone}",
            app="7",
            field_map=FIELDS,
            secret_names=("token",),
        )
        await open_case(app)

        await work(app)

        assert {d.state for d in (await deliveries(app)).values()} == {DeliveryState.SENT}
        mail = servers["smtp"].read_line()
        (event,) = received(hook)["received"]
        records = records_of(kintone)
        assert json.loads(mail)["to"] == ["staff@city.example.jp"]
        told = event["event"]["data"]
        assert list(records) == [told["case_number"]]
        assert records[told["case_number"]]["due"] == told["promised_on"]
        everything = mail + json.dumps([event, records], ensure_ascii=False)
        for word in ("山田太郎", "0263-00-0000", "信州精工", "若い子が続かない"):
            assert word not in everything

    async def test_servers_that_fail_at_first_are_reached_in_the_end(
        self, app: FastAPI, servers: dict[str, ServerProcess]
    ):
        port = servers["hook"].port
        await add(app, "webhook", f"http://127.0.0.1:{port}/flaky", secret_names=("hook",))
        await open_case(app)

        await work(app, rounds=3)

        taken = received(port)
        (event,) = taken["received"]
        (delivery,) = (await deliveries(app)).values()
        assert taken["seen"] == {"flaky": 3}
        assert event["id"] == delivery.event_key
        assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 3)

    async def test_broken_targets_leave_the_case_announced_and_the_others_told(
        self, app: FastAPI, servers: dict[str, ServerProcess]
    ):
        port = servers["hook"].port
        url = f"http://127.0.0.1:{port}"
        good = await add(app, "webhook", f"{url}/ok", secret_names=("hook",))
        moved = await add(app, "webhook", f"{url}/redirect", secret_names=("hook",))
        gone = await add(app, "webhook", f"{url}/gone", secret_names=("hook",))
        failing = await add(app, "webhook", f"{url}/fail", secret_names=("hook",))
        unknown = await add(app, "mail", "unknown@city.example.jp")
        cut = await add(app, "mail", "cut@city.example.jp")
        await open_case(app)

        await work(app)

        states = {key: d.state for key, d in (await deliveries(app)).items()}
        assert states == {
            str(good): DeliveryState.SENT,
            str(moved): DeliveryState.DEAD,
            str(gone): DeliveryState.DEAD,
            str(failing): DeliveryState.PENDING,
            str(unknown): DeliveryState.DEAD,
            str(cut): DeliveryState.PENDING,
        }
        async with app.state.database.read() as tx:
            query = select(CaseEvent).where(CaseEvent.kind == EventKind.ANNOUNCED)
            announced = (await tx.scalars(query)).one()
        assert announced.body == {"targets": 6}
