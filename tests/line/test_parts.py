"""Small parts: signatures and events read by themselves, striking words out, pruning."""

from datetime import timedelta
from typing import Any

import pytest

from desk.chat.masking import MASK
from desk.chat.retract import Striker
from desk.db import Database, now
from desk.line.client import LineAnswer
from desk.line.events import UNREADABLE, is_signed, read_events, sign
from desk.line.models import EventState, LineEvent, LineSend, SendReason, SendState
from desk.line.sender import Outcome, read_answer
from desk.pruning.service import Keep, PruneService
from tests.line.conftest import LineDesk

EVENT = {
    "type": "message",
    "mode": "active",
    "timestamp": 1_795_000_000_000,
    "webhookEventId": "01H",
    "deliveryContext": {"isRedelivery": False},
    "source": {"type": "user", "userId": "U" + "0" * 32},
    "message": {"type": "text", "id": "1", "text": "x"},
}


class TestSignature:
    def test_each_of_the_secrets_opens(self):
        body = b'{"events": []}'

        assert is_signed(body, sign(body, "b").decode(), ["a", "b"])
        assert not is_signed(body, sign(body, "c").decode(), ["a", "b"])

    @pytest.mark.parametrize("signature", [None, "", "é", "\udcff"])
    def test_what_is_no_signature_opens_nothing(self, signature: str | None):
        assert not is_signed(b"x", signature, ["a"])


class TestEvents:
    @pytest.mark.parametrize(
        "change",
        [
            {"timestamp": -1},
            {"timestamp": 10**30},
            {"timestamp": True},
            {"webhookEventId": ""},
            {"webhookEventId": "x" * 61},
            {"type": ""},
            {"message": None},
            {"message": {"type": "text", "text": 7}},
            {"message": {"id": "1"}},
        ],
    )
    def test_what_cannot_be_read_is_told_as_such(self, change: dict[str, Any]):
        (found,) = read_events("bureau", [{**EVENT, **change}])

        assert found.kind == UNREADABLE
        assert found.user_id is None

    @pytest.mark.parametrize(
        "change",
        [
            {"mode": "some new one"},
            {"deliveryContext": None},
            {"source": None},
            {"replyToken": 7},
            {"message": {"type": "text", "text": "x"}},
        ],
    )
    def test_what_is_missing_or_new_does_not_make_it_unreadable(self, change: dict[str, Any]):
        (found,) = read_events("bureau", [{**EVENT, **change}])

        assert found.kind == "message.text"

    def test_kind_is_fit_for_storing_whatever_it_is(self):
        (found,) = read_events("bureau", [{**EVENT, "type": "新しい\n" + "x" * 100}])

        assert found.kind == "x" * 48
        assert not found.is_known


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "message", "outcome"),
        [
            (200, "", Outcome.DONE),
            (202, "", Outcome.DONE),
            (409, "The retry key is already accepted", Outcome.DONE),
            (400, "Invalid reply token", Outcome.BAD_TOKEN),
            (400, "The request body has 1 error(s)", Outcome.CONTENT),
            (413, "", Outcome.CONTENT),
            (401, "Authentication failed", Outcome.REFUSED),
            (403, "", Outcome.REFUSED),
            (429, "The API rate limit has been exceeded. Try again later.", Outcome.BUSY),
            (429, "You have reached your monthly limit.", Outcome.QUOTA),
            (500, "", Outcome.UNKNOWN),
            (503, "", Outcome.UNKNOWN),
        ],
    )
    def test_each_answer_has_its_meaning(self, status: int, message: str, outcome: Outcome):
        assert read_answer(LineAnswer(status=status, data={"message": message})) is outcome


class TestStriker:
    def test_what_is_shared_is_struck_once(self):
        struck = Striker("社長の山田が倒れました").text("「社長の山田が倒れました」とのこと")

        assert struck == f"「{MASK}」とのこと"

    def test_part_that_was_cut_off_is_struck_too(self):
        assert Striker("社長の山田が倒れました").text("「社長の山田が倒…」") == f"「{MASK}…」"

    @pytest.mark.parametrize("words", ["", "は", "はい"])
    def test_what_everybody_says_strikes_nothing(self, words: str):
        assert Striker(words).text("はい、わかりました") == "はい、わかりました"

    def test_our_own_words_in_cards_stay(self):
        card = {"items": [{"title": "社長の右腕さがし", "reason": "「社長の右腕さがし」とのこと"}]}

        struck = Striker("社長の右腕さがし").value(card)

        assert struck["items"][0]["title"] == "社長の右腕さがし"
        assert struck["items"][0]["reason"] == f"「{MASK}」とのこと"


class TestPruning:
    async def test_what_is_done_and_old_goes_and_what_waits_stays(
        self, desk: LineDesk, database: Database
    ):
        old = now() - timedelta(days=91)
        async with database.write() as tx:
            for number, state in enumerate((EventState.HANDLED, EventState.WAITING)):
                tx.add(
                    LineEvent(
                        account="bureau",
                        webhook_event_id=f"{number}",
                        kind="message.text",
                        happened_at=old,
                        received_at=old,
                        state=state,
                        raw="{}",
                    )
                )
            for state in (SendState.SENT, SendState.QUOTA, SendState.PENDING):
                tx.add(
                    LineSend(
                        account="bureau",
                        kind="push",
                        reason=SendReason.STAFF,
                        messages={},
                        state=state,
                        created_at=old,
                    )
                )
        keep = Keep(deliveries=90, jobs=90, reports=90, logins=90, line=90, files=90)

        counts = await PruneService(database, keep).run()

        assert (counts["line_events"], counts["line_sends"]) == (1, 1)
        assert [row.state for row in await desk.events()] == [EventState.WAITING]
        assert {row.state for row in await desk.sends()} == {SendState.QUOTA, SendState.PENDING}


class TestClient:
    async def test_answer_that_breaks_off_after_its_status_counts(
        self, desk: LineDesk, monkeypatch: pytest.MonkeyPatch
    ):
        """LINE took it: reading it as a failure would send it again."""
        client = desk.app.state.line.client

        async def unreadable(_: object) -> bytes:
            return b"<html>"

        monkeypatch.setattr(client, "_read", unreadable)
        await desk.say("人が足りません")

        assert [row.state for row in await desk.sends()] == [SendState.SENT]
        assert len(desk.account.replies) == 1
