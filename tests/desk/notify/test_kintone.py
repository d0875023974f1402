"""Records in a twin of kintone, in a process of its own, with its documented errors."""

import asyncio
from typing import Any

import httpx
import pytest

from desk.notify.errors import DeliveryError
from desk.notify.kintone import HttpKintone, KintoneError
from desk.notify.outbound import Outbound
from desk.notify.ports import KintoneRecord
from tests.desk.notify.helpers import ServerProcess, StartServer

NUMBER = "MAT-2611-0001"


@pytest.fixture
def twin(start_server: StartServer) -> ServerProcess:
    return start_server("kintone_twin.py")


@pytest.fixture
def kintone() -> HttpKintone:
    return HttpKintone(Outbound(timeout_seconds=10, allow_private=True))


def record(twin: ServerProcess, **changes: Any) -> KintoneRecord:
    values: dict[str, Any] = {
        "address": f"http://127.0.0.1:{twin.port}",
        "app": "7",
        "token": "right-token",
        "key_field": "receipt",
        "key": NUMBER,
        "values": {"kind": "新しい相談", "due": "2026-11-27"},
    }
    return KintoneRecord(**{**values, **changes})


def shown(twin: ServerProcess) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"http://127.0.0.1:{twin.port}/twin").json()
    return answer


def vanish(twin: ServerProcess, key: str) -> None:
    httpx.post(f"http://127.0.0.1:{twin.port}/twin/vanish/{key}")


class TestSend:
    async def test_a_case_makes_a_record(self, twin: ServerProcess, kintone: HttpKintone):
        assert await kintone.send(record(twin)) == "record 1 added"

        assert shown(twin)["records"][NUMBER] == {
            "id": "1",
            "revision": 1,
            "receipt": NUMBER,
            "kind": "新しい相談",
            "due": "2026-11-27",
        }

    async def test_sending_again_changes_the_same_record(
        self, twin: ServerProcess, kintone: HttpKintone
    ):
        await kintone.send(record(twin))

        proof = await kintone.send(record(twin, values={"kind": "予定日を過ぎた相談"}))

        assert proof == "record updated, revision 2"
        records = shown(twin)["records"]
        assert list(records) == [NUMBER]
        assert records[NUMBER]["kind"] == "予定日を過ぎた相談"
        assert records[NUMBER]["due"] == "2026-11-27"

    async def test_a_record_added_meanwhile_by_another_process_is_not_doubled(
        self, twin: ServerProcess, kintone: HttpKintone
    ):
        await kintone.send(record(twin))
        vanish(twin, NUMBER)

        assert await kintone.send(record(twin)) == "record updated, revision 2"

        assert list(shown(twin)["records"]) == [NUMBER]

    async def test_two_at_once_make_one_record(self, twin: ServerProcess, kintone: HttpKintone):
        await asyncio.gather(*(kintone.send(record(twin)) for _ in range(6)))

        assert list(shown(twin)["records"]) == [NUMBER]

    async def test_apps_in_guest_spaces_have_another_path(
        self, twin: ServerProcess, kintone: HttpKintone
    ):
        address = f"http://127.0.0.1:{twin.port}/k/guest/5/"

        assert await kintone.send(record(twin, address=address)) == "record 1 added"


class TestRefusal:
    async def refusal(self, kintone: HttpKintone, sent: KintoneRecord) -> KintoneError:
        with pytest.raises(KintoneError) as raised:
            await kintone.send(sent)
        return raised.value

    async def test_a_wrong_token_is_told_in_kintones_words(
        self, twin: ServerProcess, kintone: HttpKintone
    ):
        refusal = await self.refusal(kintone, record(twin, token="wrong"))

        assert str(refusal).startswith("HTTP 520 GAIA_IA02 指定したAPIトークンは")
        assert "id 1505999166-897850006" in str(refusal)
        assert refusal.permanent
        assert "wrong" not in str(refusal)

    async def test_a_refused_value_is_told_with_its_field(
        self, twin: ServerProcess, kintone: HttpKintone
    ):
        refusal = await self.refusal(kintone, record(twin, values={"due": "never"}))

        assert "CB_VA01" in str(refusal)
        assert "record.due.value: 日付の形式が正しくありません。" in str(refusal)
        assert refusal.permanent

    async def test_a_mistyped_key_field_makes_no_record_at_all(
        self, twin: ServerProcess, kintone: HttpKintone
    ):
        refusal = await self.refusal(kintone, record(twin, key_field="recipt"))

        assert refusal.permanent
        assert shown(twin)["records"] == {}

    async def test_an_unknown_app_is_final(self, twin: ServerProcess, kintone: HttpKintone):
        refusal = await self.refusal(kintone, record(twin, app="8"))

        assert "HTTP 404 GAIA_AP01" in str(refusal)
        assert refusal.permanent

    @pytest.mark.parametrize(
        ("token", "words", "wait"),
        [
            ("busy", "HTTP 520 GAIA_DA02", None),
            ("many", "HTTP 429", 30.0),
            ("down", "HTTP 503", None),
            ("front", "HTTP 520", None),
        ],
    )
    async def test_what_may_pass_is_tried_again(
        self,
        twin: ServerProcess,
        kintone: HttpKintone,
        token: str,
        words: str,
        wait: float | None,
    ):
        refusal = await self.refusal(kintone, record(twin, token=token))

        assert str(refusal).startswith(words)
        assert not refusal.permanent
        assert refusal.retry_after_seconds == wait

    async def test_a_kintone_that_is_away_is_tried_again(
        self, twin: ServerProcess, kintone: HttpKintone
    ):
        twin.stop()

        with pytest.raises(DeliveryError) as raised:
            await kintone.send(record(twin))

        assert not raised.value.permanent
