"""A running fake of LINE and a client that speaks to it as desk would."""

from collections.abc import Iterator

import httpx
import pytest

from tests.line.fake.clock import Clock
from tests.line.fake.line import FakeLine
from tests.line.fake.serving import running_fake_line


@pytest.fixture
def clock() -> Clock:
    """The fake's time, which stands still until a test sets it forward."""
    return Clock()


@pytest.fixture
def line(clock: Clock) -> Iterator[FakeLine]:
    """A LINE of this test's own; what LINE would refuse for its form fails the test."""
    with running_fake_line(clock) as running:
        yield running


@pytest.fixture
def api(line: FakeLine) -> Iterator[httpx.Client]:
    """Calls LINE with the account's access token."""
    headers = {"Authorization": f"Bearer {line.account.access_token}"}
    with httpx.Client(base_url=line.api_base, headers=headers, trust_env=False) as client:
        yield client
