"""The commands `jinjibu knowledge …`."""

import asyncio
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from advisor.knowledge import load_knowledge
from advisor.told import version_of
from desk.cases.service import CaseDraft, CaseService
from desk.chat.models import Author, Conversation, Message, ToldFact
from desk.cli import app
from desk.config import ROOT, Settings
from desk.db import new_id, now
from desk.vault.keys import KeyFile
from desk.vault.service import open_database

DAY = date(2026, 11, 24)
FACT = "topics/cost"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the content that a test may change, named by the environment."""
    folder = tmp_path / "knowledge"
    shutil.copytree(ROOT / "knowledge", folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setenv("JINJIBU_KNOWLEDGE", str(folder))
    monkeypatch.setenv("JINJIBU_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("JINJIBU_TODAY", DAY.isoformat())
    monkeypatch.setenv("JINJIBU_DATABASE_URL", database_url)
    (tmp_path / "data").mkdir()
    return folder


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["knowledge", *arguments])


async def _tell(fact: str) -> str:
    """Store a conversation that was told a fact as it stands."""
    KeyFile(Settings().key_path).create()
    database = open_database(Settings())
    version = version_of(fact, load_knowledge(Settings().knowledge), on=DAY)
    assert version is not None
    async with database.write() as tx:
        conversation = Conversation(id=new_id(), token_hash="0" * 64, expires_at=now())
        tx.add(conversation)
        await tx.flush()
        message = Message(
            id=new_id(), conversation_id=conversation.id, seq=1, author=Author.BOT, text="…"
        )
        tx.add(message)
        await tx.flush()
        tx.add(
            ToldFact(
                message_id=message.id,
                conversation_id=conversation.id,
                fact=fact,
                version=version,
                told_on=DAY,
            )
        )
    await database.close()
    return str(conversation.id)


async def _open_case(conversation_id: str) -> str:
    """Open a case in a conversation; its number."""
    settings = Settings()
    KeyFile(settings.key_path).create()
    database = open_database(settings)
    cases = CaseService(database, today=settings.today_jst, promise_business_days=3)
    receipt = await cases.open_case(
        CaseDraft(
            conversation_id=UUID(conversation_id),
            handoff_number=1,
            turn_id="t1",
            hub_id="tsubame",
            prefix="TSU",
            headline="x",
            snapshot={},
            consent={},
        )
    )
    await database.close()
    return receipt.case_number


def _change_topic(folder: Path) -> None:
    path = folder / "topics.yml"
    text = path.read_text(encoding="utf-8")
    assert "通信料はご負担ください。" in text
    path.write_text(text.replace("通信料はご負担ください。", ""), encoding="utf-8")


class TestValidate:
    def test_it_tells_the_problems_and_fails(self, folder: Path) -> None:
        (folder / "topics.yml").write_text("topics: []\n", encoding="utf-8")

        result = _run("validate")

        assert result.exit_code == 1
        assert "[ERROR] knowledge/topics.yml" in result.stdout


class TestStale:
    def test_nothing_overdue_is_success(self) -> None:
        result = _run("stale")

        assert result.exit_code == 0
        assert "Nothing has to be checked again." in result.stdout

    def test_overdue_facts_stand_under_their_keeper_and_fail(self) -> None:
        result = _run("stale", "--on", "2027-04-01")

        assert result.exit_code == 1
        labor = result.stdout.split("雇用の助成金の担当 (labor)")[1]
        assert "overdue since 2027-03-31  sources.yml: care_iro_2023.verify_by" in labor
        assert "used by: programs/employment_stability.yml" in labor

    def test_what_falls_due_soon_is_listed_but_is_no_failure(self) -> None:
        result = _run("stale", "--on", "2027-03-31", "--within", "1", "--json")

        items = json.loads(result.stdout)
        assert result.exit_code == 0
        assert items
        assert not any(item["is_due"] for item in items)

    def test_broken_content_is_told_with_what_to_do(self, folder: Path) -> None:
        (folder / "keepers.yml").unlink()

        result = _run("stale")

        assert result.exit_code == 1
        assert "keepers.yml" in result.stderr
        assert "Mend these files first" in result.stderr


class TestRecall:
    def test_nobody_is_listed_while_nothing_has_changed(self) -> None:
        asyncio.run(_tell(FACT))

        result = _run("recall")

        assert result.exit_code == 0
        assert "Nobody was told anything that has changed since." in result.stdout

    def test_after_a_change_the_conversation_is_listed(self, folder: Path) -> None:
        conversation = asyncio.run(_tell(FACT))
        _change_topic(folder)

        result = _run("recall")

        assert f"{FACT} has changed; told by the rules of {DAY} to:" in result.stdout
        assert conversation in result.stdout
        assert "no case" in result.stdout

    def test_case_of_the_conversation_is_listed_without_its_keys(self, folder: Path) -> None:
        conversation = asyncio.run(_tell(FACT))
        number = asyncio.run(_open_case(conversation))
        KeyFile(Settings().key_path).path.unlink()
        _change_topic(folder)

        result = _run("recall")

        assert f"{number} (tsubame)" in result.stdout

    def test_scripts_get_json(self, folder: Path) -> None:
        conversation = asyncio.run(_tell(FACT))
        _change_topic(folder)

        found = json.loads(_run("recall", "--json", "--fact", "topics/").stdout)

        assert [item["fact"] for item in found] == [FACT]
        assert found[0]["conversations"][0]["conversation_id"] == conversation

    def test_a_database_without_tables_is_told_with_what_to_do(
        self, make_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JINJIBU_DATABASE_URL", make_database(empty=True))

        result = _run("recall")

        assert result.exit_code == 1
        assert "jinjibu migrate" in result.stderr
