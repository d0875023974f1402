"""The whole application gives erased and unsent words to the review, and the command writes files."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from typer.testing import CliRunner

from desk.chat.ports import EngineTurn, ScriptedDialogueEngine
from desk.chat.repository import get_message
from desk.chat.retract import retract
from desk.cli import app as cli
from desk.config import Settings
from desk.db import Database, new_id
from desk.review.models import ReviewLine, Verdict
from desk.review.service import ReviewService
from tests.desk.review.conftest import AddUser, Line, MakeTalk

UNSURE = {"intent": "complaint", "confidence": 0.1, "entities": []}


async def count(app: FastAPI) -> int:
    async with app.state.database.read() as tx:
        return (await tx.execute(select(func.count()).select_from(ReviewLine))).scalar_one()


@pytest.fixture
async def said(
    app: FastAPI, client: httpx.AsyncClient, engine: ScriptedDialogueEngine
) -> tuple[str, dict[str, str], UUID]:
    """Something an owner said that waits for a reviewer: address, headers, message."""
    started = (await client.post("/api/chat/conversations", json={"channel": "web"})).json()
    address = f"/api/chat/conversations/{started['conversation_id']}"
    headers = {"Authorization": f"Bearer {started['token']}"}
    engine.answers.append(EngineTurn(messages=[{"text": "はい"}], understanding=UNSURE))
    body = {"client_message_id": str(new_id()), "text": "人が来ない"}
    await client.post(f"{address}/messages", json=body, headers=headers)
    await app.state.review.collect()
    async with app.state.database.read() as tx:
        line = (await tx.scalars(select(ReviewLine))).one()
    return address, headers, line.id


class TestApplication:
    async def test_erased_talk_leaves_no_line(
        self, app: FastAPI, client: httpx.AsyncClient, said: tuple[str, dict[str, str], UUID]
    ):
        address, headers, _ = said
        assert await count(app) == 1

        await client.delete(address, headers=headers)

        assert await count(app) == 0

    async def test_unsent_message_leaves_no_line(
        self, app: FastAPI, said: tuple[str, dict[str, str], UUID]
    ):
        async with app.state.database.write() as tx:
            await retract(tx, await get_message(tx, said[2]), "人が来ない", "", "test")

        assert await count(app) == 0

    async def test_understanding_and_text_are_sealed(
        self, app: FastAPI, said: tuple[str, dict[str, str], UUID]
    ):
        async with app.state.database.read() as tx:
            raw = (await tx.connection()).exec_driver_sql("SELECT understanding, text FROM message")
            stored = str((await raw).all())

        assert "complaint" not in stored
        assert "人が来ない" not in stored


class TestCommand:
    def test_export_writes_under_the_root_and_says_what(
        self, settings: Settings, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("JINJIBU_DATA", str(settings.data))
        monkeypatch.setenv("JINJIBU_DATABASE_URL", database_url)
        out = tmp_path / "out"

        collected = CliRunner().invoke(cli, ["review", "collect"])
        done = CliRunner().invoke(cli, ["review", "export", "--root", str(out)])

        assert collected.exit_code == 0, collected.output
        assert "New lines to review: 0." in collected.output
        assert done.exit_code == 0, done.output
        assert json.loads(done.stderr.splitlines()[-1]) == {"train": 0, "test": 0, "scenarios": 0}

    def test_figures_want_sentences(self, tmp_path: Path):
        model = tmp_path / "model.tar.gz"
        model.touch()
        arguments = ["--before", str(model), "--after", str(model), "--sentences", str(tmp_path)]

        done = CliRunner().invoke(cli, ["review", "figures", *arguments])

        assert done.exit_code == 1
        assert "no sentences yet" in done.stderr


class TestConcurrency:
    async def test_of_two_who_label_at_once_both_count_or_one_is_refused(
        self,
        review: ReviewService,
        database: Database,
        make_talk: MakeTalk,
        add_user: AddUser,
    ):
        talk = await make_talk(Line("若い衆がすぐ辞める", intent="state_concern"))
        await review.collect()
        users = [await add_user() for _ in range(4)]

        done = await asyncio.gather(
            *(
                review.label(
                    user,
                    talk.said[0],
                    verdict=Verdict.LABEL,
                    text="若い衆がすぐ辞める",
                    intent="complaint",
                )
                for user in users
            ),
            return_exceptions=True,
        )

        async with database.read() as tx:
            line = await tx.get_one(ReviewLine, talk.said[0])
        assert sum(isinstance(each, Exception) for each in done) == 2
        assert line.state == "agreed"
        assert line.agreed == {"intent": "complaint", "concerns": []}
