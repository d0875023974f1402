"""Desk is killed with -9 around the consent: the case exists once, the receipt is seen."""

import contextlib
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.product import OwnerClient, Product, wait_until

pytestmark = pytest.mark.server
RUNS = 6


@pytest.fixture
def ready(own_product: Product) -> Iterator[OwnerClient]:
    """An owner who has agreed to everything but the last question."""
    with OwnerClient(own_product.base) as owner:
        go_on_to_sending(owner)
        yield owner


@pytest.fixture(scope="module")
def own_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("killed"), today="2026-11-24").start("--no-train")
    yield product
    product.stop()


def go_on_to_sending(owner: OwnerClient) -> None:
    """Agree to everything but the last question."""
    owner.say("若い子が続かなくて、求人を出しても全然応募がないんです")
    answers = {
        "municipality": "燕市",
        "full_profile": False,
        "share_info_consent": True,
        "bank_share_consent": False,
        "company_name": "山田金属",
        "contact_consent": False,
    }
    owner.answer_until("send_case", answers)


def cases_of(data: Path, conversation_id: str) -> int:
    with contextlib.closing(sqlite3.connect(data / "jinjibu.db")) as database:
        (count,) = database.execute(
            'SELECT count(*) FROM "case" WHERE conversation_id = ?',
            (conversation_id.replace("-", ""),),
        ).fetchone()
    return int(count)


def receipts(owner: OwnerClient) -> list[str]:
    cards = [m["card"] for m in owner.messages() if m["card"]]
    return [c["case_number"] for c in cards if c["kind"] == "receipt"]


def press_send(owner: OwnerClient) -> None:
    """Press 「送る」 and do not care whether the answer arrives."""
    with contextlib.suppress(httpx.HTTPError):
        owner.choose(True)


class TestKill:
    @pytest.mark.parametrize("seed", range(RUNS))
    def test_case_exists_once_and_the_owner_sees_the_receipt(
        self, own_product: Product, ready: OwnerClient, seed: int
    ):
        product, delay = own_product, random.Random(seed).uniform(0, 0.15)
        owner = ready
        sender = threading.Thread(target=press_send, args=(owner,))

        sender.start()
        time.sleep(delay)
        product.kill("desk")
        sender.join()
        product.wait_ready()
        # The press may have died before it was stored; a page sends it again by itself.
        if not any(m["text"] == "送る" for m in owner.messages()):
            press_send(owner)

        wait_until(lambda: receipts(owner), 60)
        assert len(receipts(owner)) == 1
        assert cases_of(product.data, owner.id) == 1

    def test_everything_killed_and_started_again(self, own_product: Product, ready: OwnerClient):
        product = own_product
        owner = ready
        owner.choose(True)
        number = receipts(owner)

        product.kill_all()
        product.start("--no-train")

        assert receipts(owner) == number
        assert cases_of(product.data, owner.id) == 1
        owner.say("さっきの相談はどうなりましたか")
        assert any(number[0] in text for text in owner.texts)
