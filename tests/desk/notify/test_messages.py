"""The words of notices: every kind has them, and no placeholder is left."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from desk.auth.hubs import read_hubs
from desk.config import ROOT, Settings
from desk.db import new_id
from desk.notify.mail import SmtpMail
from desk.notify.messages import Messages, wording
from desk.notify.models import Delivery, NoticeKind, NotificationTarget, TargetKind
from desk.notify.ports import (
    PrintedMail,
    SecretMissingError,
    SettingsSecretBox,
    printed_ports,
)
from desk.notify.wiring import build_ports
from tests.desk.notify.helpers import SECRET

MESSAGES = Messages(public_url="https://desk.example.jp/", hubs=read_hubs(ROOT / "knowledge"))
TARGET = NotificationTarget(
    id=new_id(),
    hub_id="matsumoto",
    kind=TargetKind.KINTONE,
    address="https://city.cybozu.com",
    app="7",
    field_map={"case_number": "receipt", "promised_on": "due", "occurred_at": "at"},
)


def delivery(kind: NoticeKind, **changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": new_id(),
        "target_id": TARGET.id,
        "event_key": "case:1:2",
        "notice": kind,
        "hub_id": "matsumoto",
        "case_id": new_id(),
        "case_number": "MAT-2611-0001",
        "facts": {"promised_on": "2026-11-27", "notice": "case_announced", "kind": "mail"},
        "occurred_at": datetime(2026, 11, 24, 1, 2, 3, 456, tzinfo=UTC),
    }
    return Delivery(**{**values, **changes})


class TestMail:
    @pytest.mark.parametrize("kind", NoticeKind)
    def test_every_notice_has_words_and_a_link(self, kind: NoticeKind):
        mail = MESSAGES.mail(delivery(kind), TARGET)

        assert "{" not in mail.subject + mail.body
        assert "\n" not in mail.subject
        assert "https://desk.example.jp/console" in mail.body
        assert str(wording()["footer"]).strip() in mail.body

    def test_a_notice_without_a_date_says_so(self):
        mail = MESSAGES.mail(delivery(NoticeKind.CASE_ANNOUNCED, facts={}), TARGET)

        assert "お返事の予定日：決まっていません" in mail.body

    @pytest.mark.parametrize("group", ["notices", "mails"])
    def test_words_are_there_for_every_kind_and_no_other(self, group: str):
        assert set(wording()[group]) == {str(kind) for kind in NoticeKind}

    def test_every_kind_of_target_has_a_word(self):
        assert set(wording()["kinds"]) == {str(kind) for kind in TargetKind}


class TestCloudEvent:
    @pytest.mark.parametrize("kind", NoticeKind)
    def test_it_has_the_required_attributes(self, kind: NoticeKind):
        event = MESSAGES.cloud_event(delivery(kind))

        assert {"specversion", "id", "source", "type"} <= set(event)
        assert event["time"] == "2026-11-24T01:02:03.000456+00:00"
        assert json.loads(json.dumps(event)) == event

    def test_an_event_without_a_case_has_no_subject(self):
        event = MESSAGES.cloud_event(
            delivery(NoticeKind.RECONCILIATION, case_id=None, case_number="")
        )

        assert "subject" not in event
        assert event["data"]["case_number"] is None


class TestRecord:
    def test_moments_are_in_kintones_form(self):
        record = MESSAGES.record(delivery(NoticeKind.CASE_ANNOUNCED), TARGET, "token")

        assert record.values == {"due": "2026-11-27", "at": "2026-11-24T01:02:03Z"}

    def test_a_date_that_is_not_told_is_left_as_it_is(self):
        record = MESSAGES.record(delivery(NoticeKind.OWNER_WROTE, facts={}), TARGET, "token")

        assert "due" not in record.values


class TestTwins:
    async def test_they_print_no_secret(self):
        stream = io.StringIO()
        ports = printed_ports(stream)
        announced = delivery(NoticeKind.CASE_ANNOUNCED)

        await ports.mail.send(MESSAGES.mail(announced, TARGET))
        await ports.webhook.send(MESSAGES.webhook(announced, TARGET, (SECRET,)))
        await ports.kintone.send(MESSAGES.record(announced, TARGET, "right-token"))

        printed = stream.getvalue()
        assert [next(iter(json.loads(line))) for line in printed.splitlines()] == [
            "mail",
            "webhook",
            "kintone",
        ]
        assert SECRET not in printed
        assert "right-token" not in printed

    def test_the_setting_chooses(self, settings: Settings):
        printing = settings.model_copy(update={"notify_mode": "print"})

        assert isinstance(build_ports(settings).mail, SmtpMail)
        assert isinstance(build_ports(printing).mail, PrintedMail)


class TestSecretBox:
    async def test_a_secret_is_found_by_its_name(self):
        assert await SettingsSecretBox({"hook": SECRET}).get_secret("hook") == SECRET

    async def test_a_missing_one_is_named(self):
        with pytest.raises(SecretMissingError, match="'other'"):
            await SettingsSecretBox({"hook": SECRET, "other": ""}).get_secret("other")
