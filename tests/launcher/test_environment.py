"""What the two processes are told."""

import base64
from pathlib import Path

import pytest

from desk.config import Settings
from desk.launcher.processes import NOT_FOR_RASA, desk_child, rasa_child
from desk.vault.keys import KeyFile
from desk.vault.trackers import tracker_keys


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    KeyFile(tmp_path / "keys.json").create()
    return Settings(
        _env_file=None,
        data=tmp_path,
        database_url="postgresql://user:password@host/jinjibu",
        oidc_issuer="https://login.example",
        oidc_client_id="desk",
        oidc_client_secret="secret",
        oidc_mfa_values=["mfa", "otp"],
        notify_secrets={"hook": "whsec_secret"},
        smtp_password="secret",
    )


class TestEnvironment:
    def test_rasa_learns_no_secret_that_is_desks_alone(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in NOT_FOR_RASA:
            monkeypatch.setenv(name, "from outside")

        environment = rasa_child(settings, Path("model"))._environment

        assert not NOT_FOR_RASA & environment.keys()

    def test_desk_reads_back_the_settings_it_was_started_with(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in desk_child(settings)._environment.items():
            if name.startswith("JINJIBU_"):
                monkeypatch.setenv(name, value)

        read_back = Settings(_env_file=None)

        assert read_back.model_dump() == settings.model_dump()

    def test_rasa_gets_keys_for_its_trackers_and_never_the_master_keys(
        self, settings: Settings
    ) -> None:
        file = KeyFile(settings.key_path)
        file.add()

        child = rasa_child(settings, Path("model"))
        given = child._secrets()["JINJIBU_TRACKER_KEYS"]

        everything = repr(child._environment) + given
        assert [entry.split(":")[0] for entry in given.split(",")] == [
            key.id for key in reversed(file.read())
        ]
        for key in file.read():
            assert base64.b64encode(key.secret).decode() not in everything
            assert key.secret.hex() not in everything
        assert "JINJIBU_KEY_FILE" not in child._environment

    def test_rasa_that_starts_again_gets_the_newest_keys(self, settings: Settings) -> None:
        file = KeyFile(settings.key_path)
        child = rasa_child(settings, Path("model"))
        added = file.add()

        assert child._secrets()["JINJIBU_TRACKER_KEYS"].startswith(f"{added.id}:")

    def test_rasa_starts_again_when_the_key_file_is_gone(self, settings: Settings) -> None:
        file = KeyFile(settings.key_path)
        child = rasa_child(settings, Path("model"))
        before = tracker_keys(file)
        file.path.unlink()

        assert child._secrets() == {"JINJIBU_TRACKER_KEYS": before}

    def test_desk_is_told_no_key(self, settings: Settings) -> None:
        child = desk_child(settings)

        assert child._secrets() == {}
        assert "JINJIBU_TRACKER_KEYS" not in child._environment
