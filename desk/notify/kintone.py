"""Records in a kintone app, by its REST API, one a case.

The app has a one-line text field with "prohibit duplicate values", which holds the
receipt number. The record with this number is updated; if there is none it is added; if
another process adds it a moment before, kintone refuses the double and it is updated.
To update first is safer than to add first: kintone ignores field codes that it does not
know when it adds a record, so a mistyped key field would make a new record each time.

Source:
    https://cybozu.dev/ja/kintone/docs/rest-api/records/add-record/ and update-record/
    (checked 2026-11-28). The codes of errors have no published list: GAIA_RE20 (no record
    with this key) and CB_VA01 (a value is refused) are as kintone's own tools and forum
    show them; a code that is not known is shown as it came.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from desk.notify.errors import DeliveryError
from desk.notify.outbound import Answer, Outbound
from desk.notify.ports import KintoneRecord
from desk.notify.webhook import retry_after

NO_SUCH_RECORD = "GAIA_RE20"
INVALID_VALUE = "CB_VA01"
BUSY_CODES = frozenset({"GAIA_DA02", "GAIA_CO02", "GAIA_TM12"})
"""Locked, changed meanwhile, too many at once: the same request may do later."""
KINTONE_REFUSES = 520
"""Status of some of kintone's own refusals; a code in the body tells them from a failure."""
TOLD_MOST = 300


class KintoneError(DeliveryError):
    """What kintone answered.

    Attributes:
        code: Its code, such as `CB_VA01`; empty if it gave none.
        fields: Paths of the values that it refused, such as `record.number.value`.
    """

    def __init__(self, answer: Answer, body: Mapping[str, Any]) -> None:
        self.code = str(body.get("code") or "")
        errors = body.get("errors")
        self.fields = tuple(errors) if isinstance(errors, Mapping) else ()
        super().__init__(
            _told(answer, self.code, body),
            permanent=_is_permanent(answer.status, self.code),
            retry_after_seconds=retry_after(answer),
        )


class HttpKintone:
    """Writes records by HTTP."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def send(self, record: KintoneRecord) -> str:
        """See `KintonePort.send`."""
        try:
            return await self._update(record)
        except KintoneError as exc:
            if exc.code != NO_SUCH_RECORD:
                raise
        try:
            return await self._add(record)
        except KintoneError as exc:
            if exc.code != INVALID_VALUE or f"record.{record.key_field}.value" not in exc.fields:
                raise
        return await self._update(record)

    async def _update(self, record: KintoneRecord) -> str:
        body = {
            "app": record.app,
            "updateKey": {"field": record.key_field, "value": record.key},
            "record": _fields(record.values),
        }
        answer = await self._call("PUT", record, body)
        return f"record updated, revision {answer.get('revision')}"

    async def _add(self, record: KintoneRecord) -> str:
        fields = {record.key_field: record.key, **record.values}
        answer = await self._call("POST", record, {"app": record.app, "record": _fields(fields)})
        return f"record {answer.get('id')} added"

    async def _call(
        self, method: str, record: KintoneRecord, body: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        answer = await self._outbound.send(
            method,
            _endpoint(record.address),
            headers={
                "X-Cybozu-API-Token": record.token,
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
            content=json.dumps(body, ensure_ascii=False).encode(),
        )
        answered = _object(answer.text)
        if answer.status != HTTPStatus.OK:
            raise KintoneError(answer, answered)
        return answered


def _endpoint(address: str) -> str:
    """`https://sample.cybozu.com`, or `…/k/guest/5` for an app in a guest space."""
    base = address.rstrip("/")
    return f"{base}/v1/record.json" if "/k/guest/" in base else f"{base}/k/v1/record.json"


def _fields(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {field: {"value": value} for field, value in values.items()}


def _object(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _told(answer: Answer, code: str, body: Mapping[str, Any]) -> str:
    """Kintone's own words for staff: status, code, message and what it says of each field."""
    parts = [f"HTTP {answer.status}", code, str(body.get("message") or "")]
    errors = body.get("errors")
    if isinstance(errors, Mapping):
        for path, error in errors.items():
            messages = error.get("messages", []) if isinstance(error, Mapping) else []
            parts.append(f"{path}: {' '.join(str(m) for m in messages)}")
    if body.get("id"):
        parts.append(f"id {body['id']}")
    return " ".join(part for part in parts if part)[:TOLD_MOST]


def _is_permanent(status: int, code: str) -> bool:
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in BUSY_CODES:
        return False
    if status == KINTONE_REFUSES:
        return code.startswith(("GAIA_", "CB_"))
    return 300 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT
