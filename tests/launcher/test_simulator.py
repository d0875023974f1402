"""`./run --line-simulator`: a table of accounts for this machine, and a process that uses it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from advisor.loading import load_yaml
from desk.config import ROOT, Settings
from desk.launcher import simulator
from desk.launcher.processes import Child, stop_all
from tests.product import free_port, wait_until


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data=tmp_path)


class TestTheTable:
    def test_it_is_for_this_user_alone_and_speaks_to_the_simulator(
        self, settings: Settings
    ) -> None:
        path = simulator.with_accounts(settings, 8123).line_file

        assert path is not None
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        entry = load_yaml(path)["accounts"]["simulator"]
        assert entry["api_base"] == "http://127.0.0.1:8123"
        assert entry["data_base"] == "http://127.0.0.1:8123/data"
        assert len(entry["channel_secrets"][0]) == 32

    def test_secrets_stay_when_the_port_changes(self, settings: Settings) -> None:
        first = load_yaml(simulator.with_accounts(settings, 8123).line_file)
        second = load_yaml(simulator.with_accounts(settings, 8124).line_file)

        before, after = first["accounts"]["simulator"], second["accounts"]["simulator"]
        assert after["api_base"] == "http://127.0.0.1:8124"
        assert after["channel_secrets"] == before["channel_secrets"]
        assert after["access_token"] == before["access_token"]

    def test_a_damaged_table_is_made_anew(self, settings: Settings) -> None:
        (settings.data / simulator.FILE).write_text("accounts: [")

        path = simulator.with_accounts(settings, 8123).line_file

        assert load_yaml(path)["accounts"]["simulator"]["access_token"]

    def test_the_operators_table_is_used(self, settings: Settings) -> None:
        own = settings.model_copy(update={"line_file": settings.data / "own.yml"})

        assert simulator.with_accounts(own, 8123).line_file == settings.data / "own.yml"
        assert not (settings.data / simulator.FILE).exists()


class TestTheProcess:
    def test_it_serves_the_page_and_lines_api_and_stops(self, settings: Settings) -> None:
        port = free_port()
        ready = simulator.with_accounts(settings, port)
        child = simulator.simulator_child(ready, port, "http://127.0.0.1:1")
        child.start()
        try:
            wait_until(lambda: not child.is_running or answers(port), 30)
            assert child.is_running, child.last_lines()
            token = load_yaml(ready.line_file)["accounts"]["simulator"]["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            base = simulator.base_url(port)
            info = httpx.get(f"{base}/v2/bot/info", headers=headers, trust_env=False)
            assert info.json()["displayName"] == "地域の人事部 相談ナビ"
            page = httpx.get(base, trust_env=False)
            assert "require-trusted-types-for" in page.headers["content-security-policy"]
        finally:
            stop_all([child])
        assert not child.is_running

    def test_it_is_told_no_secret_of_the_service(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JINJIBU_SMTP_PASSWORD", "secret")
        ready = simulator.with_accounts(settings, 8123)

        child: Child = simulator.simulator_child(ready, 8123, "http://127.0.0.1:8000")

        assert "JINJIBU_SMTP_PASSWORD" not in child._environment

    def test_a_table_of_the_real_line_is_refused(self, tmp_path: Path) -> None:
        table = tmp_path / "real.yml"
        table.write_text(
            "accounts: {bureau: {channel_secrets: [x], access_token: y, "
            "api_base: 'https://api.line.me'}}"
        )

        done = subprocess.run(
            [sys.executable, "-m", "tests.line.simulator", "--accounts", str(table)],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if k != "JINJIBU_WATCH_STDIN"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert done.returncode == 1
        assert "no account has api_base" in done.stderr


def answers(port: int) -> bool:
    """Whether the page is there."""
    try:
        return httpx.get(simulator.base_url(port), trust_env=False).is_success
    except httpx.HTTPError:
        return False
