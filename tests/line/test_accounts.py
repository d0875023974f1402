"""The table of LINE accounts: what works, and what is said where it does not."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from desk.app import create_app
from desk.chat.ports import ScriptedDialogueEngine
from desk.chat.sites import Site, Sites
from desk.config import Settings
from desk.line.accounts import AccountsError, Confidential, load_accounts

GOOD = {"channel_secrets": ["0" * 32], "access_token": "token"}


def write(path: Path, content: Any, mode: int = 0o600) -> Path:
    file = path / "line.yml"
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    file.write_text(text, encoding="utf-8")
    os.chmod(file, mode)  # noqa: PTH101
    return file


class TestLoad:
    def test_without_a_file_there_is_no_line(self):
        assert len(load_accounts(None, Sites())) == 0

    def test_account_has_careful_defaults(self, tmp_path: Path):
        accounts = load_accounts(write(tmp_path, {"accounts": {"bureau": GOOD}}), Sites())

        found = accounts.find("bureau")
        assert found is not None
        assert found.confidential is Confidential.LINK_ONLY
        assert found.api_base == "https://api.line.me"

    @pytest.mark.parametrize("secrets", [[], [""], ["  "]])
    def test_account_without_a_secret_is_not_served(self, tmp_path: Path, secrets: list[str]):
        entry = {**GOOD, "channel_secrets": secrets}
        accounts = load_accounts(write(tmp_path, {"accounts": {"bureau": entry}}), Sites())

        assert accounts.find("bureau") is None
        assert len(accounts) == 1

    def test_secrets_are_not_shown_by_accident(self, tmp_path: Path):
        accounts = load_accounts(write(tmp_path, {"accounts": {"bureau": GOOD}}), Sites())

        assert "0" * 32 not in repr(list(accounts))
        assert "'token'" not in repr(list(accounts))


class TestRefused:
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
    def test_file_that_others_may_read(self, tmp_path: Path, mode: int):
        with pytest.raises(AccountsError, match="chmod 600"):
            load_accounts(write(tmp_path, {"accounts": {"bureau": GOOD}}, mode), Sites())

    def test_file_that_is_not_there(self, tmp_path: Path):
        with pytest.raises(AccountsError, match="JINJIBU_LINE_FILE"):
            load_accounts(tmp_path / "none.yml", Sites())

    @pytest.mark.parametrize("content", ["[", "- a", "accounts: 7", {"accounts": {}, "more": 1}])
    def test_file_that_holds_no_table(self, tmp_path: Path, content: Any):
        with pytest.raises(AccountsError, match=r"line\.yml"):
            load_accounts(write(tmp_path, content), Sites())

    @pytest.mark.parametrize(
        ("entry", "place"),
        [
            ({**GOOD, "secret": "x"}, "accounts.bureau.secret"),
            ({**GOOD, "access_token": ""}, "access_token is missing"),
            ({**GOOD, "channel_secrets": ["1", "2", "3"]}, "channel_secrets"),
            ({**GOOD, "confidential": "maybe"}, "confidential"),
            ({**GOOD, "bot_user_id": "@abc"}, "bot_user_id"),
            ({**GOOD, "api_base": "http://line.example"}, "https://"),
            ({**GOOD, "site": "nowhere"}, "JINJIBU_SITES_FILE"),
            (None, "must be a mapping"),
        ],
    )
    def test_every_problem_is_named_and_no_secret(self, tmp_path: Path, entry: Any, place: str):
        table = {"accounts": {"bureau": entry, "second": {**GOOD, "confidential": "x"}}}

        with pytest.raises(AccountsError) as refused:
            load_accounts(write(tmp_path, table), Sites())

        assert place in str(refused.value)
        assert "accounts.second.confidential" in str(refused.value)
        assert "0" * 32 not in str(refused.value)

    def test_bad_id(self, tmp_path: Path):
        with pytest.raises(AccountsError, match="1 to 40 characters"):
            load_accounts(write(tmp_path, {"accounts": {"Büro": GOOD}}), Sites())

    def test_known_site_is_taken(self, tmp_path: Path):
        table = {"accounts": {"hub": {**GOOD, "site": "matsumoto"}}}
        sites = Sites({"matsumoto": Site(id="matsumoto")})

        assert load_accounts(write(tmp_path, table), sites).find("hub") is not None


async def test_without_a_table_every_webhook_address_is_404(settings: Settings, knowledge: Any):
    app = create_app(settings, engine=ScriptedDialogueEngine(), knowledge=knowledge)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        answers = [await client.post(f"/line/webhook/{name}") for name in ("bureau", "", "x")]

    assert {answer.status_code for answer in answers} == {404}
    await app.state.line.close()
    await app.state.database.close()
