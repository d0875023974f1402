"""Targets: what is accepted, saved again, switched, removed, tried."""

from typing import Any

import pytest

from desk.db import Database
from desk.jobs.worker import Worker
from desk.notify.errors import (
    DeliveryError,
    TargetFlaw,
    TargetNotFoundError,
    TargetRefusedError,
)
from desk.notify.models import DeliveryState
from desk.notify.targets import TargetDraft
from desk.notify.wiring import Notifications
from tests.desk.notify.helpers import deliveries

MAIL = {"hub_id": "matsumoto", "kind": "mail", "address": "staff@city.example.jp"}
WEBHOOK = {
    "hub_id": "matsumoto",
    "kind": "webhook",
    "address": "https://hook.example.jp/in",
    "secret_names": ("hook",),
}
KINTONE = {
    "hub_id": "matsumoto",
    "kind": "kintone",
    "address": "https://city.cybozu.com",
    "app": "7",
    "field_map": {"case_number": "receipt", "url": "link"},
    "secret_names": ("kintone",),
}


class TestSave:
    @pytest.mark.parametrize("fields", [MAIL, WEBHOOK, KINTONE], ids=lambda f: str(f["kind"]))
    async def test_each_kind_can_be_added(self, built: Notifications, fields: dict[str, Any]):
        saved = await built.targets.save(TargetDraft(**fields))

        (listed,) = await built.targets.list_targets()
        assert listed.id == saved.id
        assert listed.enabled

    async def test_saving_the_same_address_again_replaces_secrets_and_fields(
        self, built: Notifications
    ):
        first = await built.targets.save(TargetDraft(**WEBHOOK))

        again = {**WEBHOOK, "secret_names": ("hook", "hook_old")}
        await built.targets.save(TargetDraft(**again))

        (target,) = await built.targets.list_targets()
        assert target.id == first.id
        assert target.secret_names == ["hook", "hook_old"]

    async def test_a_target_of_the_lead_is_not_told_of_new_cases(self, built: Notifications):
        hub_id = MAIL["hub_id"]
        await built.targets.save(TargetDraft(**MAIL, level="lead"))
        as_lead = (
            await built.targets.list_silent_hubs(),
            await built.targets.list_hubs_without_lead(),
        )
        await built.targets.save(TargetDraft(**MAIL))
        as_hub = (
            await built.targets.list_silent_hubs(),
            await built.targets.list_hubs_without_lead(),
        )

        assert [hub_id in hubs for hubs in as_lead] == [True, False]
        assert [hub_id in hubs for hubs in as_hub] == [False, True]

    async def test_a_removed_target_comes_back(self, built: Notifications):
        target = await built.targets.save(TargetDraft(**MAIL))
        await built.targets.remove(target.id)
        assert await built.targets.list_targets() == []

        await built.targets.save(TargetDraft(**MAIL))

        assert [t.id for t in await built.targets.list_targets()] == [target.id]

    @pytest.mark.parametrize(
        ("fields", "flaw"),
        [
            ({**MAIL, "hub_id": "osaka"}, TargetFlaw.BAD_HUB),
            ({**MAIL, "level": "boss"}, TargetFlaw.BAD_LEVEL),
            ({**MAIL, "hub_id": "bureau", "level": "bureau"}, TargetFlaw.BAD_LEVEL),
            ({**MAIL, "kind": "fax"}, TargetFlaw.BAD_KIND),
            ({**MAIL, "address": "staff"}, TargetFlaw.BAD_MAIL),
            ({**MAIL, "address": "a@b.jp\nBcc: c@d.jp"}, TargetFlaw.BAD_MAIL),
            ({**MAIL, "secret_names": ("hook",)}, TargetFlaw.BAD_SECRETS),
            ({**MAIL, "app": "7"}, TargetFlaw.BAD_APP),
            ({**WEBHOOK, "address": "http://hook.example.jp/"}, TargetFlaw.BAD_URL),
            ({**WEBHOOK, "address": "https://u:p@hook.example.jp/"}, TargetFlaw.BAD_URL),
            ({**WEBHOOK, "address": "https://[::1"}, TargetFlaw.BAD_URL),
            ({**WEBHOOK, "address": "https://" + "a" * 493}, TargetFlaw.BAD_URL),
            ({**WEBHOOK, "secret_names": ()}, TargetFlaw.BAD_SECRETS),
            ({**WEBHOOK, "secret_names": ("hook",) * 3}, TargetFlaw.BAD_SECRETS),
            ({**WEBHOOK, "secret_names": ("nowhere",)}, TargetFlaw.BAD_SECRETS),
            ({**WEBHOOK, "secret_names": ("weak",)}, TargetFlaw.BAD_SECRETS),
            ({**WEBHOOK, "secret_names": ("whsec_+/=",)}, TargetFlaw.BAD_SECRETS),
            ({**KINTONE, "app": "seven"}, TargetFlaw.BAD_APP),
            ({**KINTONE, "field_map": {"url": "link"}}, TargetFlaw.BAD_FIELDS),
            (
                {**KINTONE, "field_map": {"case_number": "a", "owner": "b"}},
                TargetFlaw.BAD_FIELDS,
            ),
            ({**KINTONE, "field_map": {"case_number": ""}}, TargetFlaw.BAD_FIELDS),
            ({**KINTONE, "field_map": {"case_number": "a", "url": "a"}}, TargetFlaw.BAD_FIELDS),
        ],
    )
    async def test_what_could_not_work_is_refused(
        self, built: Notifications, fields: dict[str, Any], flaw: TargetFlaw
    ):
        with pytest.raises(TargetRefusedError) as raised:
            await built.targets.save(TargetDraft(**fields))

        assert raised.value.flaw is flaw
        assert await built.targets.list_targets() == []

    async def test_the_longest_address_is_taken(self, built: Notifications):
        address = "https://" + "a" * 492

        await built.targets.save(TargetDraft(**{**WEBHOOK, "address": address}))

        assert (await built.targets.list_targets())[0].address == address


class TestSilentHubs:
    async def test_a_hub_is_silent_until_a_target_is_on(self, built: Notifications):
        assert "matsumoto" in await built.targets.list_silent_hubs()

        target = await built.targets.save(TargetDraft(**MAIL))
        assert "matsumoto" not in await built.targets.list_silent_hubs()
        await built.targets.switch(target.id, enabled=False)

        assert "matsumoto" in await built.targets.list_silent_hubs()


class TestTry:
    async def test_now_gives_what_the_other_side_answered(
        self, built: Notifications, ports: Any, database: Database
    ):
        for fields in (MAIL, WEBHOOK, KINTONE):
            target = await built.targets.save(TargetDraft(**fields))

            assert await built.targets.test(target.id) == "printed, not sent"

        assert "試しの知らせ" in ports.mail.sent[0].subject
        assert ports.kintone.sent[0].key == "TEST"
        assert await deliveries(database) == []

    async def test_now_raises_what_went_wrong(self, built: Notifications, ports: Any):
        target = await built.targets.save(TargetDraft(**MAIL))
        ports.mail.failures.append(DeliveryError("550 nobody"))

        with pytest.raises(DeliveryError, match="550 nobody"):
            await built.targets.test(target.id)

    async def test_by_the_queue_it_shows_among_the_deliveries(
        self, built: Notifications, worker: Worker, database: Database
    ):
        target = await built.targets.save(TargetDraft(**KINTONE))

        await built.targets.queue_test(target.id)
        await worker.run_due()

        assert [d.state for d in await deliveries(database)] == [DeliveryState.SENT]

    async def test_a_removed_target_is_not_there(self, built: Notifications):
        target = await built.targets.save(TargetDraft(**MAIL))
        await built.targets.remove(target.id)

        for deed in (
            built.targets.test(target.id),
            built.targets.queue_test(target.id),
            built.targets.remove(target.id),
            built.targets.switch(target.id, enabled=True),
        ):
            with pytest.raises(TargetNotFoundError):
                await deed
