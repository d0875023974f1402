"""A delivery as the mail, event or record that its target gets."""

import json
from collections.abc import Mapping
from datetime import UTC, date
from functools import cache
from pathlib import Path
from typing import Any

from advisor.loading import load_yaml
from desk.auth.hubs import HubName
from desk.notify.models import CASE_NOTICES, Delivery, NoticeKind, NotificationTarget
from desk.notify.ports import KintoneRecord, Mail, WebhookCall

TEST_RECORD = "TEST"
"""Key of the record that a test writes; there is never more than this one."""
EVENT_TYPES = "jinjibu"
RECORD_VALUES = ("case_number", "notice", "hub", "promised_on", "occurred_at", "url")
"""What a kintone field can be filled with. Nothing of the owner is among it."""
KEY_VALUE = "case_number"


@cache
def wording() -> Mapping[str, Any]:
    """The words of mails and records (`wording.yml`); read once."""
    loaded: Mapping[str, Any] = load_yaml(Path(__file__).with_name("wording.yml"))
    return loaded


class Messages:
    """Puts deliveries into words."""

    def __init__(self, *, public_url: str, hubs: Mapping[str, HubName]) -> None:
        self._public_url = public_url.rstrip("/")
        self._hubs = hubs

    def mail(self, delivery: Delivery, target: NotificationTarget) -> Mail:
        """The mail that tells of the delivery."""
        words = wording()
        mail = words["mails"][delivery.notice]
        values = self._values(delivery)
        return Mail(
            id=f"{delivery.id}",
            to=target.address,
            from_name=words["from_name"],
            subject=str(mail["subject"]).format_map(values),
            body=str(mail["body"]).format_map(values) + str(words["footer"]),
        )

    def webhook(
        self, delivery: Delivery, target: NotificationTarget, secrets: tuple[str, ...]
    ) -> WebhookCall:
        """The event as CloudEvents 1.0 in its structured JSON form."""
        body = json.dumps(self.cloud_event(delivery), ensure_ascii=False, separators=(",", ":"))
        return WebhookCall(
            id=delivery.event_key, url=target.address, body=body.encode(), secrets=secrets
        )

    def cloud_event(self, delivery: Delivery) -> dict[str, Any]:
        """The event's attributes and data; ids, dates and a link."""
        subject = {"subject": delivery.case_number} if delivery.case_number else {}
        return {
            "specversion": "1.0",
            "id": delivery.event_key,
            "source": self._public_url,
            "type": f"{EVENT_TYPES}.{delivery.notice}",
            **subject,
            "time": delivery.occurred_at.astimezone(UTC).isoformat(),
            "datacontenttype": "application/json",
            "data": {
                "hub": delivery.hub_id,
                "case_id": str(delivery.case_id) if delivery.case_id else None,
                "case_number": delivery.case_number or None,
                **delivery.facts,
                "url": self.link(delivery),
            },
        }

    def record(self, delivery: Delivery, target: NotificationTarget, token: str) -> KintoneRecord:
        """The record that shows the delivery's case in the hub's own app."""
        values = {
            KEY_VALUE: delivery.case_number or TEST_RECORD,
            "notice": str(wording()["notices"][delivery.notice]),
            "hub": self._hub(delivery.hub_id),
            "promised_on": str(delivery.facts.get("promised_on", "")),
            "occurred_at": delivery.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "url": self.link(delivery),
        }
        fields = {
            field: values[ours]
            for ours, field in target.field_map.items()
            # An event that says no date leaves the date of the record as it is.
            if ours != KEY_VALUE and values[ours]
        }
        return KintoneRecord(
            address=target.address,
            app=target.app,
            token=token,
            key_field=str(target.field_map[KEY_VALUE]),
            key=values[KEY_VALUE],
            values=fields,
        )

    def link(self, delivery: Delivery) -> str:
        """Where staff read on, after their login."""
        if delivery.case_id is not None and delivery.notice in CASE_NOTICES:
            path = f"/cases/{delivery.case_id}"
        else:
            pages = {
                NoticeKind.DELIVERY_DEAD: "/deliveries",
                NoticeKind.RECONCILIATION: "/reconciliation",
            }
            path = pages.get(NoticeKind(delivery.notice), "")
        return f"{self._public_url}/console{path}"

    def _hub(self, hub_id: str) -> str:
        hub = self._hubs.get(hub_id)
        return hub.short_name if hub else hub_id

    def _values(self, delivery: Delivery) -> dict[str, str]:
        words = wording()
        facts = delivery.facts
        return {
            "hub": self._hub(delivery.hub_id),
            "case_number": delivery.case_number or "-",
            "promised_on": _day(facts.get("promised_on")),
            "notice": str(words["notices"].get(facts.get("notice"), "")),
            "kind": str(words["kinds"].get(facts.get("kind"), "")),
            "count": str(facts.get("count", "")),
            "trouble": str(words["troubles"].get(facts.get("trouble"), "")),
            "url": self.link(delivery),
        }


def _day(written: object) -> str:
    dates = wording()["dates"]
    if not isinstance(written, str):
        return str(dates["unknown"])
    day = date.fromisoformat(written)
    text = day.strftime(dates["day"])
    return text.format(weekday=dates["weekdays"][day.weekday()])
