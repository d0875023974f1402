"""The commands `jinjibu line …` against the fake of LINE."""

import asyncio
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from advisor.knowledge import KnowledgeBase
from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.cli import app as jinjibu
from desk.config import Settings
from desk.launcher.errors import SetupError
from desk.launcher.steps import check_knowledge
from desk.line.menu import load_menu
from desk.line.models import LineSend, SendKind, SendReason, SendState
from desk.vault.service import open_database
from tests.line.conftest import ACCOUNT
from tests.line.fake.faults import Fault
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import Connections, Server
from tests.product import free_port

DESK = "https://desk.example"


@pytest.fixture(autouse=True)
def environment(line_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of the test, named by the environment."""
    monkeypatch.setenv("JINJIBU_DATA", str(line_settings.data))
    monkeypatch.setenv("JINJIBU_DATABASE_URL", line_settings.resolved_database_url)
    monkeypatch.setenv("JINJIBU_LINE_FILE", str(line_settings.line_file))
    monkeypatch.setenv("JINJIBU_PUBLIC_URL", DESK)
    return line_settings


@pytest.fixture
def served(
    environment: Settings, knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, fake: FakeLine
) -> Iterator[str]:
    """The desk itself, where LINE can call it."""
    desk = create_app(environment, engine=ScriptedDialogueEngine(), knowledge=knowledge)
    server = Server(desk, Connections().protocol())
    server.start()
    address = f"http://127.0.0.1:{server.port}"
    monkeypatch.setenv("JINJIBU_PUBLIC_URL", address)
    fake.account.webhook.url = f"{address}/line/webhook/{ACCOUNT}"
    yield address
    server.stop()
    asyncio.run(desk.state.line.close())
    asyncio.run(desk.state.database.close())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(jinjibu, ["line", *arguments])


def lines_of(result: Result, mark: str) -> list[str]:
    """What was found of the account with this mark."""
    found = [line.split("\t") for line in result.stdout.splitlines() if line.count("\t") == 2]
    return [text for account, its, text in found if (account, its) == (ACCOUNT, mark)]


class TestCheck:
    def test_all_is_well(self, served: str, fake: FakeLine):
        result = run("check")

        assert result.exit_code == 0, result.output
        assert lines_of(result, "WRONG") == []
        told, called = lines_of(result, "ok")
        assert "0 pushes this month, of 200" in told
        assert f"bot_user_id {fake.account.bot_user_id}" in told
        assert f"LINE called {served}/line/webhook/{ACCOUNT}" in called
        assert "Greeting message" in result.stdout
        assert len(fake.account.calls_to("test")) == 1

    def test_a_wrong_secret_shows_in_the_test_call(self, served: str, fake: FakeLine):
        fake.account.secrets[0] = "0" * 32

        result = run("check", ACCOUNT)

        assert result.exit_code == 1
        assert any("answers 401" in text for text in lines_of(result, "WRONG"))

    def test_a_desk_that_is_away(self, fake: FakeLine, monkeypatch: pytest.MonkeyPatch):
        address = f"http://127.0.0.1:{free_port()}"
        monkeypatch.setenv("JINJIBU_PUBLIC_URL", address)
        fake.account.webhook.url = f"{address}/line/webhook/{ACCOUNT}"

        result = run("check")

        assert result.exit_code == 1
        assert any("does not reach the address" in text for text in lines_of(result, "WRONG"))

    def test_another_address_is_named_with_the_right_one(self, fake: FakeLine):
        fake.account.webhook.url = "https://old.example/hook"

        result = run("check")

        (wrong,) = lines_of(result, "WRONG")
        assert "https://old.example/hook" in wrong
        assert f"set {DESK}/line/webhook/{ACCOUNT}" in wrong
        assert result.exit_code == 1
        assert fake.account.calls_to("test") == []

    def test_no_address_and_one_that_is_off(self, fake: FakeLine):
        none = run("check")
        fake.account.webhook.url = f"{DESK}/line/webhook/{ACCOUNT}"
        fake.account.webhook.is_active = False
        off = run("check")

        assert "no webhook address is set" in lines_of(none, "WRONG")[0]
        assert "the webhook is off" in lines_of(off, "WRONG")[0]

    def test_refused_token_and_no_secret_are_shown(self, fake: FakeLine):
        token, fake.account.access_token = fake.account.access_token, "another"

        result = run("check")

        assert result.exit_code == 1
        assert "refuses the access token" in lines_of(result, "WRONG")[0]
        assert token not in result.output
        assert all(secret not in result.output for secret in fake.account.secrets)

    def test_line_that_does_not_answer(self, fake: FakeLine):
        fake.account.fail(Fault.ERROR_BEFORE, times=None)

        result = run("check")

        assert result.exit_code == 1
        assert "LINE does not answer" in lines_of(result, "WRONG")[0]

    def test_chat_is_a_note_and_a_used_up_quota_is_wrong(self, served: str, fake: FakeLine):
        fake.account.chat_mode = "chat"
        noted = run("check")
        fake.account.used = 200
        used_up = run("check")

        assert noted.exit_code == 0
        assert "chat is on" in lines_of(noted, "note")[0]
        assert used_up.exit_code == 1
        assert "used up (200 of 200)" in lines_of(used_up, "WRONG")[0]

    def test_unknown_account_and_no_table(self, monkeypatch: pytest.MonkeyPatch):
        unknown = run("check", "nowhere")
        monkeypatch.delenv("JINJIBU_LINE_FILE")
        without = run("check")

        assert (unknown.exit_code, without.exit_code) == (1, 1)
        assert "no account 'nowhere'" in unknown.output
        assert "JINJIBU_LINE_FILE" in without.output

    def test_a_table_that_others_may_read(self, environment: Settings):
        assert environment.line_file is not None
        environment.line_file.chmod(0o644)

        result = run("check")

        assert result.exit_code == 1
        assert "chmod 600" in result.output


class TestBrokenTable:
    @pytest.fixture(autouse=True)
    def readable(self, environment: Settings) -> None:
        """Others may read the table."""
        assert environment.line_file is not None
        environment.line_file.chmod(0o644)

    def test_keeps_the_service_from_starting(self):
        result = CliRunner().invoke(jinjibu, ["serve"])

        assert result.exit_code == 1
        assert "Could not start" in result.stderr
        assert "chmod 600" in result.stderr

    def test_keeps_run_from_starting(self, environment: Settings):
        with pytest.raises(SetupError, match="chmod 600"):
            check_knowledge(environment)


class TestMenu:
    def test_is_installed_shown_and_replaced(self, fake: FakeLine):
        menus = fake.account.rich_menus
        first = run("menu", "install", ACCOUNT)
        was = menus.default
        second = run("menu", "install", ACCOUNT)

        assert (first.exit_code, second.exit_code) == (0, 0), second.output
        assert menus.default != was
        assert list(menus.menus) == [menus.default]
        assert menus.images[menus.default][1] == load_menu()[1]

    def test_a_refused_image_leaves_the_old_menu(self, fake: FakeLine):
        run("menu", "install", ACCOUNT)
        menus = fake.account.rich_menus
        was = menus.default
        fake.account.fail(Fault.ERROR_BEFORE, on="richmenu_image")

        result = run("menu", "install", ACCOUNT)

        assert result.exit_code == 1
        assert "unchanged" in result.output
        assert list(menus.menus) == [was] == [menus.default]

    def test_removes_ours_alone(self, fake: FakeLine):
        menu, _ = load_menu()
        theirs = fake.account.rich_menus.create({**menu.as_json(), "name": "theirs"})
        run("menu", "install", ACCOUNT)

        result = run("menu", "remove", ACCOUNT)

        assert result.stdout == "1 removed.\n"
        assert list(fake.account.rich_menus.menus) == [theirs]


class TestStatus:
    def test_counts_what_needs_a_person(self, environment: Settings, fake: FakeLine):
        fake.account.used = 12

        async def add() -> None:
            database = open_database(environment)
            async with database.write() as tx:
                tx.add(
                    LineSend(
                        account=ACCOUNT,
                        kind=SendKind.REPLY,
                        reason=SendReason.ANSWER,
                        state=SendState.UNCERTAIN,
                        messages={"messages": []},
                    )
                )
            await database.close()

        asyncio.run(add())

        result = run("status")

        assert result.exit_code == 0, result.output
        (line,) = result.stdout.splitlines()
        assert line.split("\t") == [
            ACCOUNT,
            "12 pushes this month, of 200",
            "0 pending",
            "0 quota",
            "1 uncertain",
            "0 failed",
        ]
