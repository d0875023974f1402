"""`jinjibu up`: what stops it is said with its remedy; what it starts, it stops."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.product import ROOT, OwnerClient, Product, free_port, is_alive, wait_until


def up(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `jinjibu up` where it has to fail early."""
    return subprocess.run(
        [sys.executable, "-m", "desk", "up", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class TestErrors:
    def test_taken_port_is_named_with_the_option_that_changes_it(self, tmp_path: Path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])

            done = up("--port", port, "--data", str(tmp_path))

        assert done.returncode == 1
        assert port in done.stderr
        assert "--port" in done.stderr

    def test_broken_content_is_listed_completely(self, tmp_path: Path):
        broken = tmp_path / "knowledge"
        shutil.copytree(ROOT / "knowledge", broken)
        for name in ("side_job_a", "side_job_b"):
            path = broken / "programs" / f"{name}.yml"
            path.write_text(path.read_text().replace("side: company", "side: compny"))

        done = up(
            *("--port", str(free_port()), "--rasa-port", str(free_port())),
            *("--data", str(tmp_path / "data")),
            JINJIBU_KNOWLEDGE=str(broken),
        )

        assert done.returncode == 1
        assert "side_job_a.yml" in done.stderr
        assert "side_job_b.yml" in done.stderr
        assert "validate" in done.stderr

    def test_data_folder_that_cannot_be_written_is_named(self, tmp_path: Path):
        blocked = tmp_path / "file"
        blocked.write_text("")

        done = up(
            *("--port", str(free_port()), "--rasa-port", str(free_port())),
            *("--data", str(blocked / "data")),
        )

        assert done.returncode == 1
        assert "--data" in done.stderr


@pytest.mark.server
class TestServerErrors:
    def test_model_and_code_out_of_step(self, tmp_path: Path):
        done = up(
            *("--port", str(free_port()), "--rasa-port", str(free_port())),
            *("--data", str(tmp_path / "data"), "--no-train"),
            JINJIBU_MODELS=str(tmp_path / "no-models"),
        )

        assert done.returncode == 1
        assert "out of step" in done.stderr
        assert "--no-train" in done.stderr

    def test_database_of_a_newer_program(self, tmp_path: Path):
        with closing(sqlite3.connect(tmp_path / "jinjibu.db")) as database:
            database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            database.execute("INSERT INTO alembic_version VALUES ('9999')")
            database.commit()

        done = up(
            *("--port", str(free_port()), "--rasa-port", str(free_port())),
            *("--data", str(tmp_path), "--no-train"),
        )

        assert done.returncode == 1
        assert "newer" in done.stderr
        assert "Update the program" in done.stderr


@pytest.mark.server
class TestServe:
    def test_serves_restarts_what_dies_and_leaves_no_process(self, tmp_path: Path):
        with Product(tmp_path / "data").start("--no-train") as product:
            pids = {name: product.pid(name) for name in ("desk", "rasa")}
            assert product.admin is not None
            assert product.admin[1] in product.printed
            assert httpx.get(f"{product.base}/chat", trust_env=False).status_code == 200
            assert httpx.get(f"{product.base}/docs", trust_env=False).status_code == 200

            product.kill("rasa")
            with OwnerClient(product.base) as waiting:
                waiting.say("人が足りない")
                product.wait_ready()
                wait_until(lambda: any(m["question"] for m in waiting.messages()), 60)
            pids["second rasa"] = product.pid("rasa")

            begin = time.monotonic()
            assert product.stop() == 0
            assert time.monotonic() - begin < 10
            assert not any(is_alive(pid) for pid in pids.values())

    def test_rasa_answers_only_with_the_token(self, product: Product):
        base = f"http://127.0.0.1:{product.rasa_port}"

        parse = httpx.post(f"{base}/model/parse", json={"text": "あ"}, trust_env=False)
        turn = httpx.post(f"{base}/webhooks/desk/turn", json={}, trust_env=False)

        assert parse.status_code == 401
        assert turn.status_code == 401

    def test_actions_run_only_with_the_secret(self, product: Product):
        response = httpx.post(f"{product.base}/internal/actions", json={}, trust_env=False)

        assert response.status_code == 401
