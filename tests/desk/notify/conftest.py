"""Real servers in processes of their own, and the notifications on a real database."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from desk.config import Settings
from desk.db import Database
from desk.jobs.worker import Worker
from desk.notify.outbox import DELIVER_JOB
from desk.notify.ports import Ports, SettingsSecretBox, printed_ports
from desk.notify.wiring import Notifications, build_notifications
from tests.desk.notify.helpers import SECRETS, ServerProcess, StartServer


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts servers and ends them after the test."""
    with contextlib.ExitStack() as stack:

        def start(script: str, **options: Any) -> ServerProcess:
            server = ServerProcess(script, **options)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority that nobody else trusts."""
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its own certificate, for those who are to trust it."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="session")
def cert_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate and key of `localhost` and `receiver.test`."""
    path = tmp_path_factory.mktemp("cert") / "server.pem"
    cert = authority.issue_cert("localhost", "receiver.test")
    cert.private_key_and_cert_chain_pem.write_to_path(path)
    return path


@pytest.fixture
def ports() -> Ports:
    """The printable twins."""
    return printed_ports()


@pytest.fixture
def counted() -> list[tuple[str, str]]:
    """Outcomes as they are counted."""
    return []


@pytest.fixture
def built(
    settings: Settings, database: Database, ports: Ports, counted: list[tuple[str, str]]
) -> Notifications:
    """The services on the twins."""
    return build_notifications(
        settings.model_copy(update={"public_url": "https://desk.example.jp"}),
        database,
        ports=ports,
        secrets=SettingsSecretBox(SECRETS),
        count=lambda kind, outcome: counted.append((kind, outcome)),
    )


@pytest.fixture
def worker(database: Database, built: Notifications) -> Worker:
    """A worker that delivers."""
    return Worker(database, {DELIVER_JOB: built.notify.deliver})
