"""What the two processes are told."""

from pathlib import Path

import pytest

from desk.config import Settings
from desk.launcher.processes import NOT_FOR_RASA, desk_child, rasa_child


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
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
