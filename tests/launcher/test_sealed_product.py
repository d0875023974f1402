"""A whole hand-off through the real product: nothing that was said lies readable on the disk."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.product import OwnerClient, Product, wait_until

pytestmark = pytest.mark.server
NAME, COMPANY = "機密花子", "有限会社ひみつ製作所"
EMAIL, PHONE = "hanako.himitsu@example.jp", "080-9876-5432"
TROUBLE = "若い子が続かなくて、求人を出しても全然応募がないんです"
AFTERWARDS = "息子の病気のことは内緒にしてください"
# What was said, and what the bot says back of it.
SECRETS = (NAME, COMPANY, EMAIL, PHONE, TROUBLE, AFTERWARDS, "機密", "若い子")
ANSWERS = {
    "company_name": COMPANY,
    "contact_name": NAME,
    "contact_email": EMAIL,
    "share_info_consent": True,
    "bank_share_consent": False,
    "contact_consent": True,
    "full_profile": False,
}


def hand_off(owner: OwnerClient) -> str:
    """Talk until the case is sent; the receipt number."""
    owner.say(TROUBLE)
    owner.say("燕市。25人")
    owner.answer_until("send_case", ANSWERS)
    assert any(NAME in text and EMAIL in text for text in owner.texts)
    owner.choose(True)
    receipt = owner.card("receipt")
    assert receipt is not None, owner.texts
    owner.say(f"電話は{PHONE}です。{AFTERWARDS}")
    return str(receipt["case_number"])


def everything(data: Path) -> dict[str, bytes]:
    """Every file of the data folder but the keys: databases, their logs, what was logged."""
    files = [path for path in sorted(data.rglob("*")) if path.is_file()]
    return {str(p.relative_to(data)): p.read_bytes() for p in files if p.suffix != ".key"}


def readable(files: dict[str, bytes]) -> list[tuple[str, str]]:
    """Which secret stands in which file, in any of the ways in which text is stored."""
    found = []
    for name, content in files.items():
        for secret in SECRETS:
            escaped = secret.encode("ascii", "backslashreplace")
            forms = (secret.encode(), escaped, secret.encode("utf-16-le"))
            found += [(name, secret)] if any(form in content for form in forms) else []
    return found


def damage(data: Path, conversation_id: str) -> str:
    """Change one sign of the conversation's tracker, as a failing disk could; the right one."""
    with closing(sqlite3.connect(data / "rasa.db")) as trackers, trackers:
        query = "SELECT events FROM tracker WHERE conversation_id = ?"
        ((events,),) = trackers.execute(query, (conversation_id,)).fetchall()
        wrong = events[:-8] + ("A" if events[-8] != "A" else "B") + events[-7:]
        store(trackers, conversation_id, wrong)
    return str(events)


def store(trackers: sqlite3.Connection, conversation_id: str, events: str) -> None:
    change = "UPDATE tracker SET events = ? WHERE conversation_id = ?"
    trackers.execute(change, (events, conversation_id))


def is_renewed(product: Product, old: str) -> bool:
    """Whether nothing of desk's database needs the key any more."""
    status = product.jinjibu("keys", "status")
    return f"{old}\tdecrypts" in status and "(100 %)" in status


class TestSealedProduct:
    def test_nothing_of_a_hand_off_is_readable_and_a_new_key_takes_over(self, tmp_path: Path):
        data = tmp_path / "data"
        with (
            Product(data, today="2026-11-24").start("--no-train") as product,
            OwnerClient(product.base) as owner,
        ):
            number = hand_off(owner)
            while_running = everything(data)
            said = owner.messages()
            old = product.jinjibu("keys", "status").split("\t")[0]
            product.jinjibu("keys", "rotate")
            assert product.stop() == 0

            product.start("--no-train")
            owner.say("あの件どうなりましたか")

            assert any(number in text for text in owner.texts), owner.texts
            assert owner.messages()[: len(said)] == said
            self.check_damaged_tracker(product, owner, number)
            wait_until(lambda: is_renewed(product, old), 90)
            product.jinjibu("keys", "retire", old)
            assert product.stop() == 0
        stopped = everything(data)

        for files in (while_running, stopped):
            assert number.encode() in files["jinjibu.db"] + files.get("jinjibu.db-wal", b"")
            in_rasa = files["rasa.db"] + files.get("rasa.db-wal", b"")
            assert owner.id.encode() in in_rasa
            assert b"v1:" in in_rasa
            assert readable(files) == []
        assert "Every value can be opened" in product.jinjibu("keys", "verify")

    def check_damaged_tracker(self, product: Product, owner: OwnerClient, number: str) -> None:
        """The talk is not begun anew: the owner waits, and goes on when it is repaired."""
        assert product.stop() == 0  # A running Rasa remembers the talk and does not read it.
        right = damage(product.data, owner.id)
        product.start("--no-train")

        owner.say("あの件どうなりましたか")

        assert not any(message["author"] == "bot" for message in owner.last), owner.texts
        log = (product.data / "log" / "rasa.log").read_text()
        assert f"The tracker of {owner.id} was changed or moved" in log
        with closing(sqlite3.connect(product.data / "rasa.db")) as trackers, trackers:
            store(trackers, owner.id, right)
        wait_until(lambda: number in owner.messages()[-1]["text"], 60)
