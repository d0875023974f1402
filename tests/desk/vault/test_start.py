"""The first start makes a key; no other start does without the right one."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from advisor.knowledge import KnowledgeBase, load_knowledge
from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.config import ROOT, Settings
from desk.db import Database
from desk.launcher.errors import SetupError
from desk.launcher.steps import migrate_database
from desk.vault.errors import (
    UnsealedRowsError,
    VaultLockedError,
    WrongKeyError,
)
from desk.vault.keys import KeyFile
from desk.vault.service import check, open_database
from tests.desk.vault.conftest import CONTACT, case_service, open_case


@pytest.fixture
def settings(tmp_path: Path, empty_database_url: str) -> Settings:
    """Settings without a key file."""
    return Settings(_env_file=None, data=tmp_path / "data", database_url=empty_database_url)


@pytest.fixture
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """A database after its first start."""
    settings.data.mkdir()
    await migrate_database(settings)
    database = open_database(settings)
    yield database
    await database.close()


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge")


async def started_again(settings: Settings) -> None:
    """What a start does before it serves."""
    await migrate_database(settings)
    database = open_database(settings)
    try:
        await check(database)
    finally:
        await database.close()


class TestFirstStart:
    async def test_makes_a_key_with_which_cases_open_after_the_next_start(
        self, opened: Database, settings: Settings
    ):
        case_id = await open_case(opened)

        await started_again(settings)

        database = open_database(settings)
        assert (await case_service(database).get_case(case_id, None)).contact == CONTACT
        await database.close()

    async def test_uses_the_key_file_that_the_setting_names(self, settings: Settings):
        settings.data.mkdir()
        elsewhere = settings.model_copy(update={"key_file": settings.data.parent / "secret" / "k"})

        await migrate_database(elsewhere)

        assert elsewhere.key_path.exists()
        assert not settings.key_path.exists()

    async def test_takes_a_key_file_that_is_there_already(self, settings: Settings):
        settings.data.mkdir()
        key = KeyFile(settings.key_path).create()

        await migrate_database(settings)

        assert KeyFile(settings.key_path).read() == [key]


class TestLaterStart:
    async def test_is_refused_without_the_key_file_and_makes_none(
        self, opened: Database, settings: Settings
    ):
        await open_case(opened)
        settings.key_path.unlink()

        with pytest.raises(SetupError, match="no key file") as refused:
            await migrate_database(settings)

        assert "Restore" in refused.value.remedy
        assert not settings.key_path.exists()

    async def test_is_refused_without_the_key_file_also_before_there_are_cases(
        self, opened: Database, settings: Settings
    ):
        settings.key_path.unlink()

        with pytest.raises(SetupError, match="no key file"):
            await migrate_database(settings)

    async def test_is_refused_with_the_key_file_of_another_database(
        self, opened: Database, settings: Settings
    ):
        settings.key_path.unlink()
        KeyFile(settings.key_path).create()
        before = settings.key_path.read_bytes()

        with pytest.raises(SetupError, match="is missing in"):
            await migrate_database(settings)

        assert settings.key_path.read_bytes() == before

    async def test_is_refused_with_another_secret_under_the_same_id(
        self, opened: Database, settings: Settings
    ):
        content = json.loads(settings.key_path.read_text())
        content["keys"][0]["secret"] = "A" * 43 + "="
        settings.key_path.write_text(json.dumps(content))

        with pytest.raises(SetupError, match="is another one in"):
            await migrate_database(settings)

    async def test_is_refused_when_the_key_file_lacks_one_of_several_keys(
        self, opened: Database, settings: Settings
    ):
        file = KeyFile(settings.key_path)
        first = file.read()[0]
        file.add()
        await started_again(settings)
        file.remove(first.id)

        with pytest.raises(SetupError, match=first.id):
            await migrate_database(settings)

    async def test_is_refused_with_a_damaged_key_file(self, opened: Database, settings: Settings):
        settings.key_path.write_text("{")

        with pytest.raises(SetupError, match="cannot be used"):
            await migrate_database(settings)

    async def test_keys_of_a_newer_file_are_taken_up(self, opened: Database, settings: Settings):
        case_id = await open_case(opened)
        KeyFile(settings.key_path).add()

        await started_again(settings)

        database = open_database(settings)
        assert (await case_service(database).get_case(case_id, None)).contact == CONTACT
        await database.close()


class TestServe:
    async def serve(self, settings: Settings, knowledge: KnowledgeBase) -> None:
        app = create_app(settings, engine=ScriptedDialogueEngine(), knowledge=knowledge)
        async with app.router.lifespan_context(app):
            pass

    async def test_process_does_not_begin_without_keys(
        self, opened: Database, settings: Settings, knowledge: KnowledgeBase
    ):
        settings.key_path.unlink()

        with pytest.raises(VaultLockedError):
            await self.serve(settings, knowledge)

    async def test_process_does_not_begin_with_a_wrong_key(
        self, opened: Database, settings: Settings, knowledge: KnowledgeBase
    ):
        settings.key_path.unlink()
        KeyFile(settings.key_path).create()

        with pytest.raises(WrongKeyError):
            await self.serve(settings, knowledge)

    async def test_process_does_not_begin_before_everything_is_sealed(
        self, opened: Database, settings: Settings, knowledge: KnowledgeBase
    ):
        await open_case(opened)
        async with opened.write() as tx:
            await tx.execute(text("""UPDATE "case" SET headline = 'plain:x'"""))

        with pytest.raises(UnsealedRowsError, match="case"):
            await self.serve(settings, knowledge)
