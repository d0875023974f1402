"""`./run --line-simulator`, whole: what is written there is answered there, for nothing."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.product import Product, free_port, is_alive, wait_until

pytestmark = pytest.mark.server
ANSWER_SECONDS = 60


class Person:
    """The first person of the simulator's page."""

    def __init__(self, port: int) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)
        self.id: str = self.state["user"]

    def __enter__(self) -> "Person":
        """The person; leaving closes the connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._client.close()

    @property
    def state(self) -> dict[str, Any]:
        """What the page shows."""
        found: dict[str, Any] = self._client.get("/simulator/state").json()["state"]
        return found

    def does(self, what: str, **more: Any) -> None:
        """Do something on the page."""
        asked = {"do": what, "user": self.id, **more}
        assert self._client.post("/simulator/act", json=asked).is_success

    @property
    def texts(self) -> list[str]:
        """What the bot has said."""
        said = [shown["message"] for shown in self.state["chat"] if shown["author"] == "bot"]
        return [message.get("text") or message["altText"] for message in said]

    def waits_for(self, words: str) -> None:
        """Until the bot says something with these words."""
        wait_until(lambda: any(words in text for text in self.texts), ANSWER_SECONDS)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, int]]:
    port = free_port()
    with Product(tmp_path_factory.mktemp("simulator") / "data") as product:
        product.start("--line-simulator", "--line-simulator-port", str(port))
        yield product, port


class TestTheWholeProduct:
    def test_a_talk_in_the_simulator_is_answered_by_replies_alone(
        self, started: tuple[Product, int]
    ) -> None:
        product, port = started
        assert f"LINE        http://127.0.0.1:{port} (simulator)" in product.printed

        with Person(port) as person:
            person.does("follow")
            person.waits_for("地域の人事部")
            person.does("say", text="若い人が続かなくて困っています")
            person.waits_for("市町村")
            person.does("say", text="燕市の金属加工で、25人です")
            person.waits_for("燕市")
            state = person.state

        assert state["accounts"][0]["used"] == 0
        assert {call["endpoint"] for call in state["calls"]} <= {
            "reply",
            "loading",
            "info",
            "mark_read",
        }
        assert all(200 <= call["status"] < 300 for call in state["calls"])
        assert {sent["status"] for sent in state["webhooks"]} == {"200"}

    def test_it_ends_with_the_product(self, started: tuple[Product, int]) -> None:
        product, _ = started
        pid = product.pid("line-simulator")

        assert product.stop() == 0

        assert not is_alive(pid)
        assert not (product.data / "line-simulator.pid").exists()
